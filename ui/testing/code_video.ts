/** A video of one picture, a QR code on grey, for a made-up camera. */
import { encode } from "uqr";

const WIDTH = 640;
const HEIGHT = 480;
const MODULE = 8;
const GREY = 150;

/** YUV4MPEG2, two frames: a camera plays them again and again. */
export function codeVideo(text: string): Uint8Array<ArrayBuffer> {
  const { data, size } = encode(text, { border: 4, ecc: "M" });
  const luma = new Uint8Array(WIDTH * HEIGHT).fill(GREY);
  const left = Math.floor((WIDTH - size * MODULE) / 2);
  const top = Math.floor((HEIGHT - size * MODULE) / 2);
  data.forEach((row, y) =>
    row.forEach((dark, x) => {
      for (let line = 0; line < MODULE; line++) {
        const from = (top + y * MODULE + line) * WIDTH + left + x * MODULE;
        luma.fill(dark ? 16 : 235, from, from + MODULE);
      }
    })
  );
  const chroma = new Uint8Array(WIDTH * HEIGHT / 2).fill(128);
  const frame = ["FRAME\n", luma, chroma];
  const parts = [`YUV4MPEG2 W${WIDTH} H${HEIGHT} F15:1 Ip A1:1 C420jpeg\n`, ...frame, ...frame];
  const bytes = parts.map((part) =>
    typeof part === "string" ? new TextEncoder().encode(part) : part
  );
  const video = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    video.set(part, at);
    at += part.length;
  }
  return video;
}
