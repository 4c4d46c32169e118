import { SimppdError } from "../../base/mod.ts";
import { el, type Element, Jid, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/** Addresses of one list that are read. */
const MOST = 1_000;
const DEFAULTS = ["always", "never", "roster"] as const;
/** What servers answer that keep no archive, or let nobody choose. */
const MISSING = ["feature-not-implemented", "service-unavailable", "item-not-found"];

/** What the server's archive keeps of an account's messages (XEP-0441). */
export interface ArchivePreferences {
  /** What holds for everybody who is on neither list; `roster`: kept with contacts alone. */
  readonly default: "always" | "never" | "roster";
  /** Bare JIDs. */
  readonly always: readonly string[];
  readonly never: readonly string[];
}

/**
 * Asks for the account's preferences.
 * @throws SimppdError `no-archive-preferences`, and of the connection; StanzaError
 */
export async function archivePreferences(client: XmppClient): Promise<ArchivePreferences> {
  return await asked(client, el("iq", { type: "get" }, el("prefs", { xmlns: NS.archive })));
}

/**
 * Sets all of them.
 * @returns them as the server has them now
 * @throws as {@link archivePreferences}, and `archive-refused`
 */
export async function setArchivePreferences(
  client: XmppClient,
  wanted: ArchivePreferences,
): Promise<ArchivePreferences> {
  const list = (name: string, jids: readonly string[]) =>
    el(name, {}, ...jids.map((jid) => el("jid", {}, jid)));
  const prefs = el(
    "prefs",
    { xmlns: NS.archive, default: wanted.default },
    list("always", wanted.always),
    list("never", wanted.never),
  );
  return await asked(client, el("iq", { type: "set" }, prefs));
}

async function asked(client: XmppClient, iq: Element): Promise<ArchivePreferences> {
  try {
    const prefs = (await client.iq(iq)).getChild("prefs", NS.archive);
    const preference = DEFAULTS.find((name) => name === prefs?.attrs.default);
    if (prefs === undefined || preference === undefined) throw missing();
    return { default: preference, always: jidsIn(prefs, "always"), never: jidsIn(prefs, "never") };
  } catch (error) {
    if (!(error instanceof StanzaError)) throw error;
    if (MISSING.includes(error.condition)) throw missing(error);
    throw new SimppdError(
      "archive-refused",
      `Your server did not take that: ${error.publicMessage}`,
      error,
    );
  }
}

function jidsIn(prefs: Element, name: string): string[] {
  const listed = prefs.getChild(name)?.getChildren("jid") ?? [];
  return listed.slice(0, MOST).flatMap((each) => {
    const jid = Jid.tryParse(each.getText().trim());
    return jid === undefined ? [] : [jid.bare().toString()];
  });
}

function missing(cause?: unknown): SimppdError {
  return new SimppdError(
    "no-archive-preferences",
    "Your server keeps no archive of messages, or does not let you choose what it keeps.",
    cause,
  );
}
