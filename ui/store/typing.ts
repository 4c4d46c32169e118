/** Tells a contact or a room that one writes: at the first letter, now and then, when it ends. */
import { useEffect, useMemo } from "preact/hooks";

/** Told again while somebody goes on writing. */
const AGAIN_MS = 4000;
/** Nothing typed for so long is not writing any more. */
const IDLE_MS = 5000;

class Typist {
  readonly #told: (typing: boolean) => Promise<void>;
  #toldAt: number | null = null;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** @param told tells the daemon */
  constructor(told: (typing: boolean) => Promise<void>) {
    this.#told = told;
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
    this.#told(typing).catch(() => {});
  }
}

/** Tells whom `jid` names while it is open; one who leaves it has stopped writing. */
export function useTypist(
  jid: string,
  tell: (jid: string, typing: boolean) => Promise<void>,
): Typist {
  const typist = useMemo(() => new Typist((typing) => tell(jid, typing)), [jid]);
  useEffect(() => () => typist.stop(), [typist]);
  return typist;
}
