import { type Emitter, SimppdError } from "../base/mod.ts";
import type { RoomMessages, StoredRoom, StoredRooms } from "../store/mod.ts";
import type { AppEvent, RoomMessageView, RoomView } from "../views/mod.ts";
import type { Room } from "../xmpp/client/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import { roomAddress } from "./room_entry.ts";
import type { SealedRooms } from "./room_stay.ts";
import { roomView } from "./room_views.ts";
import { Seldom } from "./seldom.ts";

/** Rooms one is in at one time. */
const MOST = 100;
/** Lines of one page: asked for unless said otherwise, and at most. */
const [PAGE, MOST_LINES] = [100, 500];
/** A room's view is shown again at most so often, in ms. */
const TOUCH_EVERY = 250;

/** What {@link KnownRooms} stands on. */
export interface KnownRoomsOptions {
  readonly stored: StoredRooms;
  readonly messages: RoomMessages;
  readonly people: { has(jid: string): boolean; isBlocked(jid: string): boolean };
  readonly events: Emitter<AppEvent>;
  /** Rooms of encrypted groups; what is done with them is done through the group. */
  readonly sealed: SealedRooms;
  /** Our bare JID. */
  readonly own: () => string;
}

/** What is known of a room while one is in it. */
interface RoomsNow {
  live(jid: string): Room | undefined;
  typing(jid: string): readonly string[] | undefined;
}

/** Rooms one has to do with, as they are kept and shown, whether one is in them now or not. */
export class KnownRooms {
  readonly #o: KnownRoomsOptions;
  readonly #now: RoomsNow;
  readonly #touched: Seldom;

  constructor(
    options: KnownRoomsOptions,
    now: RoomsNow,
  ) {
    this.#o = options;
    this.#now = now;
    this.#touched = new Seldom(TOUCH_EVERY, (jid) => this.#show(jid));
  }

  close(): void {
    this.#touched.close();
  }

  /** Is this the address of a room that one has to do with? */
  has(jid: string): boolean {
    return this.#o.stored.get(jid) !== undefined;
  }

  list(): RoomView[] {
    return this.#o.stored.all().filter(({ state }) => state !== "declined")
      .map((room) => this.view(room));
  }

  /** Keeps a room as it is now, and shows it soon. */
  put(room: StoredRoom): void {
    this.#o.stored.put(room);
    this.touch(room.jid);
  }

  /** Forgets a room and what was said in it. */
  remove(jid: string): void {
    this.#touched.drop(jid);
    this.#o.stored.remove(jid);
    this.#o.messages.forget(jid);
    this.#o.events.emit({ type: "room-removed", data: { jid } });
  }

  /** Shows a room again, soon: much may happen in it at once. */
  readonly touch = (jid: string): void => this.#touched.ask(jid);

  view(stored: StoredRoom): RoomView {
    const { live, typing } = this.#now;
    return roomView(stored, live(stored.jid), this.#o.messages, typing(stored.jid));
  }

  /** Lines of a room, oldest first. @throws SimppdError `unknown-room` */
  page(jid: string, page: { before?: number; limit?: number }): RoomMessageView[] {
    const limit = Math.min(Math.max(page.limit ?? PAGE, 1), MOST_LINES);
    return this.#o.messages.page(this.get(jid).jid, limit, page.before);
  }

  /** @throws SimppdError `unknown-room` */
  markRead(jid: string): void {
    const { jid: known } = this.get(jid);
    this.#o.messages.markRead(known);
    this.touch(known);
  }

  /** @throws SimppdError `unknown-room` */
  get(jid: string): StoredRoom {
    const stored = this.#o.stored.get(Jid.tryParse(jid)?.bare().toString() ?? "");
    if (stored === undefined || stored.state === "declined") {
      throw new SimppdError("unknown-room", `${jid} is not among your rooms; join it first.`);
    }
    return stored;
  }

  /** As {@link get}, of what is in clear. @throws SimppdError `unknown-room`, `room-is-group` */
  plain(jid: string): StoredRoom {
    const stored = this.get(jid);
    this.refuseSealed(stored.jid);
    return stored;
  }

  /**
   * Who asks for what is in clear is not given what is sealed, nor the other way round.
   * @throws SimppdError `room-is-group`
   */
  refuseSealed(jid: string): void {
    const sealed = this.#o.sealed.has(jid) || this.#o.stored.get(jid)?.encryption === "keystone";
    if (sealed) {
      throw new SimppdError("room-is-group", `${jid} is an encrypted group: see simppd group.`);
    }
  }

  /** An address under which a room can stand. @throws SimppdError `bad-jid`, `room-is-person` */
  address(text: string): string {
    const jid = roomAddress(text).toString();
    if (jid !== this.#o.own() && !this.#o.people.has(jid)) return jid;
    throw new SimppdError(
      "room-is-person",
      `${jid} is a person's address among your contacts; no room is entered under it.`,
    );
  }

  /** @throws SimppdError `too-many-rooms` when one can enter no further one */
  requirePlace(): void {
    const joined = this.#o.stored.all().filter(({ state }) => state === "joined").length;
    if (joined < MOST) return;
    throw new SimppdError("too-many-rooms", `You are in ${MOST} rooms; leave one first.`);
  }

  #show(jid: string): void {
    const stored = this.#o.stored.get(jid);
    if (stored === undefined || stored.state === "declined") return;
    this.#o.events.emit({ type: "room", data: this.view(stored) });
  }
}
