import { dataForm, el, type Element, NS, readForm, StanzaError } from "../../core/mod.ts";
import { checkRoleChange } from "./privileges.ts";
import type { Room, Sender } from "./room.ts";
import { setRole } from "./standing.ts";

/**
 * A visitor asks for voice, or a moderator answers that (XEP-0045 sections 7.13 and 8.6).
 * @returns was it one of the two?
 * @throws StanzaError
 */
export function passVoiceRequest(room: Room, message: Element, sender: Sender): boolean {
  const form = message.getChild("x", NS.dataForms);
  if (form?.attrs.type !== "submit") return false;
  const values = readForm(form, NS.mucRequest);
  if (values.get("muc#role")?.[0] !== "participant") {
    throw new StanzaError("modify", "bad-request", "only voice can be asked for");
  }
  const allow = values.get("muc#request_allow")?.[0];
  if (allow === undefined) ask(room, sender);
  else if (allow === "1" || allow === "true") {
    grant(room, sender, values.get("muc#roomnick")?.[0] ?? "");
  }
  return true;
}

function ask(room: Room, sender: Sender): void {
  const { role, nick, jid } = room.occupant(sender);
  room.pace(sender);
  if (role !== "visitor") throw new StanzaError("cancel", "not-allowed", "you have voice");
  const form = dataForm("form", NS.mucRequest, {
    "muc#role": { type: "list-single", value: "participant", options: ["participant"] },
    "muc#jid": { type: "text-single", value: jid.toString() },
    "muc#roomnick": { type: "text-single", value: nick },
    "muc#request_allow": { type: "boolean", value: false },
  });
  const moderators = [...room.occupants].filter((each) => each.role === "moderator");
  room.send(
    el("message", { from: room.jid.toString() }, form),
    room.jid,
    moderators,
    sender.session,
  );
}

function grant(room: Room, sender: Sender, nick: string): void {
  const target = room.occupants.byNick(nick);
  const actor = room.actor(sender);
  if (target === undefined) {
    throw new StanzaError("cancel", "item-not-found", "nobody of that nick");
  }
  checkRoleChange(
    actor,
    { affiliation: room.affiliationOf(target.jid), role: target.role },
    "participant",
  );
  if (target.role === "visitor") {
    setRole(room, target, "participant", { actor: actor.occupant?.nick }, sender.session);
  }
}
