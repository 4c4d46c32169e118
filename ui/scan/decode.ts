/**
 * The QR decoder for browsers without one of their own: a file of its own, since it is larger than
 * the rest of the dashboard and few ever scan.
 */
import jsqr from "jsqr";

/** The text of a QR code in a picture; null when none is seen. */
export function decode({ data, width, height }: ImageData): string | null {
  return jsqr.default(data, width, height, { inversionAttempts: "dontInvert" })?.data ?? null;
}
