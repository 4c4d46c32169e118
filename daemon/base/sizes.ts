const UNITS = ["kB", "MB", "GB", "TB"] as const;

/**
 * Bytes as people read them, in powers of 1000: `5 bytes`, `1.5 MB`, `105 MB`.
 * @param bytes a whole number from 0 on
 */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  let value = bytes;
  let unit = -1;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1).replace(".0", "") : Math.round(value)} ${UNITS[unit]}`;
}
