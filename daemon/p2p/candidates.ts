import { isIP, isIPv4 } from "node:net";
import { SimppdError } from "../base/mod.ts";

/** Most addresses taken from a peer: more would let it aim our probes at many hosts. */
export const MAX_CANDIDATES = 16;

/** A transport address a peer may be reached at (RFC 8445 section 2.3). */
export interface Candidate {
  /** An IP address in its canonical text form. */
  host: string;
  port: number;
  /** srflx: ours as a STUN server sees it; relay: a TURN server's, that passes packets on. */
  kind: "host" | "loopback" | "srflx" | "relay";
  /** Higher is tried first; 0 to 65535. */
  priority: number;
}

/** How packets leave: from our own address, or by our TURN server's. */
export type Via = "direct" | "relay";

/** Whether an IP address is this machine's own. */
export function isLoopback(host: string): boolean {
  return host === "::1" || host.startsWith("127.");
}

/** How far an address reaches: 0 this machine, 1 a private network (RFC 1918, 4193, 6598), 2 all. */
export function reachOf(host: string): 0 | 1 | 2 {
  if (isLoopback(host)) return 0;
  const near =
    /^(10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;
  return near.test(host) || /^f[cd]/.test(host) ? 1 : 2;
}

/** `host:port`, brackets around IPv6. */
export function addressText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The one text form of a unicast IP address that can be sent to; undefined for anything else. */
export function canonicalHost(host: string): string | undefined {
  if (isIP(host) === 0 || host.includes("%")) return undefined;
  if (isIPv4(host)) {
    const first = Number(host.split(".")[0]);
    // This network, multicast, reserved and broadcast (RFC 6890).
    return first === 0 || first >= 224 ? undefined : host;
  }
  const text = new URL(`http://[${host}]`).hostname.slice(1, -1);
  // Unspecified, multicast, link-local (needs an interface), IPv4 in disguise (RFC 4291).
  return text === "::" || /^(ff|fe[89ab]|::ffff:)/.test(text) ? undefined : text;
}

/**
 * Candidates as a peer sent them, at most {@link MAX_CANDIDATES}, each address once. Entries that
 * are malformed, of a kind not known here, or no unicast address are left out.
 * @throws SimppdError `bad-candidates` when it is not a list
 */
export function parseCandidates(value: unknown): Candidate[] {
  if (!Array.isArray(value)) {
    throw new SimppdError("bad-candidates", "A list of candidate addresses was expected.");
  }
  const out = new Map<string, Candidate>();
  for (const entry of value.slice(0, MAX_CANDIDATES)) {
    const candidate = parseCandidate(entry);
    if (candidate === undefined) continue;
    const key = addressText(candidate.host, candidate.port);
    if (!out.has(key)) out.set(key, candidate);
  }
  return [...out.values()].sort((a, b) => b.priority - a.priority);
}

function parseCandidate(entry: unknown): Candidate | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { host, port, kind, priority } = entry as Record<string, unknown>;
  if (typeof host !== "string" || host.length > 64) return undefined;
  if (!isWithin(port, 1, 65_535) || !isWithin(priority, 0, 65_535)) return undefined;
  const canonical = canonicalHost(host);
  if (canonical === undefined) return undefined;
  switch (kind) {
    case "srflx":
    case "relay":
      return { host: canonical, port, kind, priority };
    case "host":
    case "loopback":
      return { host: canonical, port, kind: isLoopback(canonical) ? "loopback" : "host", priority };
    default:
      return undefined;
  }
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && value as number >= least && value as number <= most;
}
