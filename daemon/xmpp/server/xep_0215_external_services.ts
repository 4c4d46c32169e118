import { createHmac } from "node:crypto";
import { el, type Element, newId, NS, StanzaError } from "../core/mod.ts";
import type { Extension } from "./host.ts";
import type { ExternalService } from "./web/options.ts";

/** How long credentials hold. */
const LIFE_MS = 12 * 3_600_000;

/**
 * Tells accounts of STUN and TURN servers (XEP-0215), with credentials of their own that hold for a
 * while (draft-uberti-behave-turn-rest, as coturn's `use-auth-secret` has it).
 */
export const externalServices: Extension = ({ hooks, options }) => {
  const services = options.turn ?? [];
  if (services.length === 0) return;
  hooks.feature("server", NS.externalServices);
  hooks.iq("server", "services", NS.externalServices, ({ type, payload }) => {
    if (type !== "get") throw new StanzaError("cancel", "not-allowed");
    const wanted = payload.attrs.type;
    const fitting = services.filter((service) =>
      wanted === undefined || typeOf(service) === wanted
    );
    return el(
      "services",
      { xmlns: NS.externalServices, type: wanted },
      ...fitting.map((service) => describe(service)),
    );
  });
  hooks.iq("server", "credentials", NS.externalServices, ({ type, payload }) => {
    if (type !== "get") throw new StanzaError("cancel", "not-allowed");
    const [asked, ...others] = payload.getChildren("service");
    if (asked?.attrs.host === undefined || asked.attrs.type === undefined || others.length > 0) {
      throw new StanzaError("modify", "bad-request", "one service with host and type");
    }
    const { host, type: kind, port } = asked.attrs;
    const fitting = services.filter((service) =>
      service.host === host && typeOf(service) === kind &&
      (port === undefined || port === String(service.port))
    );
    if (fitting.length === 0) throw new StanzaError("cancel", "item-not-found");
    return el(
      "credentials",
      { xmlns: NS.externalServices },
      ...fitting.map((one) => describe(one)),
    );
  });
};

function typeOf({ type }: ExternalService): string {
  return type ?? "turn";
}

function describe(service: ExternalService): Element {
  const { host, port, transport, secret } = service;
  return el("service", {
    host,
    port: String(port),
    transport,
    type: typeOf(service),
    ...(secret === undefined ? {} : credentials(secret)),
  });
}

/**
 * A name with the time it runs out, in seconds, and a random part, so that the TURN server does not
 * learn the account; its HMAC is the password.
 */
function credentials(secret: string): Record<string, string> {
  const expires = new Date(Math.floor((Date.now() + LIFE_MS) / 1000) * 1000);
  const username = `${expires.getTime() / 1000}:${newId()}`;
  // coturn knows this by SHA-1 alone; as a key to an HMAC it is sound (RFC 6151's reasoning).
  const password = createHmac("sha1", secret).update(username).digest("base64");
  return { username, password, expires: expires.toISOString(), restricted: "true" };
}
