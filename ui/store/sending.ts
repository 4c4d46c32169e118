/** Whether anything can be sealed for a contact, and what stands in the way. */
import type { ContactView } from "../api/views.ts";
import { conversations } from "./messages.ts";
import { status } from "./session.ts";

export type Sending =
  | "possible"
  /** Another key came, or one was refused: the person decides first. */
  | "undecided"
  /** Only verified contacts are written to, and this one is not. */
  | "unverified"
  /** This device may seal nothing for its account. */
  | "no-device"
  /** Which encryption both allow shows only with the next message, or none was found. */
  | "unsettled";

export function sending(contact: ContactView): Sending {
  const shown = status.value;
  const { trust, plain } = contact;
  if (trust.state === "changed") return "undecided";
  if (plain) return "possible";
  const device = shown?.devices.state;
  if (device === "unlinked" || device === "replaced") return "no-device";
  if (shown?.blindTrust === false && trust.state !== "verified") return "unverified";
  return agrees(contact) ? "possible" : "unsettled";
}

/** The suite in use is still allowed, and what was written last did not fail for want of one. */
function agrees({ jid, trust }: ContactView): boolean {
  if (trust.suite !== null && !trust.policy.includes(trust.suite)) return false;
  const written = conversations.value.get(jid)?.items.filter(({ mine, kind }) =>
    mine && kind === "chat"
  );
  return written?.at(-1)?.problem?.code !== "no-common-suite";
}

/** Can files be sent to them? They are sent encrypted only. */
export function takesFiles(contact: ContactView): boolean {
  const { blocked, plain, trust, subscription } = contact;
  return !blocked && !plain && trust.state !== "changed" && subscription !== "asked" &&
    sending(contact) !== "unverified";
}
