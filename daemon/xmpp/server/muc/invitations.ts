import { el, type Element, Jid, NS, StanzaError } from "../../core/mod.ts";
import { isAtLeast } from "./privileges.ts";
import type { Room, Sender } from "./room.ts";
import { setAffiliation } from "./standing.ts";
import { reasonIn } from "./texts.ts";

/** People invited with one message. */
const MOST_INVITED = 20;

/**
 * Passes on what a message to the room asks for (XEP-0045 sections 7.8.2 and 7.9).
 * @returns was it an invitation or the answer to one?
 * @throws StanzaError
 */
export function passInvitations(room: Room, message: Element, sender: Sender): boolean {
  const x = message.getChild("x", NS.mucUser);
  const invites = x?.getChildren("invite") ?? [];
  const declined = x?.getChild("decline");
  if (invites.length > MOST_INVITED) {
    throw new StanzaError("modify", "policy-violation", `${MOST_INVITED} invitations at a time`);
  }
  const guests = invites.map((invite) => guestOf(room, invite));
  for (const [index, guest] of guests.entries()) invite(room, guest, invites[index]!, sender);
  if (declined !== undefined) decline(room, declined, sender);
  return invites.length > 0 || declined !== undefined;
}

/** @throws StanzaError `jid-malformed`, `remote-server-not-found` */
function guestOf(room: Room, invite: Element): Jid {
  const guest = Jid.tryParse(invite.attrs.to);
  if (guest === undefined) throw new StanzaError("modify", "jid-malformed");
  const { domain, services } = room.around.host;
  if (guest.domain !== domain.domain && services.get(guest.domain) === undefined) {
    throw new StanzaError("cancel", "remote-server-not-found", "This server is not federated.");
  }
  return guest;
}

function invite(room: Room, guest: Jid, invite: Element, sender: Sender): void {
  const occupant = room.occupant(sender);
  room.pace(sender);
  const { config } = room;
  const bare = guest.bare().toString();
  const powerful = isAtLeast(room.affiliationOf(sender.jid), "admin") ||
    (!config.membersOnly && occupant.role === "moderator");
  const invited = room.affiliationOf(guest);
  if (!powerful && (!config.allowInvites || occupant.role === "visitor")) {
    throw new StanzaError("auth", "forbidden", "inviting is not for everybody in this room");
  }
  if (invited === "outcast") throw new StanzaError("cancel", "not-allowed", "they are banned");
  if (config.membersOnly && invited === "none") {
    const { roomAffiliations } = room.around.host.limits;
    if (room.affiliations.size >= roomAffiliations) {
      throw new StanzaError(
        "wait",
        "resource-constraint",
        `a room knows ${roomAffiliations} people`,
      );
    }
    setAffiliation(room, bare, "member", { actor: occupant.nick }, sender.session);
  }
  const reason = reasonIn(invite, room.around.host.limits.roomTextLength);
  const thread = invite.getChild("continue")?.attrs.thread;
  // In a room that hides addresses the inviter's is hidden as well.
  const from = config.nonAnonymous ? occupant.jid : room.jid.withResource(occupant.nick);
  const passed = el(
    "invite",
    { from: from.toString() },
    reason === undefined ? undefined : el("reason", {}, reason),
    invite.getChild("continue") === undefined ? undefined : el("continue", { thread }),
  );
  const { host, invited: open } = room.around;
  open.add(room.jid, guest.bare(), { inviter: occupant.jid, shown: from });
  // Nobody reaches through a room who blocks them, nor learns that they do.
  if (host.hooks.passage(sender.jid, guest) !== "open") return;
  const password = config.password === "" ? undefined : el("password", {}, config.password);
  room.around.host.deliver(
    el(
      "message",
      { xmlns: NS.client, from: room.jid.toString(), to: bare },
      el("x", { xmlns: NS.mucUser }, passed, password),
    ),
  );
}

/**
 * Only who was invited can say so, once, and to who invited them: a room carries no other words, and
 * its answer says nothing of who belongs to it.
 */
function decline(room: Room, declined: Element, sender: Sender): void {
  room.pace(sender);
  const { host, invited } = room.around;
  const to = Jid.tryParse(declined.attrs.to);
  if (to === undefined) throw new StanzaError("modify", "jid-malformed");
  const shown = to.bareEquals(room.jid) ? to : to.bare();
  const invitation = invited.take(room.jid, sender.jid.bare(), shown);
  if (invitation === undefined) {
    throw new StanzaError("cancel", "item-not-found", "nobody here invited you");
  }
  const { inviter } = invitation;
  if (host.hooks.passage(sender.jid, inviter) !== "open") return;
  const reason = reasonIn(declined, host.limits.roomTextLength);
  const passed = el(
    "decline",
    { from: sender.jid.bare().toString() },
    reason === undefined ? undefined : el("reason", {}, reason),
  );
  const message = el(
    "message",
    { xmlns: NS.client, from: room.jid.toString() },
    el("x", { xmlns: NS.mucUser }, passed),
  );
  const occupant = room.occupants.ofAccount(inviter.toString())[0];
  if (occupant !== undefined) return room.send(message, room.jid, [occupant], sender.session);
  message.attrs.to = inviter.toString();
  host.deliver(message);
}
