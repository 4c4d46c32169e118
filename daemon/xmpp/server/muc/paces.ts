import { TokenBucket } from "../token_bucket.ts";

/** Accounts of which is remembered how much they did. */
const MOST = 10_000;

/** How fast each account may do something, in whatever room. */
export class Paces {
  readonly #rate: number;
  readonly #burst: number;
  /** Who did something last is last. */
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param rate units a second. @param burst units at once */
  constructor(rate: number, burst: number) {
    this.#rate = rate;
    this.#burst = burst;
  }

  /** Must this account wait before it does more? @param bare its JID. @param now steady, in ms */
  exceeded(bare: string, now: number): boolean {
    return (this.#buckets.get(bare)?.spend(0, now) ?? 0) > 0;
  }

  spend(bare: string, amount: number, now: number): void {
    const bucket = this.#buckets.get(bare) ?? new TokenBucket(this.#rate, this.#burst, now);
    bucket.spend(amount, now);
    this.#buckets.delete(bare);
    this.#buckets.set(bare, bucket);
    if (this.#buckets.size > MOST) this.#buckets.delete(this.#buckets.keys().next().value!);
  }
}
