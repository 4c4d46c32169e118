import { MAX_RANGES, type NumberRange } from "./segments.ts";

/**
 * Which datagram numbers came, as ranges, newest first: what an acknowledgement says (RFC 9000
 * section 13.2.3). Only the newest {@link MAX_RANGES} are kept.
 */
export class ReceivedNumbers {
  readonly #ranges: NumberRange[] = [];

  get ranges(): readonly NumberRange[] {
    return this.#ranges;
  }

  /** Adds a number. @returns whether one before it is missing that was not known to be */
  add(number: number): boolean {
    const ranges = this.#ranges;
    let at = 0;
    while (at < ranges.length && ranges[at]!.first > number) at++;
    const below = ranges[at];
    const above = ranges[at - 1];
    if (below !== undefined && below.last >= number) return false;
    const joinsBelow = below?.last === number - 1;
    const joinsAbove = above?.first === number + 1;
    if (joinsBelow && joinsAbove) {
      above.first = below.first;
      ranges.splice(at, 1);
    } else if (joinsBelow) {
      below.last = number;
    } else if (joinsAbove) {
      above.first = number;
    } else {
      ranges.splice(at, 0, { first: number, last: number });
      if (ranges.length > MAX_RANGES) ranges.pop();
      return at === 0 && below !== undefined;
    }
    return false;
  }
}
