import { findFfmpeg, MpjpegSplitter } from "../capture/mod.ts";
import { steadyNow } from "../base/mod.ts";

/** Pictures kept of what ffmpeg made. */
const MOST_PICTURES = 4096;

/**
 * Gives bytes to ffmpeg as if they were motion JPEG, the way a sniffer plays what it caught.
 * @returns the pictures it made, JPEG again; undefined without ffmpeg
 */
export async function play(bytes: Uint8Array): Promise<Uint8Array[] | undefined> {
  const ffmpeg = await findFfmpeg();
  if ("missing" in ffmpeg) return undefined;
  const [input, output] = [["-f", "mjpeg", "-i", "pipe:0"], ["-q:v", "3", "-f", "mpjpeg"]];
  const child = new Deno.Command(ffmpeg.path, {
    args: ["-nostdin", "-loglevel", "quiet", "-threads", "1", ...input, ...output, "pipe:1"],
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const feeding = feed(child.stdin, bytes);
  const splitter = new MpjpegSplitter();
  const pictures: Uint8Array[] = [];
  for await (const chunk of child.stdout) {
    for (const { data } of splitter.push(chunk, steadyNow())) {
      if (pictures.length < MOST_PICTURES) pictures.push(data);
    }
  }
  await Promise.all([feeding, child.status]);
  return pictures;
}

async function feed(stdin: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch {
    // ffmpeg saw nothing it could use and closed its end.
  }
}
