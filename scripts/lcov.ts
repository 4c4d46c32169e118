/** Lines of a file: how many there are, how many ran, and the numbers of those that did not. */
export interface Lines {
  found: number;
  hit: number;
  missed: number[];
}

/** Lines by file in what `deno coverage --lcov` printed (`SF:file`, then `DA:line,times`). */
export function readLcov(text: string): Map<string, Lines> {
  const files = new Map<string, Lines>();
  let current: Lines | undefined;
  for (const row of text.split("\n")) {
    if (row.startsWith("SF:")) files.set(row.slice(3), current = { found: 0, hit: 0, missed: [] });
    const [, line, times] = /^DA:(\d+),(\d+)/.exec(row) ?? [];
    if (line === undefined || current === undefined) continue;
    current.found++;
    if (times === "0") current.missed.push(Number(line));
    else current.hit++;
  }
  return files;
}

/** What belongs to a room itself, named from its folder on: its tests and their parts do not. */
export function fileLines(files: Map<string, Lines>, folder: string): [string, Lines][] {
  return [...files]
    .filter(([path]) => path.startsWith(folder) && !/(_test|\/testing\w*)\.ts$/.test(path))
    .map(([path, lines]): [string, Lines] => [path.slice(folder.length), lines])
    .toSorted(([a], [b]) => a < b ? -1 : 1);
}

/** Per cent of the lines that ran. */
export function share({ hit, found }: Pick<Lines, "hit" | "found">): number {
  return found === 0 ? 0 : hit / found * 100;
}

/** The full path of a folder of the project, as coverage names files. */
export function absolute(folder: string): string {
  return new URL(`../${folder}`, import.meta.url).pathname;
}
