import { Backoff, type Bytes, logOf, SimppdError, sleep, toBase64, toHex } from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import { GROUP_NS, type RoomChannel } from "../../group/mod.ts";
import type { Component } from "../../xmpp/client/mod.ts";
import { el, type Element, Jid, newId, NS, StanzaError } from "../../xmpp/core/mod.ts";

const HINTS = "urn:xmpp:hints";
const EME = "urn:xmpp:eme:0";
const NICK = "Key server";
/** Resource of the component's address in rooms. */
const RESOURCE = "keystone";
/** ms that something to say, or to be asked, waits for the first entry. */
const ENTRY = 5_000;
/** Rooms that are looked into at one time, for who wants a group in them hosted. */
const MOST_LOOKS = 32;
/** Owners of one room that are remembered. */
const MOST_OWNERS = 256;
/** ms after which one is left that no group came of. */
const LOOK = 60_000;

/** Where a component stands with one room. */
interface Presence {
  readonly jid: Jid;
  state: "out" | "entering" | "in";
  nick: string;
  /** Is it a group's? Else it is only looked into. */
  isWanted: boolean;
  /** Occupants whom the room shows as its owners: bare JID by nick. */
  readonly owners: Map<string, string>;
  entered: PromiseWithResolvers<void>;
  readonly backoff: Backoff;
}

/** The rooms of a component's groups: it is an occupant of each (XEP-0045), and enters again and again. */
export class ComponentRooms {
  readonly #component: Component;
  readonly #entered: (room: string) => void;
  readonly #rooms = new Map<string, Presence>();
  readonly #ending = new AbortController();

  /** @param entered called with a group's room whenever it is entered, the first time or again */
  constructor(component: Component, entered: (room: string) => void) {
    this.#component = component;
    this.#entered = entered;
    component.hooks.presence((stanza) => this.#hear(stanza));
    component.events.on(({ state }) => {
      if (state === "online") { for (const room of this.#rooms.values()) this.#enter(room); }
      if (state === "offline") { for (const room of this.#rooms.values()) this.#lose(room); }
    });
  }

  /** The way to everybody in a room; it is entered from now on. */
  channel(jid: string): RoomChannel {
    const room = this.#open(jid);
    room.isWanted = true;
    return { publish: (payload) => this.#publish(room, payload) };
  }

  /**
   * Does a room show this person among its occupants as an owner of it (bare JIDs)? It is entered to
   * see that. @throws SimppdError `busy`
   */
  async isOwner(jid: string, person: string): Promise<boolean> {
    const looks = [...this.#rooms.values()].filter(({ isWanted }) => !isWanted);
    if (looks.length >= MOST_LOOKS) {
      throw new SimppdError("busy", "Too many want groups hosted at once; try again in a minute.");
    }
    const room = this.#open(jid);
    await this.#entry(room);
    const isOwner = room.state === "in" && [...room.owners.values()].includes(person);
    if (!isOwner) this.#leaveUnwanted(room);
    else void sleep(LOOK, this.#ending.signal).then(() => this.#leaveUnwanted(room));
    return isOwner;
  }

  #open(jid: string): Presence {
    const address = Jid.parse(jid).bare();
    let room = this.#rooms.get(address.toString());
    if (room === undefined) {
      room = {
        jid: address,
        state: "out",
        nick: NICK,
        isWanted: false,
        owners: new Map(),
        entered: Promise.withResolvers(),
        backoff: new Backoff(1_000, 120_000),
      };
      this.#rooms.set(address.toString(), room);
      if (this.#component.online) this.#enter(room);
    }
    return room;
  }

  #leaveUnwanted(room: Presence): void {
    if (room.isWanted || this.#rooms.get(room.jid.toString()) !== room) return;
    this.#rooms.delete(room.jid.toString());
    if (room.state === "in") this.#goOut(room);
    this.#lose(room);
  }

  #goOut(room: Presence): void {
    if (!this.#component.online) return;
    this.#send(el("presence", { to: `${room.jid}/${room.nick}`, type: "unavailable" }));
  }

  async #entry(room: Presence): Promise<void> {
    if (room.state !== "entering") return;
    const late = new AbortController();
    await Promise.race([room.entered.promise, sleep(ENTRY, late.signal)]);
    late.abort();
  }

  /** Rooms we are in. */
  get inside(): readonly string[] {
    return [...this.#rooms.values()].filter(({ state }) => state === "in").map(({ jid }) =>
      `${jid}`
    );
  }

  close(): void {
    this.#ending.abort();
    for (const room of this.#rooms.values()) {
      if (room.state === "in") this.#goOut(room);
      room.state = "out";
      room.entered.resolve();
    }
  }

  async #publish(room: Presence, payload: Bytes): Promise<void> {
    // It may have been made, or let us in, since we were refused last.
    if (this.#component.online) this.#enter(room);
    await this.#entry(room);
    if (room.state !== "in") {
      throw new SimppdError("not-in-room", `The key server is not in the room ${room.jid}.`);
    }
    this.#send(el(
      "message",
      { to: room.jid.toString(), type: "groupchat", id: newId() },
      el("group", { xmlns: GROUP_NS }, toBase64(payload)),
      el("encryption", { xmlns: EME, namespace: GROUP_NS, name: "Keystone" }),
      el("no-store", { xmlns: HINTS }),
    ));
  }

  #enter(room: Presence): void {
    if (room.state !== "out" || this.#ending.signal.aborted) return;
    room.state = "entering";
    room.owners.clear();
    room.entered = Promise.withResolvers();
    void this.#isThere(room).then((isThere) => {
      if (room.state !== "entering" || this.#ending.signal.aborted) return;
      if (isThere) this.#knock(room);
      else this.#again(room);
    });
  }

  /** A room that nobody made yet would be made by entering it, and others come into what is ours. */
  async #isThere({ jid }: Presence): Promise<boolean> {
    const query = el("query", { xmlns: NS.discoInfo });
    try {
      await this.#component.iq(el("iq", { type: "get", to: jid.toString() }, query));
    } catch (error) {
      if (error instanceof StanzaError && error.condition === "item-not-found") return false;
    }
    return true;
  }

  #knock(room: Presence): void {
    const history = el("history", { maxstanzas: "0" });
    try {
      this.#send(
        el("presence", { to: `${room.jid}/${room.nick}` }, el("x", { xmlns: NS.muc }, history)),
      );
    } catch (error) {
      logOf("app").info("{room} is not entered: {error}", { room: room.jid, error });
      this.#lose(room);
    }
  }

  #hear(stanza: Element): boolean {
    const from = Jid.parse(stanza.attrs.from!);
    const room = this.#rooms.get(from.bare().toString());
    if (room === undefined) return false;
    const codes = stanza.getChild("x", NS.mucUser)?.getChildren("status")
      .map(({ attrs }) => attrs.code) ?? [];
    const { type } = stanza.attrs;
    this.#noteOwner(room, from.resource, stanza);
    const self = codes.includes("110") || from.resource === room.nick;
    if (type === "error" && (self || from.resource === "")) this.#refused(room, stanza);
    else if (type === "unavailable" && self) this.#again(room);
    else if (type === undefined && self && codes.includes("201")) this.#undo(room);
    else if (type === undefined && self && room.state === "entering") {
      room.nick = from.resource;
      room.state = "in";
      room.backoff.reset();
      room.entered.resolve();
      if (room.isWanted) this.#entered(room.jid.toString());
    }
    return true;
  }

  /** A room that nobody made yet is its group's owner's to make: we leave, which ends ours. */
  #undo(room: Presence): void {
    logOf("app").info("{room} is not there yet", { room: room.jid });
    this.#send(el("presence", { to: `${room.jid}/${room.nick}`, type: "unavailable" }));
    this.#again(room);
  }

  #noteOwner({ owners }: Presence, nick: string, stanza: Element): void {
    const item = stanza.getChild("x", NS.mucUser)?.getChild("item");
    const jid = Jid.tryParse(item?.attrs.jid)?.bare().toString();
    const isOwner = stanza.attrs.type === undefined && item?.attrs.affiliation === "owner";
    owners.delete(nick);
    if (isOwner && jid !== undefined && owners.size < MOST_OWNERS) owners.set(nick, jid);
  }

  #refused(room: Presence, stanza: Element): void {
    const { condition } = StanzaError.fromElement(stanza);
    logOf("app").warn("{room} does not let the key server in: {condition}", {
      room: room.jid,
      condition,
    });
    if (condition === "conflict") room.nick = `${NICK} ${toHex(systemRandom(2))}`;
    this.#again(room);
  }

  /** We are out, and come back in a while. */
  #again(room: Presence): void {
    this.#lose(room);
    void sleep(room.backoff.next(), this.#ending.signal).then(() => {
      const isKept = this.#rooms.get(room.jid.toString()) === room;
      if (isKept && this.#component.online) this.#enter(room);
    });
  }

  #lose(room: Presence): void {
    room.state = "out";
    room.entered.resolve();
  }

  #send(stanza: Element): void {
    stanza.attrs.from = `${this.#component.domain}/${RESOURCE}`;
    this.#component.send(stanza);
  }
}
