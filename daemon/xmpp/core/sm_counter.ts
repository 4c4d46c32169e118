/** Counters of stream management are of 32 bits and wrap (XEP-0198 section 4). */
const MODULUS = 2 ** 32;

/** The counter after `n` more stanzas. */
export function smAdd(counter: number, n: number): number {
  return (counter + n) % MODULUS;
}

/** How many stanzas lie between two values of a counter, `to` being the later. */
export function smDistance(from: number, to: number): number {
  return (to - from + MODULUS) % MODULUS;
}

/** Reads an `h`: digits of 32 bits at most; `undefined` when it is something else. */
export function readSmCounter(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value < MODULUS ? value : undefined;
}
