import { Backoff, logOf, SimppdError } from "../base/mod.ts";
import type { StoredRoom, StoredRooms } from "../store/mod.ts";
import type { Problem, RoomAffiliation } from "../views/mod.ts";
import type { Room, RoomEvent, RoomOptions, Rooms } from "../xmpp/client/mod.ts";
import { Jid, StanzaError } from "../xmpp/core/mod.ts";
import { exitProblem, isPassing, roomError } from "./room_problem.ts";
import { type Ground, RoomStay } from "./room_stay.ts";

/** Messages of before that a room is asked for; its archive gives more. */
const HISTORY = 50;
/** Names that are tried when ours is taken. */
const NICK_TRIES = 3;

/** Rooms of one connection: goes in, stays in, goes in again, and knows when not to. */
export class RoomEntry {
  readonly #ground: Ground;
  readonly #rooms: Rooms;
  readonly #stored: StoredRooms;
  readonly #followed = new WeakSet<Room>();
  readonly #stays = new Map<string, RoomStay>();
  /** Rooms that a person or this class enters right now. */
  readonly #entering = new Set<string>();
  readonly #again = new Map<string, { backoff: Backoff; timer?: ReturnType<typeof setTimeout> }>();
  #closed = false;

  constructor(ground: Ground, rooms: Rooms) {
    this.#ground = ground;
    this.#rooms = rooms;
    this.#stored = ground.stored;
    // What still comes from a room is not taken for a contact's, whether we are in it or not.
    for (const room of this.#stored.all()) {
      if (room.state === "joined" || room.state === "out") this.#open(room.jid);
    }
    ground.client.events.on(({ state }) => {
      if (state === "online") this.enterAll();
    });
  }

  live(jid: string): Room | undefined {
    return this.#rooms.get(jid);
  }
  affiliated(jid: string): ReadonlyMap<string, RoomAffiliation> {
    return this.#stays.get(jid)?.affiliated ?? new Map();
  }

  /** Who is writing there, by nick. */
  typing(jid: string): readonly string[] {
    return this.#stays.get(jid)?.typing.nicks ?? [];
  }
  /** Tells a room that we write, or stopped. */
  tell(jid: string, typing: boolean): void {
    this.#stays.get(jid)?.typing.tell(typing);
  }

  /** Enters every room that one wants to be in and is not; the client itself goes on with others. */
  enterAll(): void {
    for (const room of this.#stored.all()) {
      if (room.state === "joined" && this.#open(room.jid).state === "out") void this.#retry(room);
    }
  }

  /**
   * Enters a room, under the wished nick or one like it.
   * @throws SimppdError `room-…`, `no-such-room`, `timeout`, `not-online`, `bad-jid`
   */
  async enter(jid: string, nick: string, password: string | null): Promise<Room> {
    const known = this.#stored.get(jid)?.state === "joined";
    try {
      const room = this.#open(jid);
      this.#entering.add(jid);
      this.#begin(room);
      await this.#underSomeNick(nick, (name) =>
        this.#rooms.join(jid, name, {
          history: HISTORY,
          ...(password === null ? {} : { password }),
        }));
      return room;
    } catch (error) {
      this.#endStay(jid);
      if (!known) this.#rooms.forget(jid);
      throw error;
    } finally {
      this.#entering.delete(jid);
    }
  }

  /** Makes a room and enters it. @throws as {@link enter}, and `room-exists`, `room-option-missing` */
  async create(jid: string, nick: string, options: RoomOptions): Promise<Room> {
    try {
      const room = this.#open(jid);
      this.#entering.add(jid);
      this.#begin(room);
      return await this.#rooms.create(jid, nick, options);
    } catch (error) {
      this.#endStay(jid);
      throw roomError(error);
    } finally {
      this.#entering.delete(jid);
    }
  }

  /** Once the room is stored: learns what it has. */
  settle(jid: string): void {
    void this.#stays.get(jid)?.settle();
  }

  leave(jid: string): void {
    this.#rooms.forget(jid);
    this.#endStay(jid);
    // Being out of a room that is still stored as wanted looks as if it should be entered again.
    this.#rest(jid);
  }

  close(): void {
    this.#closed = true;
    for (const jid of [...this.#again.keys()]) this.#rest(jid);
    for (const jid of [...this.#stays.keys()]) this.#endStay(jid);
  }

  async #underSomeNick(nick: string, enter: (nick: string) => Promise<unknown>): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        return void await enter(tries === 1 ? nick : `${nick} ${tries}`);
      } catch (error) {
        const taken = error instanceof StanzaError && error.condition === "conflict";
        if (!taken || tries >= NICK_TRIES) throw error;
      }
    }
  }

  #open(jid: string): Room {
    const room = this.#rooms.open(jid);
    if (!this.#followed.has(room)) {
      this.#followed.add(room);
      room.events.on((event) => this.#happened(room, event));
    }
    return room;
  }

  #begin(room: Room): RoomStay {
    const jid = room.jid.toString();
    this.#endStay(jid);
    const stay = new RoomStay(this.#ground, room);
    this.#stays.set(jid, stay);
    return stay;
  }

  #endStay(jid: string): void {
    this.#stays.get(jid)?.end();
    this.#stays.delete(jid);
  }

  #happened(room: Room, event: RoomEvent): void {
    const jid = room.jid.toString();
    if (event.kind === "out") this.#out(jid, event);
    else if (event.kind === "state") {
      // The client enters by itself after a cut.
      if (event.state === "entering" && !this.#entering.has(jid)) this.#begin(room);
      else if (event.state === "in") {
        this.#rest(jid);
        if (!this.#entering.has(jid)) this.settle(jid);
      } else if (event.state === "out") {
        this.#endStay(jid);
        if (!this.#entering.has(jid)) this.#later(jid);
      }
      this.#ground.sealed.moved(jid);
      this.#ground.touch(jid);
    } else this.#stays.get(jid)?.hear(event);
  }

  #out(jid: string, event: Extract<RoomEvent, { kind: "out" }>): void {
    const problem = exitProblem(event);
    if (problem !== undefined) this.#stayOut(jid, problem);
  }

  #stayOut(jid: string, problem: Problem): void {
    this.#rest(jid);
    const stored = this.#stored.get(jid);
    if (stored?.state !== "joined") return;
    this.#stored.put({ ...stored, state: "out", at: Date.now(), problem });
    this.#ground.log.line(jid, problem.message);
    this.#ground.touch(jid);
  }

  /** Tries again after a while, as long as the room is wanted. */
  #later(jid: string): void {
    if (this.#closed || this.#stored.get(jid)?.state !== "joined") return;
    const again = this.#again.get(jid) ?? { backoff: new Backoff() };
    clearTimeout(again.timer);
    again.timer = setTimeout(() => {
      const stored = this.#stored.get(jid);
      if (stored?.state === "joined") void this.#retry(stored);
    }, again.backoff.next());
    this.#again.set(jid, again);
  }

  #rest(jid: string): void {
    clearTimeout(this.#again.get(jid)?.timer);
    this.#again.delete(jid);
  }

  async #retry({ jid, nick, password }: StoredRoom): Promise<void> {
    const out = this.#open(jid).state === "out" && !this.#entering.has(jid);
    if (this.#closed || !out || this.#ground.client.state !== "online") return;
    clearTimeout(this.#again.get(jid)?.timer);
    try {
      await this.enter(jid, nick, password);
      this.settle(jid);
    } catch (error) {
      if (this.#closed) return;
      logOf("app").info("{jid} was not entered: {error}", { jid, error });
      const told = roomError(error);
      if (isPassing(error) || !(told instanceof SimppdError)) this.#later(jid);
      else this.#stayOut(jid, { code: told.code, message: told.publicMessage });
    }
  }
}

/**
 * The bare address of a room. @throws SimppdError `bad-jid`
 */
export function roomAddress(text: string): Jid {
  const jid = Jid.parse(text).bare();
  if (jid.local !== "") return jid;
  throw new SimppdError(
    "bad-jid",
    `"${text}" is no room's address; it should be like room@rooms.example.org.`,
  );
}
