/**
 * A frame's number drawn into its picture as blocks of black and white, big enough to live through
 * JPEG: where a frame went and how long it took can be told from the pixels alone.
 * @module
 */

const COLUMNS = 20;
const ROWS = 2;
const NUMBER_BITS = 32;
const CHECK_BITS = COLUMNS * ROWS - NUMBER_BITS;

/** Eight bits that a misread number does not have. */
function check(number: number): number {
  return (Math.imul(number ^ 0x5bd1e995, 0x9e3779b1) >>> 24) & 0xff;
}

/** Height in pixels of the strip the blocks fill, at the top of a picture. */
export function stripHeight(width: number): number {
  return ROWS * Math.floor(width / COLUMNS);
}

/**
 * Draws `number` (0 to 2^32 − 1) into a plane of one brightness byte a pixel, `width` across.
 * @param luma the picture's rows from the top; at least {@link stripHeight} of them
 */
export function drawBarcode(luma: Uint8Array, width: number, number: number): void {
  const block = Math.floor(width / COLUMNS);
  const code = (BigInt(number) << BigInt(CHECK_BITS)) | BigInt(check(number));
  for (let bit = 0; bit < COLUMNS * ROWS; bit++) {
    const shade = (code >> BigInt(bit)) & 1n ? 235 : 16;
    const left = (bit % COLUMNS) * block;
    const top = Math.floor(bit / COLUMNS) * block;
    for (let y = top; y < top + block; y++) {
      luma.fill(shade, y * width + left, y * width + left + block);
    }
  }
}

/** Reads what {@link drawBarcode} drew; undefined when it cannot be read for certain. */
export function readBarcode(luma: Uint8Array, width: number): number | undefined {
  const block = Math.floor(width / COLUMNS);
  let code = 0n;
  for (let bit = 0; bit < COLUMNS * ROWS; bit++) {
    const x = (bit % COLUMNS) * block + (block >> 1);
    const y = Math.floor(bit / COLUMNS) * block + (block >> 1);
    if (luma[y * width + x]! > 125) code |= 1n << BigInt(bit);
  }
  const number = Number(code >> BigInt(CHECK_BITS));
  return Number(code & ((1n << BigInt(CHECK_BITS)) - 1n)) === check(number) ? number : undefined;
}
