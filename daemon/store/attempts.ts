import { SimppdError } from "../base/mod.ts";

/** Wrong tries that cost nothing but themselves: people mistype. */
const FREE = 3;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;

/** Bounds how fast passphrases can be tried: after three wrong ones each costs twice the wait. */
export class Attempts {
  #wrong = 0;
  #notBefore = 0;
  #trying = false;
  readonly #now: () => number;

  /** @param now ms, of a clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * One try at a time; one whose error has the code `wrong-passphrase` counts.
   * @throws SimppdError `too-many-attempts` while it is too early, and what `attempt` throws
   */
  async run<T>(attempt: () => Promise<T>): Promise<T> {
    const wait = this.#notBefore - this.#now();
    if (this.#trying || wait > 0) {
      const seconds = Math.max(1, Math.ceil(wait / 1000));
      throw new SimppdError(
        "too-many-attempts",
        `Wait ${seconds} s before you try a passphrase again.`,
      );
    }
    this.#trying = true;
    try {
      const result = await attempt();
      this.#wrong = 0;
      return result;
    } catch (error) {
      if (error instanceof SimppdError && error.code === "wrong-passphrase") {
        this.#wrong++;
        const wait = FIRST_WAIT * 2 ** (this.#wrong - FREE);
        if (this.#wrong >= FREE) this.#notBefore = this.#now() + Math.min(wait, LONGEST_WAIT);
      }
      throw error;
    } finally {
      this.#trying = false;
    }
  }
}

/** There is one sentence for every wrong passphrase. */
export function wrongPassphrase(): SimppdError {
  return new SimppdError("wrong-passphrase", "This is not the passphrase.");
}

const SHORTEST = 10;
const LONGEST = 1024;

/** @throws SimppdError `bad-passphrase` when one that is chosen now is too easy to guess */
export function requirePassphrase(passphrase: string): void {
  const signs = [...passphrase.normalize("NFKC")];
  if (signs.length >= SHORTEST && signs.length <= LONGEST && new Set(signs).size > 4) return;
  throw new SimppdError(
    "bad-passphrase",
    `A passphrase has ${SHORTEST} to ${LONGEST} characters, not all alike. Five words drawn at ` +
      "random are good.",
  );
}
