import { escapeText } from "../core/mod.ts";
import type { Extension } from "./host.ts";
import type { Exchange } from "./web/exchange.ts";

const RELATION = "urn:xmpp:alt-connections:websocket";
const XRD = "http://docs.oasis-open.org/ns/xri/xrd-1.0";

/** Where the WebSocket is (XEP-0156), as RFC 6415 has it, for pages of any origin. */
export const hostMeta: Extension = ({ web }) => {
  const href = () => `${web.url.replace(/^https:/, "wss:")}/xmpp-websocket`;
  web.route("/.well-known/host-meta", (exchange) =>
    give(
      exchange,
      "application/xrd+xml; charset=utf-8",
      `<?xml version="1.0" encoding="utf-8"?>\n<XRD xmlns="${XRD}">\n` +
        `  <Link rel="${RELATION}" href="${escapeText(href())}"/>\n</XRD>\n`,
    ));
  web.route("/.well-known/host-meta.json", (exchange) =>
    give(
      exchange,
      "application/json",
      JSON.stringify({ links: [{ rel: RELATION, href: href() }] }),
    ));
};

function give(exchange: Exchange, type: string, body: string): void {
  const cors = { "access-control-allow-origin": "*" };
  if (exchange.method !== "GET" && exchange.method !== "HEAD") {
    return exchange.say(405, "GET it.", { ...cors, allow: "HEAD, GET" });
  }
  exchange.answer(200, { ...cors, "content-type": type, "cache-control": "max-age=3600" }, body);
}
