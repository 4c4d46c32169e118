import { fromUtf8, logOf } from "../../base/mod.ts";
import { LIMITS_AFTER_AUTH, parseElement } from "../core/mod.ts";
import { dialTls, type TlsTrust } from "./dial.ts";
import { asciiDomain, type Endpoint, readWebSocketUrl } from "./endpoints.ts";
import { httpGet } from "./https_get.ts";

const RELATION = "urn:xmpp:alt-connections:websocket";
const XRD = "http://docs.oasis-open.org/ns/xri/xrd-1.0";
const MAX_BYTES = 65_536;
const MAX_MS = 10_000;
const MAX_LINKS = 4;
const MAX_REDIRECTS = 3;

/** Where a document is fetched; tests name another port. */
export interface Discovery {
  readonly port?: number;
}

/**
 * WebSocket endpoints that `domain` names in its host-meta (XEP-0156), over HTTPS only, JSON before
 * XML; none when it names none.
 */
export async function findWebSockets(
  domain: string,
  trust: TlsTrust,
  signal: AbortSignal,
  { port = 443 }: Discovery = {},
): Promise<Endpoint[]> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(MAX_MS)]);
  const host = asciiDomain(domain);
  const base = `https://${host.includes(":") ? `[${host}]` : host}:${port}/.well-known/host-meta`;
  for (const [name, read] of [[".json", readJson], ["", readXml]] as const) {
    try {
      const links = read(fromUtf8(await fetchText(`${base}${name}`, trust, within)));
      const endpoints = links.flatMap((link) => readWebSocketUrl(link) ?? []);
      if (endpoints.length > 0) return endpoints.slice(0, MAX_LINKS);
    } catch (error) {
      signal.throwIfAborted();
      logOf("xmpp").debug("no host-meta{name} of {domain}: {error}", { name, domain, error });
    }
  }
  return [];
}

async function fetchText(start: string, trust: TlsTrust, signal: AbortSignal): Promise<Uint8Array> {
  let url = new URL(start);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const port = url.port === "" ? 443 : Number(url.port);
    const { socket } = await dialTls({ host, port, tls: "websocket" }, host, trust, signal);
    const path = url.pathname + url.search;
    const { status, location, body } = await httpGet(socket, url.host, path, {
      bytes: MAX_BYTES,
      signal,
    });
    if (status === 200) return body;
    const next = status >= 300 && status < 400 ? URL.parse(location ?? "", url) : null;
    if (next === null || next.protocol !== "https:") {
      throw new Error(`HTTP ${status}${location === undefined ? "" : ", no way on by HTTPS"}`);
    }
    url = next;
  }
  throw new Error("too many redirects");
}

function readJson(text: string): string[] {
  const document: unknown = JSON.parse(text);
  const links = (document as { links?: unknown } | null)?.links;
  return (Array.isArray(links) ? links : []).flatMap((link) =>
    link?.rel === RELATION && typeof link.href === "string" ? [link.href] : []
  );
}

function readXml(text: string): string[] {
  const root = parseElement(text, { ...LIMITS_AFTER_AUTH, bytes: MAX_BYTES });
  if (!root.is("XRD", XRD)) throw new Error(`expected <XRD/>, not <${root.name}>`);
  return root.getChildren("Link").flatMap(({ attrs: { rel, href } }) =>
    rel === RELATION && href !== undefined ? [href] : []
  );
}
