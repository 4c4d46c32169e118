import { UsageError } from "./verb.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};
const MOST = 1e15;

/**
 * Bytes that somebody typed: `5000000`, `10MB`, `1.5G`, `64MiB`.
 * @param what takes it, for the message: `--max-bytes`
 * @throws UsageError
 */
export function byteSize(word: string, what: string, most = MOST): number {
  const [, digits = "", unit = ""] = word.match(/^(\d{1,16}(?:\.\d{1,6})?) ?([a-z]*)$/i) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (digits === "" || factor === undefined) {
    throw new UsageError(`${what} takes a size such as 10MB or 5000000, not "${word}"`);
  }
  const bytes = Math.round(Number(digits) * factor);
  if (bytes <= most) return bytes;
  throw new UsageError(`${what} takes ${most} bytes at most, not "${word}"`);
}
