import { type IncomingMessage, request } from "node:http";
import { SimppdError } from "../../base/mod.ts";
import { dialTls } from "./dial.ts";
import { type OwnServer, targetOf } from "./web_address.ts";

const STALL_MS = 30_000;

/** How a transfer is watched and ended. */
export interface TransferOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes so far. */
  readonly onProgress?: (bytes: number) => void;
  /** A transfer that moves nothing for so long is given up; 30 s when not told. */
  readonly stallMs?: number;
}

/** What is to go up. */
export interface PutBody {
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Sends a file by PUT. Redirects are not followed.
 * @returns the status of the answer
 * @throws SimppdError `bad-url`, `private-address`, `connection-failed`, `untrusted-certificate`,
 * `transfer-failed`, `wrong-size`; the reason of `signal`
 */
export function putFile(
  url: string,
  own: OwnServer,
  headers: Record<string, string>,
  body: PutBody,
  options: TransferOptions,
): Promise<number> {
  return exchange(url, own, "PUT", { ...headers, "content-length": `${body.size}` }, options, {
    async send(write, moved, answered) {
      let sent = 0;
      for await (const bytes of body.bytes) {
        if (answered()) return;
        sent += bytes.length;
        if (sent > body.size) throw wrongSize(body.size);
        await write(bytes);
        moved(sent);
      }
      if (sent !== body.size && !answered()) throw wrongSize(body.size);
    },
    take: (answer) => Promise.resolve(answer.statusCode ?? 0),
  });
}

/** What came down. */
export interface Downloaded {
  /** Bytes of the file that are there now, those from before in. */
  readonly bytes: number;
  /** As the server says; not to be relied on. */
  readonly type: string;
}

/** How a download is watched, ended, and taken up again. */
export interface DownloadOptions extends TransferOptions {
  /** So many bytes of the file are here: `sink` gets what follows. */
  readonly offset?: number;
}

/**
 * Fetches a file by GET, piece by piece, from `offset` on (RFC 9110 section 14); a server that knows
 * no ranges sends all, and what is here is passed over. Redirects are not followed; past `maxBytes`
 * of the whole file, or past what the server declared, it ends.
 * @throws SimppdError as {@link putFile}, `download-too-large`, `download-refused`; what `sink` throws
 */
export function getFile(
  url: string,
  own: OwnServer,
  maxBytes: number,
  sink: (bytes: Uint8Array) => void | Promise<void>,
  options: DownloadOptions,
): Promise<Downloaded> {
  const { offset = 0 } = options;
  const range: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
  return exchange(url, own, "GET", { "accept-encoding": "identity", ...range }, options, {
    send: () => Promise.resolve(),
    async take(answer, moved) {
      let at = beginning(answer, offset);
      const declared = answer.headers["content-length"];
      if (declared !== undefined && at + Number(declared) > maxBytes) throw tooLarge(maxBytes);
      for await (const bytes of answer as AsyncIterable<Uint8Array>) {
        const known = Math.max(0, Math.min(offset - at, bytes.length));
        at += bytes.length;
        if (at > maxBytes) throw tooLarge(maxBytes);
        if (known < bytes.length) await sink(known === 0 ? bytes : bytes.subarray(known));
        moved(at);
      }
      if (!answer.complete) throw new Error("the answer was cut off");
      return { bytes: at, type: answer.headers["content-type"] ?? "application/octet-stream" };
    },
  });
}

/** Which byte of the file the answer's first is. */
function beginning(answer: IncomingMessage, offset: number): number {
  const { statusCode, headers } = answer;
  if (statusCode === 200) return 0;
  const first = /^bytes (\d{1,15})-\d{1,15}\/(?:\d{1,15}|\*)$/.exec(headers["content-range"] ?? "")
    ?.[1];
  if (statusCode === 206 && offset > 0 && Number(first) === offset) return offset;
  throw new SimppdError(
    "download-refused",
    `The file's server answered ${statusCode}; it may be gone.`,
  );
}

interface Part<T> {
  send(
    write: (bytes: Uint8Array) => Promise<void>,
    moved: (bytes: number) => void,
    answered: () => boolean,
  ): Promise<void>;
  take(answer: IncomingMessage, moved: (bytes: number) => void): Promise<T>;
}

/** One request over a connection of its own. */
async function exchange<T>(
  url: string,
  own: OwnServer,
  method: string,
  headers: Record<string, string>,
  { signal, onProgress, stallMs = STALL_MS }: TransferOptions,
  part: Part<T>,
): Promise<T> {
  const stalled = new AbortController();
  const within = signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]);
  const stall = () => stalled.abort(new SimppdError("timeout", "The file's server is silent."));
  let timer = setTimeout(stall, stallMs);
  const moved = (bytes: number) => {
    clearTimeout(timer);
    timer = setTimeout(stall, stallMs);
    onProgress?.(bytes);
  };
  let end = () => {};
  try {
    const target = await targetOf(url, own);
    const { host, port, whom, trust, authority, path } = target;
    const { socket } = await dialTls({ host, port, tls: "websocket" }, whom, trust, within);
    end = () => socket.destroy();
    within.throwIfAborted();
    within.addEventListener("abort", end, { once: true });
    const sent = request({
      method,
      path,
      headers: { ...headers, host: authority, connection: "close" },
      createConnection: () => socket,
    });
    let answered = false;
    let broken: unknown;
    let wake = () => {};
    for (const event of ["drain", "close", "response"]) sent.on(event, () => wake());
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      sent.once("response", (message) => {
        answered = true;
        // Told to whoever reads it.
        message.on("error", () => {});
        resolve(message);
      });
      sent.on("error", (error) => {
        broken = error;
        reject(error);
      });
    });
    const write = async (bytes: Uint8Array) => {
      if (broken !== undefined) throw broken;
      if (sent.write(bytes)) return;
      if (!answered) await new Promise<void>((resolve) => wake = resolve);
    };
    const taking = answer.then((message) => part.take(message, moved));
    // Whichever fails first says why.
    const sending = part.send(write, moved, () => answered).then(() => void sent.end());
    taking.catch(() => {});
    await Promise.race([sending, taking]).catch((error) => {
      if (error !== broken) throw error;
    });
    return await taking;
  } catch (error) {
    if (within.aborted) throw within.reason;
    if (error instanceof SimppdError) throw error;
    throw new SimppdError("transfer-failed", "The file's server broke the transfer off.", error);
  } finally {
    clearTimeout(timer);
    within.removeEventListener("abort", end);
    end();
  }
}

function wrongSize(size: number): SimppdError {
  return new SimppdError("wrong-size", `The file has not the ${size} bytes it had at first.`);
}

function tooLarge(most: number): SimppdError {
  return new SimppdError("download-too-large", `The file has more than ${most} bytes.`);
}
