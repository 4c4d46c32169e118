/** Tells a contact that one writes: at the first letter, now and then after, and when it ends. */
import { api } from "../api/routes.ts";

/** Told again while somebody goes on writing. */
const AGAIN_MS = 4000;
/** Nothing typed for so long is not writing any more. */
const IDLE_MS = 5000;

export class Typist {
  readonly #jid: string;
  #toldAt: number | null = null;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(jid: string) {
    this.#jid = jid;
  }

  /** Something was typed. */
  wrote(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.stop(), IDLE_MS);
    const now = Date.now();
    if (this.#toldAt !== null && now - this.#toldAt < AGAIN_MS) return;
    this.#toldAt = now;
    this.#tell(true);
  }

  /** Sent, emptied, left, or idle. */
  stop(): void {
    clearTimeout(this.#idle);
    if (this.#toldAt === null) return;
    this.#toldAt = null;
    this.#tell(false);
  }

  #tell(typing: boolean): void {
    // Nobody waits for it, and a contact who is not told misses nothing.
    api.setTyping(this.#jid, typing).catch(() => {});
  }
}
