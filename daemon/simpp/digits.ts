import type { Bytes } from "../base/mod.ts";
import { sha512 } from "../crypto/mod.ts";

const ITERATIONS = 5200;

/**
 * 30 digits of a public name, by 5,200 rounds of SHA-512 over it and `again` (Signal's numeric
 * fingerprint): who looks for other keys with the same digits pays that for each.
 */
export function slowDigits(name: Uint8Array, again: Bytes): string {
  let hash = sha512(name);
  for (let round = 1; round < ITERATIONS; round++) hash = sha512(hash, again);
  let digits = "";
  for (let at = 0; at < 30; at += 5) {
    let chunk = 0;
    for (const byte of hash.subarray(at, at + 5)) chunk = chunk * 256 + byte;
    digits += String(chunk % 100_000).padStart(5, "0");
  }
  return digits;
}
