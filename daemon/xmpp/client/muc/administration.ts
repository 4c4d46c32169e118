import { el, type Element, Jid, newId, NS } from "../../core/mod.ts";
import type { XmppClient } from "../client.ts";
import {
  type ConfigFields,
  fieldsOf,
  readOptions,
  type RoomOptions,
  submission,
} from "./config.ts";
import type { RoomAffiliation, RoomRole } from "./events.ts";

const MAX_LISTED = 10_000;

/** What owners, admins and moderators of a room do (XEP-0045 sections 8, 9 and 10). */
export class RoomAdministration {
  readonly #client: XmppClient;
  readonly #room: Jid;

  constructor(client: XmppClient, room: Jid) {
    this.#client = client;
    this.#room = room;
  }

  /** How the room is set up, for its owners. @throws StanzaError `forbidden`, SimppdError */
  async options(): Promise<RoomOptions> {
    return readOptions(await this.#fields());
  }

  /**
   * Sets the room up; a new one is open to others then.
   * @throws StanzaError, SimppdError `room-option-missing`: the server cannot do all of it; then
   * nothing was changed
   */
  async configure(options: RoomOptions): Promise<void> {
    const form = submission(await this.#fields(), options);
    await this.#ask("set", el("query", { xmlns: NS.mucOwner }, form));
  }

  /** Gives up a new room that was not configured yet. @throws StanzaError, SimppdError */
  async cancel(): Promise<void> {
    const form = el("x", { xmlns: NS.dataForms, type: "cancel" });
    await this.#ask("set", el("query", { xmlns: NS.mucOwner }, form));
  }

  /** Ends a room of ours for good. @throws StanzaError, SimppdError */
  async destroy({ reason, alternate }: { reason?: string; alternate?: Jid } = {}): Promise<void> {
    const order = el("destroy", { jid: alternate?.toString() }, reasonElement(reason));
    await this.#ask("set", el("query", { xmlns: NS.mucOwner }, order));
  }

  /** Bare addresses of one affiliation. @throws StanzaError `forbidden`, SimppdError */
  async affiliated(affiliation: Exclude<RoomAffiliation, "none">): Promise<Jid[]> {
    const query = el("query", { xmlns: NS.mucAdmin }, el("item", { affiliation }));
    const answer = await this.#ask("get", query);
    return (answer.getChild("query", NS.mucAdmin)?.getChildren("item") ?? []).slice(0, MAX_LISTED)
      .flatMap(({ attrs }) => Jid.tryParse(attrs.jid) ?? []);
  }

  /** Makes somebody owner, admin, member, nobody or banned. @throws StanzaError, SimppdError */
  async setAffiliation(
    jid: Jid | string,
    affiliation: RoomAffiliation,
    reason?: string,
  ): Promise<void> {
    const bare = (typeof jid === "string" ? Jid.parse(jid) : jid).bare().toString();
    await this.#change({ jid: bare, affiliation }, reason);
  }

  /** Gives or takes voice or moderation. @throws StanzaError, SimppdError */
  async setRole(nick: string, role: RoomRole, reason?: string): Promise<void> {
    await this.#change({ nick, role }, reason);
  }

  /** Shows somebody out, who may come back. @throws StanzaError, SimppdError */
  async kick(nick: string, reason?: string): Promise<void> {
    await this.setRole(nick, "none", reason);
  }

  /**
   * Has the room invite somebody; a members-only room makes them a member. What it refuses is the
   * event `refused` of the room. @throws SimppdError
   */
  invite(jid: Jid | string, reason?: string): void {
    const invite = el("invite", { to: jid.toString() }, reasonElement(reason));
    const x = el("x", { xmlns: NS.mucUser }, invite);
    this.#client.send(el("message", { to: this.#room.toString(), id: newId() }, x));
  }

  async #fields(): Promise<ConfigFields> {
    return fieldsOf(await this.#ask("get", el("query", { xmlns: NS.mucOwner })));
  }

  async #change(item: Record<string, string>, reason: string | undefined): Promise<void> {
    const query = el("query", { xmlns: NS.mucAdmin }, el("item", item, reasonElement(reason)));
    await this.#ask("set", query);
  }

  #ask(type: "get" | "set", query: Element): Promise<Element> {
    return this.#client.iq(el("iq", { type }, query), { to: this.#room });
  }
}

function reasonElement(reason: string | undefined): Element | undefined {
  return reason === undefined ? undefined : el("reason", {}, reason);
}
