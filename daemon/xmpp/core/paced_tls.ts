import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** The part of node's handle of a TCP connection that is used here. */
interface ReadHandle {
  readStart(): number;
  readStop(): number;
}

/**
 * Makes a TLS connection read its TCP connection only while somebody takes what comes: by itself,
 * node's TLS on Deno goes on reading and decrypting while it is paused or full, and holds all of
 * it. Here reading stops at the connection under it, and TCP holds the sender up: what is read
 * ahead is at most the stream's high-water mark and one read of the system, 64 KiB each. No public
 * call does that once TLS has taken the connection over.
 * @param raw the connected TCP connection under `tls`
 * @returns `tls`
 * @throws TypeError when this runtime has no such handle: better no connection than an endless one
 */
export function pacedTls<T extends TLSSocket>(tls: T, raw: Socket): T {
  const handle = (raw as unknown as { _handle?: ReadHandle | null })._handle;
  // A connection that is over already has none, and reads nothing.
  if (raw.destroyed) return tls;
  if (typeof handle?.readStart !== "function" || typeof handle.readStop !== "function") {
    throw new TypeError("this runtime cannot stop reading a TCP connection under TLS");
  }
  let stopped = false;
  const stop = () => {
    if (stopped || raw.destroyed || tls.destroyed) return;
    stopped = true;
    handle.readStop();
  };
  const go = () => {
    if (!stopped || raw.destroyed || tls.destroyed) return;
    stopped = false;
    handle.readStart();
  };
  const { push, _read, pause, resume } = tls;
  tls.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    const more = push.call(tls, chunk, encoding);
    if (!more && chunk !== null) stop();
    return more;
  };
  tls._read = (size: number): void => {
    go();
    _read.call(tls, size);
  };
  // While paused nothing is pushed any more: the runtime itself would hold what comes.
  tls.pause = (): T => {
    stop();
    return pause.call(tls) as T;
  };
  tls.resume = (): T => {
    go();
    return resume.call(tls) as T;
  };
  return tls;
}
