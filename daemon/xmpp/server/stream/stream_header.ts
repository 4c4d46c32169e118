import { escapeText, type Jid, newId, NS, StreamError } from "../../core/mod.ts";

/**
 * Looks at a client's stream header (RFC 6120 section 4.7).
 * @throws StreamError `invalid-namespace`, `host-unknown`, `unsupported-version`
 */
export function checkHeader(attrs: Record<string, string>, domain: Jid): void {
  if (attrs.xmlns !== NS.client) {
    throw new StreamError("invalid-namespace", `expected xmlns="${NS.client}"`);
  }
  if (attrs.to !== undefined && attrs.to.toLowerCase() !== domain.domain) {
    throw new StreamError("host-unknown", `this server is ${domain}`);
  }
  if (!/^1\.\d+$/.test(attrs.version ?? "")) {
    throw new StreamError("unsupported-version", "expected version 1.0");
  }
}

/** The header of the server's own stream. */
export function streamHeader(domain: Jid): string {
  return `<?xml version='1.0'?><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.stream}'` +
    ` id='${newId()}' from='${escapeText(domain.domain)}' version='1.0' xml:lang='en'>`;
}
