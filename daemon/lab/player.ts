import { findFfmpeg, MpjpegSplitter } from "../capture/mod.ts";
import { steadyNow } from "../base/mod.ts";

/** Pictures kept of what ffmpeg made. */
const MOST_PICTURES = 4096;
const LONGEST_LINE = 200;

/** What ffmpeg made of bytes. */
export interface Played {
  /** JPEG again. */
  pictures: Uint8Array[];
  /** Its first complaint; null when it had none. */
  said: string | null;
}

/**
 * Gives bytes to ffmpeg as if they were motion JPEG, the way a sniffer plays what it caught.
 * @returns undefined without ffmpeg
 */
export async function play(bytes: Uint8Array): Promise<Played | undefined> {
  const ffmpeg = await findFfmpeg();
  if ("missing" in ffmpeg) return undefined;
  const [input, output] = [["-f", "mjpeg", "-i", "pipe:0"], ["-q:v", "3", "-f", "mpjpeg"]];
  const child = new Deno.Command(ffmpeg.path, {
    args: ["-nostdin", "-loglevel", "error", "-threads", "1", ...input, ...output, "pipe:1"],
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const feeding = feed(child.stdin, bytes);
  const complaining = new Response(child.stderr).text();
  const splitter = new MpjpegSplitter();
  const pictures: Uint8Array[] = [];
  for await (const chunk of child.stdout) {
    for (const { data } of splitter.push(chunk, steadyNow())) {
      if (pictures.length < MOST_PICTURES) pictures.push(data);
    }
  }
  await Promise.all([feeding, child.status]);
  const said = (await complaining).split("\n")[0]!.slice(0, LONGEST_LINE);
  return { pictures, said: said === "" ? null : said };
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
