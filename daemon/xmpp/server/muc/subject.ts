import { el, type Element, StanzaError } from "../../core/mod.ts";
import { delayElement } from "../delay.ts";
import type { Room, Sender } from "./room.ts";

/** Is it a message that sets the subject: one without body or thread (XEP-0045 section 8.1)? */
export function isSubjectChange(message: Element): boolean {
  return message.getChild("subject") !== undefined && message.getChild("body") === undefined &&
    message.getChild("thread") === undefined;
}

/**
 * What who enters is told last (section 7.2.15): an empty subject when there is none.
 */
export function subjectMessage({ jid, subject }: Room): Element {
  const from = subject === undefined ? jid : jid.withResource(subject.nick);
  return el(
    "message",
    { from: from.toString(), type: "groupchat" },
    el("subject", {}, subject?.text),
    subject === undefined ? undefined : delayElement(jid, subject.at),
  );
}

/** Takes the subject out of a message of an occupant. @throws StanzaError `forbidden` */
export function changeSubject(room: Room, message: Element, sender: Sender): void {
  const { role, nick } = room.occupant(sender);
  const may = role === "moderator" || (role === "participant" && room.config.changeSubject);
  if (!may) throw new StanzaError("auth", "forbidden", "the subject is the moderators' to change");
  const text = message.getChildText("subject") ?? "";
  const most = room.around.host.limits.roomSubjectLength;
  if (text.length > most) {
    throw new StanzaError("modify", "policy-violation", `a subject has ${most} characters at most`);
  }
  room.setSubject(text === "" ? undefined : { text, nick, at: Date.now() });
}
