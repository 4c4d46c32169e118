/** Numbers a receiver still tells apart: a datagram this late or later is refused. */
export const REPLAY_WINDOW = 8_192;

// One word more than the window needs: the word being entered is cleared whole (as in RFC 6479).
const WORDS = REPLAY_WINDOW / 32 + 1;

/** Which datagram numbers have come already: a sliding bitmap (RFC 4303 section 3.4.3, RFC 6479). */
export class ReplayWindow {
  #highest = -1;
  readonly #words = new Uint32Array(WORDS);

  /**
   * Takes `number` if it is new. Call it only after the MAC was right, or a forger could push the
   * window forward.
   * @returns false when it came before or is too old to tell
   */
  accept(number: number): boolean {
    const block = Math.floor(number / 32);
    if (number > this.#highest) {
      const from = Math.floor(this.#highest / 32);
      const fresh = Math.min(block - from, WORDS);
      for (let i = 0; i < fresh; i++) this.#words[(block - i) % WORDS] = 0;
      this.#highest = number;
    } else if (this.#highest - number >= REPLAY_WINDOW) {
      return false;
    }
    const word = block % WORDS;
    const bit = 1 << (number % 32);
    const seen = this.#words[word]!;
    if ((seen & bit) !== 0) return false;
    this.#words[word] = seen | bit;
    return true;
  }
}
