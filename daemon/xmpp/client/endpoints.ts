import { isIP } from "node:net";
import { SimppdError } from "../../base/mod.ts";

/** Where a server may be reached, and how TLS begins there. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** `direct`: TLS from the first byte (XEP-0368); `starttls`: after a greeting in clear. */
  readonly tls: "direct" | "starttls";
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

/**
 * Where the client-to-server service of `domain` is (RFC 6120 section 3.2, XEP-0368), best first;
 * without SRV records the usual ports of the domain itself.
 * @throws SimppdError `no-xmpp-service` when the domain says that it offers none
 */
export async function findEndpoints(
  domain: string,
  signal: AbortSignal,
  resolve: SrvResolver = (name, signal) => Deno.resolveDns(name, "SRV", { signal }),
): Promise<Endpoint[]> {
  const host = asciiDomain(domain);
  const usual: Endpoint[] = [
    { host, port: 5223, tls: "direct" },
    { host, port: 5222, tls: "starttls" },
  ];
  if (isIP(host) !== 0 || host === "localhost") return usual;
  const lookup = async (service: string, tls: Endpoint["tls"]) => {
    const records = await resolve(`${service}._tcp.${host}.`, signal).catch(() => []);
    return records.map((record) => ({ ...record, tls }));
  };
  const found = (await Promise.all([
    lookup("_xmpps-client", "direct"),
    lookup("_xmpp-client", "starttls"),
  ])).flat();
  if (found.length === 0) return usual;
  const offered = found.filter(({ target }) => target !== "." && target !== "");
  if (offered.length === 0) {
    throw new SimppdError("no-xmpp-service", `${domain} says that it offers no XMPP service.`);
  }
  return order(offered).slice(0, MAX_ENDPOINTS).map(({ target, port, tls }) => ({
    host: target.replace(/\.$/, ""),
    port,
    tls,
  }));
}

/** By priority; within one, direct TLS first, then at random by weight (RFC 2782). */
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
