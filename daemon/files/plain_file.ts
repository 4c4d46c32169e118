import { SimppdError } from "../base/mod.ts";
import type { PlainSource } from "./sealed_writer.ts";
import { changedWhileRead } from "./sealing.ts";
import type { Transfer } from "./transfer.ts";

const READ = 1 << 20;

/** A file of this machine that is sent, as it was then. */
export interface PlainFile {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
  /** When it was last written to, in ms since 1970; null where the system does not say. */
  readonly modified: number | null;
}

/** What a file is now. @throws SimppdError `source-gone`, `not-a-file` */
export async function onDisk(path: string): Promise<PlainFile> {
  const source = await readPlain(path);
  source.close();
  return source.file;
}

/**
 * The file of a transfer that was not sealed to its end, from its beginning.
 * @throws SimppdError `source-cut` when its bytes came once; `source-gone`, `file-changed`
 */
export async function readAgain(
  { file }: Transfer,
): Promise<PlainSource & { close(): void }> {
  if (file === null) throw sourceCut();
  const source = await readPlain(file.path);
  if (same(source.file, file)) return source;
  source.close();
  throw changedWhileRead(file.size);
}

/** Reads a file that must stay as it was. */
async function readPlain(
  path: string,
): Promise<PlainSource & { readonly file: PlainFile; close(): void }> {
  let opened: Deno.FsFile;
  try {
    opened = await Deno.open(path);
  } catch (error) {
    throw sourceGone(path, error);
  }
  const look = async () => {
    const { size, mtime } = await opened.stat();
    return { path, size, modified: mtime?.getTime() ?? null };
  };
  if (!(await opened.stat()).isFile) {
    opened.close();
    throw new SimppdError("not-a-file", `${path} is no file; only files can be sent.`);
  }
  const file = await look();
  const bytes = async function* () {
    const buffer = new Uint8Array(READ);
    for (;;) {
      const got = await opened.read(buffer);
      if (got === null) break;
      yield buffer.subarray(0, got);
    }
    if (!same(await look(), file)) throw changedWhileRead(file.size);
  };
  return { file, size: file.size, bytes: bytes(), close: () => opened.close() };
}

/**
 * Bytes that somebody gives, who may stop in the middle: no wait for them outlasts the signal.
 * @throws SimppdError `source-cut` when they end in an error; the reason of the signal
 */
export async function* whileNeeded(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const from = bytes[Symbol.asyncIterator]();
  let giveUp = (_reason: unknown) => {};
  const end = () => giveUp(signal.reason);
  signal.addEventListener("abort", end);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        giveUp = reject;
        from.next().then(resolve, reject);
      });
      if (done === true) return;
      yield value;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SimppdError ? error : sourceCut(error);
  } finally {
    signal.removeEventListener("abort", end);
    // It may never answer: nobody waits for that.
    Promise.resolve(from.return?.()).catch(() => {});
  }
}

function same(one: PlainFile, other: PlainFile): boolean {
  return one.size === other.size && one.modified === other.modified;
}

function sourceGone(path: string, cause: unknown): SimppdError {
  return new SimppdError(
    "source-gone",
    `${path} is not there any more, or cannot be read. Put it back and let this go on, or send it ` +
      "again.",
    cause,
  );
}

/** What is said when the bytes of a file ended before its end, and cannot be had again. */
export function sourceCut(cause?: unknown): SimppdError {
  return new SimppdError(
    "source-cut",
    "This file was not read to its end: the browser was closed, or simppd ended. Choose the file " +
      "again and send it.",
    cause,
  );
}

/** The file that the same bytes lie in, when it is one and as long. */
export async function sameFile(path: string | undefined, size: number): Promise<PlainFile | null> {
  const file = path === undefined ? undefined : await onDisk(path).catch(() => undefined);
  return file?.size === size ? file : null;
}
