import { el, NS } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/**
 * Answers who asks for our software (XEP-0092): its name, which entity capabilities show anyway.
 * The version is said only when it is given here, which lets others look for holes in it; the
 * operating system never.
 */
export function answerVersion(client: XmppClient, name: string, version?: string): void {
  client.hooks.feature(NS.version);
  client.hooks.iq("get", "query", NS.version, () =>
    el(
      "query",
      { xmlns: NS.version },
      el("name", {}, name),
      // Section 4 asks for the element, and lets it say nothing.
      el("version", {}, version ?? ""),
    ));
}
