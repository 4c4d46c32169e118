import type { ServerLimits } from "../limits.ts";
import { TokenBucket } from "./token_bucket.ts";

/** What all connections of one address send together: many connections are no way past the rate. */
export class AddressRates {
  readonly #limits: Pick<ServerLimits, "addressBytesPerSecond" | "addressBurstBytes">;
  /** Those that have not gained all their credit back. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: Pick<ServerLimits, "addressBytesPerSecond" | "addressBurstBytes">) {
    this.#limits = limits;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Spends `bytes` of `address` at `now`. @returns milliseconds to wait before more may be read */
  spend(address: string, bytes: number, now: number): number {
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      const { addressBytesPerSecond, addressBurstBytes } = this.#limits;
      bucket = new TokenBucket(addressBytesPerSecond, addressBurstBytes, now);
      this.#buckets.set(address, bucket);
    }
    return bucket.spend(bytes, now);
  }

  /** Forgets who has sent little for a while. */
  sweep(now: number): void {
    for (const [address, bucket] of this.#buckets) {
      if (bucket.full(now)) this.#buckets.delete(address);
    }
  }
}
