import { type Bytes, SimppdError, sleep } from "../../base/mod.ts";
import type { Candidate } from "../candidates.ts";
import type { UdpEndpoint } from "../endpoint.ts";
import { type StreamKeys, streamKeys, type StreamRole } from "./keys.ts";
import type { ReceivingStream, SendingStream, StreamKind } from "./stream.ts";
import { dialAll } from "./tcp_dial.ts";
import type { StreamListener } from "./tcp_listener.ts";
import { awaitGo, closeQuietly, type ProvenConnection, sendGo } from "./tcp_proof.ts";
import { TcpReceivingStream, TcpSendingStream } from "./tcp_stream.ts";
import { UdpStream } from "./udp_stream.ts";

/** How long TCP is waited for once there is a way over UDP, ms: it is several times as fast. */
const TCP_GRACE = 400;

export interface DirectStreamOptions {
  endpoint: UdpEndpoint;
  /** Opened on this endpoint, for this stream alone; absent where nobody shall dial us. */
  listener?: StreamListener;
  /** 8 bytes, known to both sides. */
  id: Bytes;
  /** 32 bytes known to both sides, for this stream alone. */
  secret: Bytes;
  /** The peer's addresses. */
  remote: { readonly udp: readonly Candidate[]; readonly tcp: readonly Candidate[] };
  signal?: AbortSignal;
  /** How long a way is looked for. */
  pathTimeoutMs?: number;
  /** How long an open stream may make no progress. */
  stallMs?: number;
  /** Ways to try; both when absent. */
  kinds?: readonly StreamKind[];
}

/**
 * Opens the end that sends: resolves when the receiver has taken one of the ways found. The listener
 * is closed then; the endpoint stays the caller's, and open as long as the stream.
 * @throws SimppdError `no-path`, `wrong-tag`; the reason of `signal`
 */
export function openSendingStream(options: DirectStreamOptions): Promise<SendingStream> {
  return open<SendingStream>(options, "sender", async (connection, keys) => {
    await awaitGo(connection, keys);
    return new TcpSendingStream(connection, keys, options.stallMs);
  }, async (udp) => {
    await udp.wanted;
    return udp;
  });
}

/**
 * Opens the end that receives, over TCP where a connection can be made, else over UDP.
 * @throws SimppdError `no-path`, `wrong-tag`; the reason of `signal`
 */
export function openReceivingStream(options: DirectStreamOptions): Promise<ReceivingStream> {
  return open<ReceivingStream>(options, "receiver", async (connection, keys, take) => {
    if (!take()) throw new Error("another way was taken");
    await sendGo(connection, keys);
    return new TcpReceivingStream(connection, keys, options.stallMs);
  }, async (udp, _keys, take, over) => {
    await udp.opened;
    if (options.kinds?.includes("tcp") !== false) await sleep(TCP_GRACE, over);
    if (!take()) throw new Error("another way was taken");
    udp.grant();
    return udp;
  });
}

/** Makes a way its own; `take` answers once with true, for a side that chooses. */
type Use<From, To> = (
  way: From,
  keys: StreamKeys,
  take: () => boolean,
  over: AbortSignal,
) => Promise<To>;

async function open<T extends SendingStream | ReceivingStream>(
  options: DirectStreamOptions,
  role: StreamRole,
  useTcp: Use<ProvenConnection, T>,
  useUdp: Use<UdpStream, T>,
): Promise<T> {
  const { endpoint, listener, id, secret, remote, signal, pathTimeoutMs = 10_000 } = options;
  const kinds = options.kinds ?? ["tcp", "udp"];
  signal?.throwIfAborted();
  const keys = streamKeys(secret, role);
  const udp = kinds.includes("udp")
    ? new UdpStream({
      endpoint,
      id,
      keys,
      remote: remote.udp,
      pathTimeoutMs: pathTimeoutMs + TCP_GRACE,
      ...(options.stallMs === undefined ? {} : { stallMs: options.stallMs }),
    })
    : undefined;
  const over = new AbortController();
  const { promise: found, resolve, reject } = Promise.withResolvers<T>();
  const connections = new Set<Deno.Conn>();
  let taken = false;
  const take = () => {
    if (taken) return false;
    return taken = true;
  };
  const proven = (connection: ProvenConnection) => {
    if (over.signal.aborted) return closeQuietly(connection.conn);
    connections.add(connection.conn);
    useTcp(connection, keys, take, over.signal).then((stream) => {
      connections.delete(connection.conn);
      resolve(stream);
    }, () => {
      connections.delete(connection.conn);
      closeQuietly(connection.conn);
    });
  };
  const aborted = () => reject(signal!.reason);
  signal?.addEventListener("abort", aborted, { once: true });
  const timer = setTimeout(() => {
    reject(new SimppdError("no-path", "No direct way to the other device was found."));
  }, pathTimeoutMs);
  if (udp !== undefined) {
    useUdp(udp, keys, take, over.signal).then(resolve, (error) => {
      // Without a way over UDP there may be one over TCP yet; somebody else there is another matter.
      if (error instanceof SimppdError && error.code === "wrong-tag") reject(error);
    });
  }
  let dialling: Promise<void> | undefined;
  if (kinds.includes("tcp")) {
    listener?.accept(keys, proven);
    dialling = dialAll({ endpoint, keys, remote: remote.tcp, signal: over.signal }, proven);
  }
  let stream: T | undefined;
  try {
    stream = await found;
    return closing(stream, signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
    taken = true;
    over.abort();
    for (const conn of connections) closeQuietly(conn);
    if (udp !== undefined && stream?.kind !== "udp") udp.close();
    await Promise.all([listener?.close(), dialling]);
  }
}

/** Closes the stream when `signal` aborts. */
function closing<T extends SendingStream | ReceivingStream>(stream: T, signal?: AbortSignal): T {
  signal?.addEventListener("abort", () => stream.close(), { once: true });
  if (signal?.aborted) stream.close();
  return stream;
}
