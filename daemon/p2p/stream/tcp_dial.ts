import type { Candidate } from "../candidates.ts";
import type { UdpEndpoint } from "../endpoint.ts";
import type { StreamKeys } from "./keys.ts";
import { closeQuietly, proveDialled, type ProvenConnection } from "./tcp_proof.ts";

/** Addresses dialled at most, all at once. */
export const MOST_DIALLED = 8;
/** A peer cannot aim a connection at the well-known services of others: we never listen there. */
const LEAST_PORT = 1_024;
const DIAL_MS = 4_000;

/**
 * Dials the addresses of the peer's own that our endpoint may send to, directly, and hands each
 * connection on which both sides proved themselves to `proven`, which has to close it.
 * @returns resolves when no more come; never rejects
 */
export async function dialAll(
  { endpoint, keys, remote, signal }: {
    endpoint: UdpEndpoint;
    keys: StreamKeys;
    remote: readonly Candidate[];
    signal: AbortSignal;
  },
  proven: (connection: ProvenConnection) => void,
): Promise<void> {
  const dialled = remote.filter(({ kind, host, port }) =>
    (kind === "host" || kind === "loopback") && port >= LEAST_PORT && endpoint.canSend(host) &&
    endpoint.ways(host).includes("direct")
  ).slice(0, MOST_DIALLED);
  await Promise.all(dialled.map(async ({ host, port }) => {
    try {
      const conn = await connect(host, port, signal);
      const stop = () => closeQuietly(conn);
      signal.addEventListener("abort", stop, { once: true });
      try {
        const connection = await proveDialled(conn, keys);
        if (signal.aborted) stop();
        else proven(connection);
      } finally {
        signal.removeEventListener("abort", stop);
      }
    } catch {
      // One address of several: that none answered shows in the end.
    }
  }));
}

async function connect(hostname: string, port: number, signal: AbortSignal): Promise<Deno.Conn> {
  // One for connecting alone: the connection itself must outlive `signal`.
  const connecting = new AbortController();
  const stop = () => connecting.abort();
  const timer = setTimeout(stop, DIAL_MS);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Deno.connect({ hostname, port, signal: connecting.signal });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
