/** Where the generators begin: each run of the tests is the same. */
export const SEED = 6_120;

/**
 * How many changed streams are tried: a hundred times `share`, or what `SIMPPD_FUZZ_RUNS` says for a
 * longer run. `share` is larger where one costs little.
 */
export function fuzzRuns(share: number): number {
  const wanted = Number(Deno.env.get("SIMPPD_FUZZ_RUNS") ?? 100);
  return Math.max(1, Math.floor(wanted * share));
}
