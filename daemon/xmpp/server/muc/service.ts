import { logOf } from "../../../base/mod.ts";
import { el, type Element, Jid, NS, StanzaError } from "../../core/mod.ts";
import { refusal } from "../refusal.ts";
import type { Service } from "../services.ts";
import type { Session } from "../session.ts";
import { enter } from "./entering.ts";
import { passInvitations } from "./invitations.ts";
import { change, leave } from "./leaving.ts";
import { receiveIq } from "./requests.ts";
import { say, whisper } from "./room_messages.ts";
import type { Room, Sender } from "./room.ts";
import type { Rooms } from "./rooms.ts";
import { passVoiceRequest } from "./voice.ts";

/** Errors by which an occupant's own server or client says that it is not there any more. */
const GONE = new Set([
  "gone",
  "item-not-found",
  "jid-malformed",
  "recipient-unavailable",
  "redirect",
  "remote-server-not-found",
  "remote-server-timeout",
  "service-unavailable",
]);

/** The service that rooms stand behind: takes stanzas to the room they are for. */
export class MucService implements Service {
  readonly name = "Rooms";
  readonly #rooms: Rooms;
  #closed = false;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  get rooms(): Rooms {
    return this.#rooms;
  }

  receive(stanza: Element, from: Jid, to: Jid, session: Session | undefined): void {
    if (this.#closed) return;
    const kind = stanza.getName();
    if (stanza.attrs.type === "error" && kind !== "iq") return this.#bounced(stanza, to);
    const sender = { jid: from, session };
    if (kind === "iq") receiveIq(this.#rooms, stanza, sender, to);
    else if (kind === "message") this.#message(stanza, sender, to);
    else this.#presence(stanza, sender, to);
  }

  /** Everybody is told that the service ends (XEP-0045 status 332); temporary rooms end with it. */
  close(): void {
    this.#closed = true;
    for (const room of this.#rooms.active) room.dismiss({ codes: [332] });
    try {
      this.#rooms.forgetLoose();
    } catch (error) {
      // A server whose storage fails stops all the same; the next start forgets them.
      logOf("xmpp-server").warn("what temporary rooms said was not removed yet: {error}", {
        error,
      });
    }
  }

  #message(message: Element, sender: Sender, to: Jid): void {
    const room = to.local === "" ? undefined : this.#rooms.find(to);
    if (room === undefined) throw new StanzaError("cancel", "item-not-found", "no such room");
    if (to.resource !== "") {
      if (message.attrs.type === "groupchat") throw new StanzaError("modify", "bad-request");
      return whisper(room, message, sender, to.resource);
    }
    if (message.attrs.type === "groupchat") return say(room, message, sender);
    if (passInvitations(room, message, sender) || passVoiceRequest(room, message, sender)) return;
    throw new StanzaError("modify", "bad-request", "expected a message of type groupchat");
  }

  #presence(presence: Element, sender: Sender, to: Jid): void {
    const { type } = presence.attrs;
    if (to.local === "" || (type !== undefined && type !== "unavailable")) return;
    if (type === "unavailable") {
      const room = this.#rooms.find(to);
      if (room !== undefined) leave(room, presence, sender);
      return;
    }
    try {
      this.#available(presence, sender, to);
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      // Not thrown: to presence most refusals are silent, these are not (section 7.2).
      const reply = refusal(presence, error);
      reply.children.unshift(el("x", { xmlns: NS.muc }));
      if (sender.session === undefined) this.#rooms.host.deliver(reply);
      else sender.session.send(reply);
    }
    const inside = this.#rooms.find(to)?.occupants.bySession(sender.jid) !== undefined;
    if (!inside) sender.session?.directed.delete(to.toString());
  }

  #available(presence: Element, sender: Sender, to: Jid): void {
    const room = this.#rooms.find(to);
    const entering = presence.getChild("x", NS.muc) !== undefined;
    const occupant = room?.occupants.bySession(sender.jid);
    if (room !== undefined && occupant !== undefined) {
      // Who comes in anew under its own nick wants to see everything again.
      if (entering && occupant.nick === to.resource) return this.#enter(room, presence, sender, to);
      return change(room, presence, sender, to.resource);
    }
    if (!entering) {
      // One that believes to be inside, such as after a restart.
      throw new StanzaError("cancel", "item-not-found", "you are not in this room");
    }
    this.#enter(room ?? this.#rooms.create(to, sender), presence, sender, to);
  }

  #enter(room: Room, presence: Element, sender: Sender, to: Jid): void {
    enter(room, presence, sender, to.resource);
    if (room.occupants.size > 0) this.#rooms.hold(room);
  }

  /** Something of ours could not be delivered. */
  #bounced(stanza: Element, to: Jid): void {
    const from = Jid.tryParse(stanza.attrs.from);
    const conditions = stanza.getChild("error")?.getChildElements() ?? [];
    if (from === undefined || !conditions.some((each) => GONE.has(each.getName()))) return;
    const room = this.#rooms.find(to);
    const occupant = room?.occupants.bySession(from);
    if (room === undefined || occupant === undefined) return;
    if (occupant.sessions.size > 1) room.occupants.removeSession(from.toString());
    else room.expel(occupant, { codes: [333] });
  }
}
