import type { Context } from "hono";
import type { AppApi } from "../app/mod.ts";
import { SimppdError } from "../base/mod.ts";
import type { BearerToken, LaunchTokens, Rate, Session, Sessions } from "./credentials.ts";
import type { Dashboard } from "./dashboard.ts";
import type { DisplayDoor } from "./display/display_door.ts";

/** What the door's own routes work with. */
export interface Inside {
  app: AppApi;
  bearer: BearerToken;
  launches: LaunchTokens;
  sessions: Sessions;
  /**
   * Wrong credentials: 30 a minute are answered 401, more 429. Right ones always pass: every secret
   * here has 256 bits, so a bound on guessing protects nothing that locking the owner out would be
   * worth.
   */
  wrong: Rate;
  proofs: Rate;
  port: number;
  cookie: string;
  dashboard: Dashboard;
  /** The second listener: what is shown. */
  display: DisplayDoor;
  viewers: Slots;
  listeners: Slots;
  heartbeat: number;
  /** Aborts when the door closes. */
  closing: AbortSignal;
  launchLink(): string;
}

/** Who asks: the command line, a browser that was let in, or nobody known. */
export type Caller = { kind: "bearer" } | {
  kind: "session";
  cookie: string;
  session: Session;
} | { kind: "nobody" };

export type DoorEnv = { Variables: { caller: Caller } };
export type DoorContext = Context<DoorEnv>;

/** A bounded number of streams. */
export class Slots {
  #taken = 0;
  readonly most: number;
  constructor(most: number) {
    this.most = most;
  }
  get taken(): number {
    return this.#taken;
  }
  /** @returns gives the slot back, once. @throws SimppdError `too-many-viewers` */
  take(): () => void {
    if (this.#taken >= this.most) {
      throw new SimppdError(
        "too-many-viewers",
        `${this.most} streams of this kind are open already; close a dashboard and try again.`,
      );
    }
    this.#taken++;
    let given = false;
    return () => {
      if (!given) this.#taken--;
      given = true;
    };
  }
}
