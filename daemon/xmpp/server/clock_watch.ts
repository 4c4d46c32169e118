/** The wall clock leapt when it went so much further, or less far, than time did. */
const LEAP_MS = 3_600_000;
/** So long after a leap nothing is thrown away for its age. */
const CALM_MS = 6 * LEAP_MS;

/**
 * Tells whether the wall clock can be believed about what is old. A clock that was set wrong for a
 * minute must not empty an archive; what is kept a few hours too long harms nobody.
 */
export class ClockWatch {
  #wall: number;
  #steady: number;
  #calmAt = -Infinity;

  /** @param wall ms since 1970. @param steady ms of the steady clock */
  constructor(wall: number, steady: number) {
    this.#wall = wall;
    this.#steady = steady;
  }

  /** Has the wall clock gone as time does, for a good while? To be asked now and then. */
  calm(wall: number, steady: number): boolean {
    const leap = (wall - this.#wall) - (steady - this.#steady);
    this.#wall = wall;
    this.#steady = steady;
    if (Math.abs(leap) > LEAP_MS) this.#calmAt = steady + CALM_MS;
    return steady >= this.#calmAt;
  }
}
