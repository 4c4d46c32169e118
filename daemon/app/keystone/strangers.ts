/** People nobody needs who are remembered, for a while. */
const MOST = 2_000;

/**
 * Those who wrote to a component and may be nobody: their keys are remembered for as long as there is
 * room, so that whoever makes accounts without end does not fill the disk.
 */
export class Strangers {
  /** The one who wrote longest ago first. */
  readonly #jids = new Set<string>();
  readonly #isKnown: (jid: string) => boolean;
  readonly #forget: (jid: string) => void;
  readonly #most: number;

  /** @param isKnown somebody who is never forgotten */
  constructor(isKnown: (jid: string) => boolean, forget: (jid: string) => void, most = MOST) {
    this.#isKnown = isKnown;
    this.#forget = forget;
    this.#most = most;
  }

  /** Somebody wrote. */
  met(jid: string): void {
    this.#jids.delete(jid);
    this.#jids.add(jid);
    if (this.#jids.size <= this.#most) return;
    const [oldest] = this.#jids;
    this.#jids.delete(oldest!);
    if (!this.#isKnown(oldest!)) this.#forget(oldest!);
  }
}
