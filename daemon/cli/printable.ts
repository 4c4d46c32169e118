/**
 * What a terminal would obey rather than show: C0, C1 and DEL, line and paragraph separators, and
 * what turns the direction of text (Unicode UAX #9) or hides in it.
 */
const UNSEEN =
  // deno-lint-ignore no-control-regex -- they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** One line for a terminal: whatever it would obey stands there escaped, as `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`);
}

/** What somebody said: its further lines are set in, so that none is taken for another's. */
export function printableBody(text: string): string {
  return text.split(/\r?\n/).map(printable).join("\n    ");
}

/** As {@link printable}, line by line: for text whose line ends are ours. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}
