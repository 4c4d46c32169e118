import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** The part of node's handle of a TCP connection that is used here. */
interface ReadHandle {
  readStart(): number;
  readStop(): number;
}

/**
 * Makes a TLS connection read its TCP connection only while somebody takes what comes: by itself,
 * node's TLS on Deno goes on reading and decrypting while it is paused, and holds all of it. So that
 * nothing is read ahead but what one read of the system gives (64 KiB), reading stops at the
 * connection under it, and the sender is held up by TCP. No public call does that once TLS has taken
 * the connection over.
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
    if (stopped || raw.destroyed) return;
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
    // A paused stream asks for more while it has room in its buffer.
    if (!tls.isPaused()) go();
    _read.call(tls, size);
  };
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
