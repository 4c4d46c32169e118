import { isIP } from "node:net";
import { SimppdError } from "../../base/mod.ts";

/** Where a server may be reached, and how TLS begins there. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /**
   * `direct`: TLS from the first byte (XEP-0368); `starttls`: after a greeting in clear;
   * `websocket`: a WebSocket over HTTPS (RFC 7395).
   */
  readonly tls: "direct" | "starttls" | "websocket";
  /** Path and query of a WebSocket's URL; "/" when absent. */
  readonly path?: string;
}

/** Looks up SRV records; rejects or gives none when there are none. */
export type SrvResolver = (name: string, signal: AbortSignal) => Promise<Deno.SrvRecord[]>;

/** More candidates than this are not tried. */
const MAX_ENDPOINTS = 10;

/**
 * The domain as DNS and certificates write it: labels beyond ASCII as Punycode (RFC 5890), an IPv6
 * address without brackets.
 */
export function asciiDomain(domain: string): string {
  const url = URL.parse(`http://${domain}`);
  return (url?.hostname ?? domain).replace(/^\[(.*)\]$/, "$1");
}

/** The endpoint of a `wss:` URL; `undefined` for every other text. */
export function readWebSocketUrl(text: string): Endpoint | undefined {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "wss:" || url.username !== "" || url.password !== "") {
    return undefined;
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 443 : Number(url.port),
    tls: "websocket",
    path: url.pathname + url.search,
  };
}

/**
 * Where the client-to-server service of `domain` is over TCP (RFC 6120 section 3.2, XEP-0368), best
 * first; without SRV records the usual ports of the domain itself. A service whose only record has
 * the target "." is not there (RFC 2782), and its usual port is not tried.
 * @throws SimppdError `no-xmpp-service` when the domain says that it offers none
 */
export async function findEndpoints(
  domain: string,
  signal: AbortSignal,
  resolve: SrvResolver = (name, signal) => Deno.resolveDns(name, "SRV", { signal }),
): Promise<Endpoint[]> {
  const host = asciiDomain(domain);
  const direct: Endpoint = { host, port: 5223, tls: "direct" };
  const starttls: Endpoint = { host, port: 5222, tls: "starttls" };
  if (isIP(host) !== 0 || host === "localhost") return [direct, starttls];
  const lookup = async (service: string, tls: Endpoint["tls"]) => {
    const found = await resolve(`${service}._tcp.${host}.`, signal).catch(() => []);
    const records = found.filter(({ target }) => target !== "." && target !== "")
      .map((record) => ({ ...record, tls }));
    return { records, refused: found.length > 0 && records.length === 0 };
  };
  const [xmpps, xmpp] = await Promise.all([
    lookup("_xmpps-client", "direct"),
    lookup("_xmpp-client", "starttls"),
  ]);
  const offered = [...xmpps.records, ...xmpp.records];
  if (offered.length > 0) {
    return order(offered).slice(0, MAX_ENDPOINTS).map(({ target, port, tls }) => ({
      host: target.replace(/\.$/, ""),
      port,
      tls,
    }));
  }
  if (xmpp.refused) {
    throw new SimppdError("no-xmpp-service", `${domain} says that it offers no XMPP service.`);
  }
  return xmpps.refused ? [starttls] : [direct, starttls];
}

/**
 * By priority, both services mixed; within one priority direct TLS first, which XEP-0368 section 3
 * leaves to the client, then at random by weight (RFC 2782).
 */
function order<T extends Deno.SrvRecord & { tls: Endpoint["tls"] }>(records: T[]): T[] {
  return records
    .map((record) => ({ record, lot: Math.random() ** (1 / Math.max(record.weight, 0.1)) }))
    .sort((a, b) =>
      a.record.priority - b.record.priority ||
      a.record.tls.localeCompare(b.record.tls) ||
      b.lot - a.lot
    )
    .map(({ record }) => record);
}
