import { lookup } from "node:dns/promises";
import { isIPv4, isIPv6 } from "node:net";
import { SimppdError } from "../../base/mod.ts";
import type { TlsTrust } from "./dial.ts";
import { asciiDomain } from "./endpoints.ts";

/** What an account knows of its own server, whose URLs may lead into its own network. */
export interface OwnServer {
  /** The domain of the account. */
  readonly domain: string;
  readonly trust: TlsTrust;
  /** Where its stream goes, when the person said so: the host of its endpoint. */
  readonly host?: string;
}

/** Where a URL leads, and whom one must find there. */
export interface WebTarget {
  /** An address, or the host of the account's own server. */
  readonly host: string;
  readonly port: number;
  /** What the certificate must show. */
  readonly whom: string;
  readonly trust: TlsTrust;
  /** For the `Host` header. */
  readonly authority: string;
  readonly path: string;
}

const MAX_URL = 2_048;

/**
 * Checks a URL that somebody else named: HTTPS only, without a user name, and to an address of the
 * public Internet, unless it is at the account's own server; so that nobody has us knock at doors of
 * the network we are in.
 * @throws SimppdError `bad-url`, `private-address`, `connection-failed`
 */
export async function targetOf(text: string, own: OwnServer): Promise<WebTarget> {
  const url = text.length > MAX_URL ? null : URL.parse(text);
  if (url === null || url.protocol !== "https:" || url.username !== "" || url.password !== "") {
    throw new SimppdError("bad-url", "This is no https URL of a file.");
  }
  const name = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const rest = {
    port: url.port === "" ? 443 : Number(url.port),
    whom: name,
    authority: url.host,
    path: url.pathname + url.search,
  };
  const domain = asciiDomain(own.domain);
  if (name === domain || name === own.host) {
    return { ...rest, host: own.host ?? name, trust: own.trust };
  }
  const trust: TlsTrust = name.endsWith(`.${domain}`) ? own.trust : { kind: "ca" };
  return { ...rest, host: await publicAddress(name), trust };
}

/**
 * The port at the account's own server that a URL leads to, which may be this very machine; undefined
 * when it leads elsewhere, or is none.
 */
export function portAtOwn(text: string, own: OwnServer): number | undefined {
  const url = URL.parse(text);
  if (url === null) return undefined;
  const name = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (name !== asciiDomain(own.domain) && name !== own.host) return undefined;
  return url.port === "" ? 443 : Number(url.port);
}

/** The address is looked up once and dialled as it is: a second look could give another. */
async function publicAddress(name: string): Promise<string> {
  const found = await lookup(name, { all: true }).catch((error) => {
    throw new SimppdError("connection-failed", `There is no host ${name}.`, error);
  });
  const [first] = found;
  if (first === undefined || !found.every(({ address }) => isPublicAddress(address))) {
    throw new SimppdError("private-address", `${name} is not on the public Internet.`);
  }
  return first.address;
}

/** First address and length of prefix of what is not the public Internet (RFC 6890, RFC 8190). */
const SPECIAL: [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Is this an address of the public Internet? Of IPv6, what carries an IPv4 address within is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) {
    const bits = toBits(address);
    return !SPECIAL.some(([first, prefix]) => (bits ^ toBits(first)) >>> (32 - prefix) === 0);
  }
  if (!isIPv6(address) || address.includes("%")) return false;
  // As URLs write it: lower case, without leading zeros, "::" for the longest run of zeros.
  const host = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? "";
  const [first = 0, second = 0] = host.split(":").map((group) => parseInt(group || "0", 16));
  const global = first >= 0x2000 && first < 0x4000;
  const special = (first === 0x2001 && (second < 0x200 || second === 0xdb8)) ||
    first === 0x2002 || (first === 0x3fff && second < 0x1000);
  return global && !special;
}

function toBits(address: string): number {
  return address.split(".").reduce((bits, part) => (bits << 8 | Number(part)) >>> 0, 0);
}
