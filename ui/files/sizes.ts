import { text } from "../text/mod.ts";

const UNITS = ["kB", "MB", "GB"] as const;

/** Bytes as people read them, in powers of 1000. */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return text.files.bytes(bytes);
  let value = bytes;
  let unit = -1;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
