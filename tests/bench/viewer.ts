import { validateJpeg } from "../../daemon/capture/mod.ts";
import { readBarcode, stripHeight } from "./barcode.ts";

/** One picture as a browser would have it. */
export interface Seen {
  /** performance.now() when the boundary and headers after it had come: it can be shown then. */
  at: number;
  jpeg: Uint8Array;
}

/** Splits a `multipart/x-mixed-replace` body into its parts (RFC 2046), as they become complete. */
export async function* parts(
  body: ReadableStream<Uint8Array>,
  boundary: string,
): AsyncGenerator<Uint8Array, void, void> {
  const delimiter = new TextEncoder().encode(`\r\n--${boundary}\r\n`);
  const blank = new TextEncoder().encode("\r\n\r\n");
  // The first boundary has no line end before it.
  let held = new Uint8Array([13, 10]);
  let inside = false;
  let from = 0;
  for await (const chunk of body) {
    const grown = new Uint8Array(held.length + chunk.length);
    grown.set(held);
    grown.set(chunk, held.length);
    held = grown;
    while (true) {
      const end = indexOf(held, delimiter, from);
      if (end < 0) {
        from = Math.max(0, held.length - delimiter.length + 1);
        break;
      }
      const headers = indexOf(held, blank, end + delimiter.length - 2);
      if (headers < 0) {
        from = end;
        break;
      }
      if (inside) yield held.slice(0, end);
      inside = true;
      held = held.slice(headers + blank.length);
      from = 0;
    }
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const last = bytes.length - wanted.length;
  for (let at = bytes.indexOf(wanted[0]!, from); at >= 0 && at <= last;) {
    let length = 1;
    while (length < wanted.length && bytes[at + length] === wanted[length]) length++;
    if (length === wanted.length) return at;
    at = bytes.indexOf(wanted[0]!, at + 1);
  }
  return -1;
}

/**
 * Watches a live view until `signal`, noting the pictures that `wanted` wants, by the time they came.
 */
export async function watch(
  response: Response,
  signal: AbortSignal,
  wanted: (at: number) => boolean,
): Promise<Seen[]> {
  const boundary = /boundary="?([^";]+)/.exec(response.headers.get("content-type") ?? "")?.[1];
  if (!response.ok || response.body === null || boundary === undefined) {
    throw new Error(`no live view: ${response.status} ${await response.text()}`);
  }
  const seen: Seen[] = [];
  for await (const jpeg of parts(response.body, boundary)) {
    const at = performance.now();
    if (wanted(at)) seen.push({ at, jpeg });
    if (signal.aborted) break;
  }
  return seen;
}

/**
 * Reads the frame number out of each picture, with ffmpeg, which decodes them all in one go.
 * @returns a number for each, undefined where none can be read or the width is another
 */
export async function numbersOf(
  jpegs: readonly Uint8Array[],
  width: number,
): Promise<(number | undefined)[]> {
  const height = stripHeight(width);
  const right = jpegs.filter((jpeg) => validateJpeg(jpeg)?.width === width);
  const ffmpeg = new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-f", "image2pipe", "-c:v", "mjpeg", "-i", "-"],
      ...["-vf", `crop=${width}:${height}:0:0,format=gray`, "-vsync", "passthrough"],
      ...["-f", "rawvideo", "-"],
    ],
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const feeding = ReadableStream.from(right).pipeTo(ffmpeg.stdin);
  const strips = new Uint8Array(await new Response(ffmpeg.stdout).arrayBuffer());
  await Promise.all([feeding, ffmpeg.status]);
  const size = width * height;
  if (strips.length !== size * right.length) {
    throw new Error(`${right.length} pictures, ${strips.length / size} decoded`);
  }
  const numbers = new Map(
    right.map((jpeg, i) => [jpeg, readBarcode(strips.subarray(i * size, (i + 1) * size), width)]),
  );
  return jpegs.map((jpeg) => numbers.get(jpeg));
}
