import { Emitter, steadyNow } from "../../../daemon/base/mod.ts";
import { compose, type Parts } from "../../../daemon/app/compose.ts";
import { GroupLink, peerKeysOf } from "../../../daemon/app/group_link.ts";
import { systemRandom } from "../../../daemon/crypto/mod.ts";
import {
  DEFAULT_DATA_SUITES,
  KeystoneGroup,
  parseSpecification,
  peek,
  SqliteMemberStore,
} from "../../../daemon/group/mod.ts";
import { StateDirectory } from "../../../daemon/store/mod.ts";
import type { AppEvent } from "../../../daemon/views/mod.ts";
import { until } from "../../daemon.ts";

/** How long a client's requests took, in ms. */
export interface RequestTimes {
  readonly registration: number;
  readonly join: number;
  readonly leave: number;
}

/** A simppd without dashboard and rooms: its account, its SIMPP sessions, and one group's keys. */
export class LightClient implements AsyncDisposable {
  readonly #state: StateDirectory;
  readonly #parts: Parts;
  readonly #sent = new Map<string, number>();
  readonly #answered = new Map<string, number>();
  #group: KeystoneGroup | undefined;

  private constructor(state: StateDirectory, parts: Parts) {
    this.#state = state;
    this.#parts = parts;
  }

  /** @param link an invitation of who carries the server */
  static async join(folder: string, link: string, nick: string): Promise<LightClient> {
    const state = await StateDirectory.open(folder);
    const parts = compose({
      state,
      events: new Emitter<AppEvent>(),
      loginProfiles: ["simpp-modern"],
      changed: () => {},
      linked: () => {},
    });
    const client = new LightClient(state, parts);
    await parts.account.join({ link, nick });
    await until("both to see each other", () => {
      const [contact] = parts.people.list();
      return contact?.subscription === "both" && contact.presence === "online" ? true : undefined;
    });
    return client;
  }

  get jid(): string {
    return this.#parts.account.jid;
  }

  /** @param text the group's specification */
  open(text: string): void {
    const { link, simpp, account } = this.#parts;
    const keys = peerKeysOf(simpp, () => account.jid);
    const control = new GroupLink(link, keys, () => false);
    const specification = parseSpecification(text);
    const group = this.#group = new KeystoneGroup({
      specification,
      self: keys.self(),
      store: new SqliteMemberStore(this.#state.db, this.#state.vault, specification.group),
      control: {
        send: (to, payload) => {
          this.#sent.set(peek(payload)!.kind, performance.now());
          return control.send(to, payload);
        },
      },
      sign: (label, bytes) => simpp.sign(label, bytes),
      random: systemRandom,
      now: Date.now,
      steady: steadyNow,
      schedule: (ms, work) => {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
      policy: () => DEFAULT_DATA_SUITES,
      pinned: (jid) => simpp.trust.get(jid)?.account,
    });
    control.received.on(({ from, payload }) => {
      group.receive(from, payload);
      this.#answered.set(peek(payload)!.kind, performance.now());
    });
    link.received.on((received) => void control.receive(received));
  }

  /** Registers, joins and leaves once. */
  async round(): Promise<RequestTimes> {
    const group = this.#group!;
    await group.join();
    const joined = performance.now();
    const leaving = performance.now();
    await group.leave();
    const left = performance.now();
    return {
      registration: this.#answered.get("registered")! - this.#sent.get("register")!,
      join: joined - this.#sent.get("join")!,
      leave: left - leaving,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#group?.close();
    await this.#parts.calls.close();
    await this.#parts.account.close();
    this.#parts.chats.close();
    this.#parts.groups.close();
    this.#parts.rooms.close();
    this.#parts.typing.close();
    this.#state.close();
  }
}
