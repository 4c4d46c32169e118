import { Emitter, steadyNow } from "../../base/mod.ts";
import { el, type Element, Jid, newId, NS } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import { EventRate } from "./event_rate.ts";
import type { RoomInvitation } from "./muc/invitation.ts";

const MAX_REASON = 500;

/**
 * Direct MUC Invitations (XEP-0249): from person to person, past the room. Make it after `Rooms`:
 * what a room passes on as well is taken there.
 */
export class DirectInvitations {
  readonly events: Emitter<RoomInvitation> = new Emitter();
  readonly #client: XmppClient;
  readonly #rate = new EventRate();

  /** Registers with `client`. */
  constructor(client: XmppClient) {
    this.#client = client;
    client.hooks.feature(NS.directInvitation);
    client.hooks.message((stanza) => this.#receive(stanza));
  }

  /** Invites somebody; of a members-only room they must be made members first. @throws SimppdError */
  send(
    to: Jid | string,
    room: Jid,
    { reason, password }: { reason?: string; password?: string } = {},
  ): void {
    const x = el("x", {
      xmlns: NS.directInvitation,
      jid: room.bare().toString(),
      reason,
      password,
    });
    this.#client.send(el("message", { to: to.toString(), id: newId() }, x));
  }

  #receive(stanza: Element): boolean {
    const x = stanza.getChild("x", NS.directInvitation);
    const { type } = stanza.attrs;
    if (x === undefined || type === "error" || type === "groupchat") return false;
    const from = Jid.parse(stanza.attrs.from!).bare();
    const room = Jid.tryParse(x.attrs.jid)?.bare();
    if (room === undefined || room.local === "" || !this.#rate.admits(from, steadyNow())) {
      return true;
    }
    const reason = x.attrs.reason?.slice(0, MAX_REASON).toWellFormed();
    const { password } = x.attrs;
    this.events.emit({ room, from, reason, password, mediated: false });
    return true;
  }
}
