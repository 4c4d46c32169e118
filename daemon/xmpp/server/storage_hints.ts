import { type Element, NS } from "../core/mod.ts";

/** Children that alone make no message worth keeping: typing and the like, and hints themselves. */
const FLEETING = new Set<string | undefined>([NS.chatStates, NS.hints]);

/** Did the sender say that nothing may be kept (XEP-0334 section 4.2)? */
export function mayNotBeKept(message: Element): boolean {
  return message.getChild("no-store", NS.hints) !== undefined;
}

/** Did the sender say that no archive may have it (XEP-0334 section 4.1)? */
export function mayNotBeArchived(message: Element): boolean {
  return mayNotBeKept(message) || message.getChild("no-permanent-store", NS.hints) !== undefined;
}

/** Should a message wait for its receiver (XEP-0160 section 3)? */
export function isWorthKeeping(message: Element): boolean {
  if (mayNotBeKept(message) || !["chat", "normal"].includes(message.attrs.type ?? "normal")) {
    return false;
  }
  return saysSomething(message);
}

/** Should what was said in a room be shown to who joins later? */
export function isWorthRecalling(message: Element): boolean {
  return !mayNotBeArchived(message) && saysSomething(message);
}

function saysSomething(message: Element): boolean {
  return message.getChild("store", NS.hints) !== undefined ||
    message.getChildElements().some((child) =>
      !FLEETING.has(child.getNS()) && child.getName() !== "thread"
    );
}
