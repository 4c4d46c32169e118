import { createHash } from "node:crypto";
import { utf8 } from "../../base/mod.ts";
import { equal } from "../../crypto/mod.ts";
import { el, type Element } from "./element.ts";
import type { NS } from "./namespaces.ts";

/**
 * What a component proves its secret with (XEP-0114 section 3): SHA-1 in hex over the stream's id
 * and the secret. The connection is in clear, so it belongs on loopback.
 */
export function componentProof(streamId: string, secret: string): string {
  return createHash("sha1").update(streamId + secret).digest("hex");
}

/** Is `text` the proof? Takes the same time wherever it differs. */
export function isComponentProof(text: string, streamId: string, secret: string): boolean {
  return equal(utf8(text.toLowerCase()), utf8(componentProof(streamId, secret)));
}

/** A stanza as it stands on a component's stream, or back from there: only the namespace differs. */
export function inNamespace(
  stanza: Element,
  ns: typeof NS.client | typeof NS.component,
): Element {
  const copy = el(stanza.name, { ...stanza.attrs, xmlns: ns });
  copy.children = stanza.children;
  return copy;
}
