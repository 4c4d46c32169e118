/** Ranges that are written or read of one list. */
const MOST_RANGES = 256;

/**
 * Block numbers as text: `0-24 30`, ascending; what is past 256 ranges is left for another time.
 * @param numbers ascending
 */
export function writeRanges(numbers: Iterable<number>): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else if (ranges.length === MOST_RANGES) break;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(" ");
}

/** Reads {@link writeRanges}; undefined when it is malformed or names a block from `count` on. */
export function readRanges(text: string, count: number): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(" ", MOST_RANGES + 1);
  if (parts.length > MOST_RANGES) return undefined;
  const numbers: number[] = [];
  for (const part of parts) {
    const [, from, to = from] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part) ?? [];
    if (from === undefined || Number(to) >= count) return undefined;
    if (Number(from) <= (numbers.at(-1) ?? -1) || Number(to) < Number(from)) return undefined;
    for (let number = Number(from); number <= Number(to); number++) numbers.push(number);
  }
  return numbers;
}
