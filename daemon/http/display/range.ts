/** Part of a file that is asked for: from `offset` on, `length` bytes. */
export interface Part {
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads a Range header (RFC 9110 section 14.2). A browser that seeks asks for one part; several in one
 * request, which cost little to ask for and much to answer, are refused.
 * @returns null without a header: all of it. "unsatisfiable": to be answered with 416
 */
export function partOf(header: string | null, size: number): Part | null | "unsatisfiable" {
  if (header === null) return null;
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  if (match === null) return "unsatisfiable";
  const [, first = "", last = ""] = match;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return last === "" || length === 0 ? "unsatisfiable" : { offset: size - length, length };
  }
  const offset = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return offset > end ? "unsatisfiable" : { offset, length: end - offset + 1 };
}
