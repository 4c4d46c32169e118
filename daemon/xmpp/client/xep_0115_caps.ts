import { createHash } from "node:crypto";
import { el, NS } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import type { Disco, Identity } from "./xep_0030_disco.ts";

/**
 * The verification string of identities and features (XEP-0115 section 5.1): base64 of SHA-1, which
 * the XEP fixes and on which no secrecy rests.
 */
export function capsHash(identities: readonly Identity[], features: readonly string[]): string {
  const identityLines = identities.map(({ category, type, name }) =>
    `${category}/${type}//${name}<`
  );
  const featureLines = features.map((feature) => `${feature}<`);
  const text = identityLines.sort().join("") + featureLines.sort().join("");
  return createHash("sha1").update(text).digest("base64");
}

/** Entity Capabilities (XEP-0115): own presence says what we offer, so that servers filter PEP. */
export function announceCaps(client: XmppClient, disco: Disco): void {
  client.hooks.feature(NS.caps);
  client.hooks.outgoingPresence((presence) => {
    const ver = capsHash([disco.identity], client.hooks.features);
    presence.append(el("c", { xmlns: NS.caps, hash: "sha-1", node: disco.node, ver }));
  });
}
