/** A line longer than this goes on in the next block, in UTF-16 code units. */
const MOST_OF_LINE = 2_000;
/** What one block holds at most: lines, and code units beside those of one line. */
const MOST_LINES = 50;
const MOST_OF_BLOCK = 4_000;
/** Marks on one letter; the most that a script needs are five or six. */
const MARKS = /(\p{M}{8})\p{M}+/gu;

/**
 * A text in parts that a browser lays out each for itself, when they are to be seen: how long laying
 * out takes grows faster than a line does, for letters that go both ways and marks without end.
 */
export function textBlocks(text: string): string[] {
  const blocks: string[] = [];
  let [lines, size]: [string[], number] = [[], 0];
  const end = () => {
    if (lines.length > 0) blocks.push(lines.join("\n"));
    [lines, size] = [[], 0];
  };
  for (const line of text.replace(MARKS, "$1").split(/\r\n|[\n\r\u2028\u2029]/)) {
    for (const part of parts(line)) {
      if (lines.length === MOST_LINES || size + part.length > MOST_OF_BLOCK) end();
      lines.push(part);
      size += part.length;
    }
  }
  end();
  return blocks;
}

/** Between words where there are any; no character is cut in two. */
function* parts(line: string): Generator<string> {
  let at = 0;
  while (line.length - at > MOST_OF_LINE) {
    const isPair = /^[\ud800-\udbff]$/.test(line[at + MOST_OF_LINE - 1]!);
    const space = line.lastIndexOf(" ", at + MOST_OF_LINE - 1) + 1;
    const to = space > at + MOST_OF_LINE / 2 ? space : at + MOST_OF_LINE - (isPair ? 1 : 0);
    yield line.slice(at, to);
    at = to;
  }
  yield line.slice(at);
}
