import { type Bytes, fromBase64, fromUtf8, toBase64, utf8 } from "../base/mod.ts";
import { GROUP_NS } from "../group/mod.ts";
import type { GroupRole } from "../views/mod.ts";
import { el, type Element, NS, parseElement, serialise } from "../xmpp/core/mod.ts";

const HINTS = "urn:xmpp:hints";
const LIMITS = { bytes: 64 * 1024, depth: 20, attributes: 32, children: 256 };
/** What stands beside a text, and is no content of its own. */
const READ_HERE: readonly string[] = [NS.chatStates, NS.stanzaIds, NS.correction];
const MAX_ID = 128;
/** Characters of base64 that one payload has at most. */
const LONGEST = 160 * 1024;

/** A text that is said in a group. */
export interface SaidInGroup {
  readonly body: string;
  /** What its sender calls it. */
  readonly id: string;
  /** What its sender called the message that it corrects (XEP-0308). */
  readonly replaces?: string;
}

/** What lies inside the seal of a group's message, as XML: a text, or an element. */
export function writeContent(said: SaidInGroup | Element): Bytes {
  const inside = !("body" in said) ? [said] : [
    el("body", { xmlns: NS.client }, said.body),
    el("origin-id", { xmlns: NS.stanzaIds, id: said.id }),
    said.replaces === undefined
      ? undefined
      : el("replace", { xmlns: NS.correction, id: said.replaces }),
  ];
  return utf8(serialise(el("content", { xmlns: GROUP_NS }, ...inside)));
}

/** That one writes in a group, or stopped (XEP-0085). */
export function typingElement(typing: boolean): Element {
  return el(typing ? "composing" : "paused", { xmlns: NS.chatStates });
}

/** What was inside a seal. */
export interface GroupContent {
  /** "" when there is none. */
  readonly body: string;
  readonly id: string | undefined;
  readonly replaces: string | undefined;
  /** Does its sender say that they write, or stopped? */
  readonly typing: boolean | undefined;
  /** All else. */
  readonly elements: readonly Element[];
}

/** @returns undefined when it is malformed */
export function readContent(bytes: Uint8Array): GroupContent | undefined {
  try {
    const root = parseElement(fromUtf8(bytes), LIMITS);
    if (!root.is("content", GROUP_NS)) return undefined;
    const children = root.getChildElements();
    const state = children.find((child) => child.getNS() === NS.chatStates);
    const elements = children.filter((child) =>
      child.name !== "body" && !READ_HERE.includes(child.getNS() ?? "")
    );
    return {
      body: root.getChildText("body", NS.client) ?? "",
      id: idOf(root.getChild("origin-id", NS.stanzaIds)),
      replaces: idOf(root.getChild("replace", NS.correction)),
      typing: state === undefined ? undefined : state.name === "composing",
      elements,
    };
  } catch {
    return undefined;
  }
}

function idOf(element: Element | undefined): string | undefined {
  const id = element?.attrs.id ?? "";
  return id === "" || id.length > MAX_ID ? undefined : id;
}

/** What carries a payload through a room. @param kept is it for the room's archive too? */
export function roomElements(payload: Uint8Array, kept: boolean): Element[] {
  return [
    el("group", { xmlns: GROUP_NS }, toBase64(payload)),
    el("encryption", { xmlns: "urn:xmpp:eme:0", namespace: GROUP_NS, name: "Keystone" }),
    el(kept ? "store" : "no-store", { xmlns: HINTS }),
  ];
}

/** The payload that a room's message carries; undefined when it has none, or one that is no base64. */
export function payloadOf(stanza: Element): Bytes | undefined {
  return decoded(stanza.getChild("group", GROUP_NS));
}

/** What carries a payload between a member and the key server, inside SIMPP's seal. */
export function controlElement(payload: Uint8Array): Element {
  return el("keystone", { xmlns: GROUP_NS }, toBase64(payload));
}

export function controlOf(content: readonly Element[]): Bytes | undefined {
  return decoded(content.find((child) => child.is("keystone", GROUP_NS)));
}

/** An invitation to a group, inside SIMPP's seal: what every member has, and words of the inviter. */
export function invitationElement(
  specification: string,
  reason: string,
  role: GroupRole = "member",
): Element {
  return el(
    "invitation",
    { xmlns: GROUP_NS, ...role === "admin" || role === "listener" ? { role } : {} },
    el("specification", {}, specification),
    reason === "" ? undefined : el("reason", {}, reason),
  );
}

/** What one answers to an invitation without coming in. @param group 32 hex digits */
export function answerElement(group: string, answer: "later" | "declined"): Element {
  return el("answer", { xmlns: GROUP_NS, group }, answer);
}

export function answerOf(
  content: readonly Element[],
): { group: string; answer: "later" | "declined" } | undefined {
  const found = content.find((child) => child.is("answer", GROUP_NS));
  const answer = found?.getText();
  if (answer !== "later" && answer !== "declined") return undefined;
  return { group: found!.attrs.group ?? "", answer };
}

export function invitationOf(
  content: readonly Element[],
): { specification: string; reason: string; role?: "admin" | "listener" } | undefined {
  const found = content.find((child) => child.is("invitation", GROUP_NS));
  if (found === undefined) return undefined;
  const { role } = found.attrs;
  return {
    ...role === "admin" || role === "listener" ? { role } : {},
    specification: found.getChildText("specification") ?? "",
    reason: (found.getChildText("reason") ?? "").slice(0, 500).toWellFormed(),
  };
}

function decoded(element: Element | undefined): Bytes | undefined {
  const text = element?.getText() ?? "";
  if (text === "" || text.length > LONGEST) return undefined;
  try {
    return fromBase64(text);
  } catch {
    return undefined;
  }
}
