import { Emitter, logOf, SimppdError, steadyNow } from "../../base/mod.ts";
import { el, type Element, Jid, newId, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import { EventRate } from "./event_rate.ts";
import type { RoomOptions } from "./muc/config.ts";
import {
  readDecline,
  readInvitation,
  type RoomDecline,
  type RoomInvitation,
} from "./muc/invitation.ts";
import { type EnterOptions, Room } from "./muc/room.ts";

/** Rooms at one time; each is told of much. */
const MAX_ROOMS = 200;
const MAX_LISTED = 1_000;

/** What concerns rooms we need not be in. */
export type RoomsEvent =
  | { readonly kind: "invitation"; readonly invitation: RoomInvitation }
  | { readonly kind: "declined"; readonly decline: RoomDecline };

/** A room that can be found. */
export interface ListedRoom {
  readonly jid: Jid;
  readonly name: string;
}

/**
 * Rooms (XEP-0045). Make it before `Presence` and whatever else takes messages: what comes from rooms
 * goes no further. Rooms we are in are entered again with every new session, and asked after a
 * resumed one whether we are in them still (XEP-0410).
 */
export class Rooms {
  readonly events: Emitter<RoomsEvent> = new Emitter();
  readonly #client: XmppClient;
  readonly #rate = new EventRate();
  #rooms = new Map<string, Room>();
  /** Rooms we were in: what still comes from them is not for others to look at. */
  #former = new Set<string>();
  /** A session began since we were online last. */
  #fresh = false;

  /** Registers with `client`. */
  constructor(client: XmppClient) {
    this.#client = client;
    client.hooks.feature(NS.muc);
    client.hooks.presence((stanza) => this.#presence(stanza));
    client.hooks.message((stanza) => this.#message(stanza));
    client.hooks.online((_, signal) => {
      this.#fresh = true;
      signal.addEventListener("abort", () => this.#suspend(), { once: true });
    });
    client.events.on(({ state }) => {
      if (state !== "online") return;
      if (this.#fresh) void this.#enterAgain();
      else this.checkAll();
      this.#fresh = false;
    });
  }

  /** Those we are in, or were and have not forgotten. */
  get all(): readonly Room[] {
    return [...this.#rooms.values()];
  }

  get(jid: Jid | string): Room | undefined {
    return this.#rooms.get(bareOf(jid).toString());
  }

  /**
   * The room of an address, whether we are in it or not: to listen to it before entering.
   * @throws SimppdError `bad-jid`, `too-many-rooms`
   */
  open(jid: Jid | string): Room {
    const bare = bareOf(jid);
    if (bare.local === "") {
      throw new SimppdError("bad-jid", `"${bare}" is no room; expected room@rooms.example.org.`);
    }
    let room = this.#rooms.get(bare.toString());
    if (room === undefined) {
      if (this.#rooms.size >= MAX_ROOMS) {
        throw new SimppdError("too-many-rooms", `${MAX_ROOMS} rooms are open; leave one first.`);
      }
      this.#rooms.set(bare.toString(), room = new Room(this.#client, bare));
    }
    return room;
  }

  /**
   * Enters a room that is there.
   * @throws SimppdError `no-such-room`, `timeout`, …; StanzaError as `Room.enter()`
   */
  async join(jid: Jid | string, nick: string, options: EnterOptions = {}): Promise<Room> {
    const known = this.get(jid) !== undefined;
    const room = this.open(jid);
    let made: boolean;
    try {
      made = await room.enter(nick, options);
    } catch (error) {
      if (!known) this.#drop(room);
      throw error;
    }
    if (!made) return room;
    // The server made one: nobody asked for that.
    await this.#giveUp(room);
    throw new SimppdError("no-such-room", `There is no room ${room.jid}.`);
  }

  /**
   * Makes a room, as `options` say, and enters it.
   * @throws SimppdError `room-exists`, `room-option-missing`, …; StanzaError such as `not-allowed`;
   * the room is not there then
   */
  async create(jid: Jid | string, nick: string, options: RoomOptions): Promise<Room> {
    const room = this.open(jid);
    if (room.state !== "out") throw exists(room);
    let made: boolean;
    try {
      made = await room.enter(nick, { history: 0 });
    } catch (error) {
      this.forget(room.jid);
      // To who has no business in it a room shows itself by its refusal.
      if (error instanceof StanzaError && TELLING.has(error.condition)) throw exists(room);
      throw error;
    }
    if (!made) {
      this.forget(room.jid);
      throw exists(room);
    }
    try {
      await room.administration.configure(options);
    } catch (error) {
      await this.#giveUp(room);
      throw error;
    }
    return room;
  }

  /** Leaves a room, and keeps nothing of it. */
  forget(jid: Jid | string): void {
    const room = this.get(jid);
    if (room === undefined) return;
    room.leave();
    this.#drop(room);
  }

  #drop({ jid }: Room): void {
    const key = jid.toString();
    this.#rooms.delete(key);
    this.#former.delete(key);
    this.#former.add(key);
    if (this.#former.size > MAX_ROOMS) this.#former.delete(this.#former.values().next().value!);
  }

  /** Asks every room we are in whether we are (XEP-0410), and enters anew where not. */
  checkAll(): void {
    for (const room of this.all) room.check().catch((error) => unable(room, error));
  }

  /** Says no to an invitation that a room passed on. @throws SimppdError */
  decline({ room, from, mediated }: RoomInvitation, reason?: string): void {
    if (!mediated) return;
    const decline = el(
      "decline",
      { to: from.toString() },
      reason === undefined ? undefined : el("reason", {}, reason),
    );
    const x = el("x", { xmlns: NS.mucUser }, decline);
    this.#client.send(el("message", { to: room.toString(), id: newId() }, x));
  }

  /** Domains of our own server's rooms (XEP-0045 section 6.1). @throws StanzaError, SimppdError */
  async services(): Promise<Jid[]> {
    const found: Jid[] = [];
    for (const { jid } of await this.#items(this.#client.jid.domain)) {
      const query = el("query", { xmlns: NS.discoInfo });
      const answer = await this.#client.iq(el("iq", { type: "get" }, query), { to: jid })
        .catch(() => undefined);
      const info = answer?.getChild("query", NS.discoInfo);
      if (info?.getChildren("feature").some(({ attrs }) => attrs.var === NS.muc)) found.push(jid);
    }
    return found;
  }

  /** Rooms of a service that want to be found (section 6.3). @throws StanzaError, SimppdError */
  list(service: Jid | string): Promise<ListedRoom[]> {
    return this.#items(service);
  }

  async #items(to: Jid | string): Promise<ListedRoom[]> {
    const query = el("query", { xmlns: NS.discoItems });
    const answer = await this.#client.iq(el("iq", { type: "get" }, query), { to });
    const seen = new Set<string>();
    return (answer.getChild("query", NS.discoItems)?.getChildren("item") ?? [])
      .slice(0, MAX_LISTED).flatMap(({ attrs }) => {
        const jid = Jid.tryParse(attrs.jid);
        // Some list one twice.
        if (jid === undefined || seen.has(jid.toString())) return [];
        seen.add(jid.toString());
        return [{ jid, name: attrs.name ?? "" }];
      });
  }

  #presence(stanza: Element): boolean {
    const from = Jid.parse(stanza.attrs.from!);
    const room = this.#rooms.get(from.bare().toString());
    room?.takePresence(stanza, from);
    return room !== undefined || this.#former.has(from.bare().toString());
  }

  #message(stanza: Element): boolean {
    const from = Jid.parse(stanza.attrs.from!);
    const room = this.#rooms.get(from.bare().toString());
    if (this.#invites(stanza, from)) return true;
    room?.takeMessage(stanza, from);
    // What is said in a room we are not in is for nobody.
    return room !== undefined || stanza.attrs.type === "groupchat";
  }

  #invites(stanza: Element, from: Jid): boolean {
    // A room itself passes them on, never one of its occupants.
    if (from.resource !== "" || stanza.attrs.type === "error") return false;
    const invitation = readInvitation(stanza, from);
    const decline = invitation === undefined ? readDecline(stanza, from) : undefined;
    if (invitation === undefined && decline === undefined) return false;
    if (!this.#rate.admits(from, steadyNow())) return true;
    if (invitation !== undefined) this.events.emit({ kind: "invitation", invitation });
    // Whom we did not invite cannot decline.
    else if (this.#rooms.has(from.toString())) {
      this.events.emit({ kind: "declined", decline: decline! });
    }
    return true;
  }

  #suspend(): void {
    for (const room of this.all) room.suspend();
  }

  async #enterAgain(): Promise<void> {
    const waiting = this.all.filter(({ state }) => state === "waiting");
    await Promise.all(
      waiting.map((room) => room.reenter().catch((error) => unable(room, error))),
    );
  }

  async #giveUp(room: Room): Promise<void> {
    await room.administration.cancel().catch((error) => {
      logOf("xmpp").debug("{room} could not be given up: {error}", { room: room.jid, error });
    });
    this.forget(room.jid);
  }
}

/** Refusals that only a room which is there gives. */
const TELLING = new Set([
  "conflict",
  "forbidden",
  "registration-required",
  "not-authorized",
  "item-not-found",
]);

function exists(room: Room): SimppdError {
  return new SimppdError(
    "room-exists",
    `There is a room ${room.jid} already; choose another name.`,
  );
}

function bareOf(jid: Jid | string): Jid {
  return (typeof jid === "string" ? Jid.parse(jid) : jid).bare();
}

function unable(room: Room, error: unknown): void {
  logOf("xmpp").info("{room} could not be entered again: {error}", {
    room: room.jid.toString(),
    error,
  });
}
