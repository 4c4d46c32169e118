import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { logOf } from "../base/mod.ts";
import { addressText, canonicalHost, isLoopback } from "./candidates.ts";
import type { UdpEndpoint } from "./endpoint.ts";
import { decodeXorAddress, StunAttribute, StunMethod } from "./stun.ts";
import { StunClient } from "./stun_client.ts";
import type { StunCredentials } from "./stun_credentials.ts";
import { TurnAllocation } from "./turn.ts";

/** Servers of either kind that are tried for one call, at most. */
export const MAX_SERVERS = 2;

/** A STUN or TURN server over UDP that may be used. */
export type IceServer =
  & { readonly host: string; readonly port: number }
  & (
    | { readonly kind: "stun" }
    | { readonly kind: "turn"; readonly credentials: StunCredentials }
  );

export interface GatheringOptions {
  /** The first ones of each kind are asked, all at once. */
  readonly servers: readonly IceServer[];
  /** How long their answers are waited for, in ms. */
  readonly within: number;
  readonly signal?: AbortSignal;
  /** Addresses of a name; the system's resolver when absent. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

/**
 * Asks STUN and TURN servers how an endpoint can be reached besides its own addresses (RFC 8445
 * section 5.1.1), and adds that to its candidates. Resolves when it is known, or the time is over: a
 * server that was silent is not used. The first relay that answers is used, further ones are given
 * back.
 */
export async function gather(endpoint: UdpEndpoint, options: GatheringOptions): Promise<void> {
  const { within, signal, resolve = resolveName } = options;
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), within);
  const ends = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  const ask = async (server: IceServer) => {
    try {
      const host = await addressOf(server.host, endpoint, resolve, ends);
      if (host === undefined) return false;
      return await (server.kind === "stun"
        ? askReflexive(endpoint, host, server.port, ends)
        : askRelay(endpoint, host, server.port, server.credentials, ends));
    } catch (error) {
      const where = addressText(server.host, server.port);
      logOf("p2p").info("{kind} server {where}: {error}", { kind: server.kind, where, error });
      return false;
    }
  };
  const chosen = firstOfEach(options.servers, endpoint.relayOnly);
  const asked = (kind: IceServer["kind"]) =>
    anyTrue(chosen.filter((server) => server.kind === kind).map(ask));
  try {
    await Promise.all([asked("stun"), asked("turn")]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

function firstOfEach(servers: readonly IceServer[], relayOnly: boolean): IceServer[] {
  const different = new Map(
    servers.map((server) => [`${server.kind} ${addressText(server.host, server.port)}`, server]),
  );
  const of = (kind: IceServer["kind"]) =>
    [...different.values()].filter((server) => server.kind === kind).slice(0, MAX_SERVERS);
  return [...(relayOnly ? [] : of("stun")), ...of("turn")];
}

/** Resolves at the first that is true, or when all are done. */
async function anyTrue(answers: readonly Promise<boolean>[]): Promise<void> {
  const all = Promise.all(answers);
  const first = answers.map((answer) => answer.then((good) => good ? undefined : all));
  await Promise.race([all, ...first]);
}

async function addressOf(
  name: string,
  endpoint: UdpEndpoint,
  resolve: (name: string) => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", abort, { once: true });
  try {
    const found = isIP(name) === 0 ? await Promise.race([resolve(name), aborted]) : [name];
    const usable = found.map(canonicalHost).filter((host) => host !== undefined)
      .filter((host) => endpoint.canSend(host));
    return usable.find((host) => !host.includes(":")) ?? usable[0];
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function resolveName(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

async function askReflexive(
  endpoint: UdpEndpoint,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<boolean> {
  const client = new StunClient({ send: (bytes) => endpoint.sendToServer(bytes, host, port) });
  const stop = endpoint.listen(host, port, (bytes) => void client.receive(bytes));
  try {
    const { attributes, transaction } = await client.request(StunMethod.binding, () => [], signal);
    const mapped = decodeXorAddress(attributes.get(StunAttribute.xorMappedAddress), transaction);
    if (mapped === undefined) return false;
    endpoint.addReflexive(mapped.host, mapped.port, host);
    return true;
  } finally {
    stop();
  }
}

async function askRelay(
  endpoint: UdpEndpoint,
  host: string,
  port: number,
  credentials: StunCredentials,
  signal: AbortSignal,
): Promise<boolean> {
  let stop = () => {};
  const relay = await TurnAllocation.open(
    {
      server: { host, port },
      credentials,
      send: (bytes) => endpoint.sendToServer(bytes, host, port),
      received: (datagram, from, at) => endpoint.relayed(datagram, from, at),
    },
    (receive) => {
      stop();
      stop = endpoint.listen(host, port, receive);
    },
    signal,
  ).catch((error) => {
    stop();
    throw error;
  });
  relay.ended.then(() => stop());
  const { mapped, relayed } = relay;
  // A server elsewhere cannot pass on what is sent to this machine itself.
  const astray = isLoopback(relayed.host) && !isLoopback(host);
  if (astray || !endpoint.useRelay(relay)) {
    await relay.close();
    return false;
  }
  if (mapped !== undefined && !endpoint.relayOnly) {
    endpoint.addReflexive(mapped.host, mapped.port, host);
  }
  return true;
}
