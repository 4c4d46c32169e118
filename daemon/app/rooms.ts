import { type Emitter, SimppdError } from "../base/mod.ts";
import type { RoomMessages, StoredRoom, StoredRooms } from "../store/mod.ts";
import type {
  AppEvent,
  Problem,
  RoomInvitationView,
  RoomMemberView,
  RoomMessageView,
  RoomView,
} from "../views/mod.ts";
import {
  type Bookmark,
  Bookmarks,
  DirectInvitations,
  GROUP_OPTIONS,
  type Room,
} from "../xmpp/client/mod.ts";
import { Jid, newId } from "../xmpp/core/mod.ts";
import type { AppApi } from "./api.ts";
import { checkBody } from "./chats.ts";
import { type Connection, notOnline } from "./connection.ts";
import { RoomBookmarks } from "./room_bookmarks.ts";
import {
  blankRoom,
  changeStanding,
  newRoomAddress,
  requirePlain,
  sealedInvitation,
} from "./room_asking.ts";
import { roomAddress, RoomEntry } from "./room_entry.ts";
import { RoomInvitations } from "./room_invitations.ts";
import { RoomLog } from "./room_log.ts";
import { roomError } from "./room_problem.ts";
import type { SealedRooms } from "./room_stay.ts";
import { Seldom } from "./seldom.ts";
import { memberViews, roomView } from "./room_views.ts";

/** Rooms one is in at one time. */
const MOST = 100;
/** A room's view is shown again at most so often, in ms. */
const TOUCH_EVERY = 250;
const MAX_SUBJECT = 1_000;
const OWNING = ["owner", "admin"];

type NewRoom = Omit<Parameters<AppApi["createRoom"]>[0], "password"> & { password?: string | null };

interface RoomsOptions {
  readonly stored: StoredRooms;
  readonly messages: RoomMessages;
  readonly people: { has(jid: string): boolean; isBlocked(jid: string): boolean };
  readonly events: Emitter<AppEvent>;
  /** Rooms of encrypted groups; what is done with them is done through the group. */
  readonly sealed: SealedRooms;
  /** What we call ourselves, and our bare JID. */
  readonly nick: () => string;
  readonly own: () => string;
}

interface Online {
  readonly connection: Connection;
  readonly entry: RoomEntry;
  readonly bookmarks: RoomBookmarks;
  readonly direct: DirectInvitations;
}

/**
 * Rooms (XEP-0045), in clear: those one is in, has been put out of, or is invited to. They stand
 * apart from chats with contacts: nothing of one ever stands in the other.
 */
export class AppRooms {
  readonly #o: RoomsOptions;
  readonly #log: RoomLog;
  readonly #invitations: RoomInvitations;
  readonly #touched: Seldom;
  #online: Online | undefined;

  constructor(options: RoomsOptions) {
    this.#o = options;
    this.#touched = new Seldom(TOUCH_EVERY, (jid) => this.#show(jid));
    this.#log = new RoomLog(options.messages, (data) => {
      options.events.emit({ type: "room-message", data });
      this.#touch(data.room);
    });
    this.#invitations = new RoomInvitations(options.stored, options.people, options.own);
    this.#invitations.sweep();
  }

  /** Uses this connection from now on. Register it after what follows the account's archive. */
  attach(connection: Connection): void {
    const { client, archive, rooms, pep } = connection;
    const { stored, messages } = this.#o;
    this.#online?.entry.close();
    const direct = new DirectInvitations(client);
    const bookmarks = new RoomBookmarks(client, new Bookmarks(client, pep), stored, {
      enter: (bookmark) => this.#adopt(bookmark),
      leave: (jid) => this.#leftElsewhere(jid),
    });
    const { sealed } = this.#o;
    const touch = this.#touch;
    const ground = { client, archive, stored, messages, log: this.#log, sealed, touch };
    this.#online = { connection, entry: new RoomEntry(ground, rooms), bookmarks, direct };
    const invited = (room: StoredRoom | undefined) => room !== undefined && this.#touch(room.jid);
    direct.events.on((invitation) => invited(this.#invitations.take(invitation)));
    rooms.events.on((event) => {
      if (event.kind === "invitation") invited(this.#invitations.take(event.invitation));
      else if (this.#o.stored.get(event.decline.room.toString()) !== undefined) {
        const { room, from } = event.decline;
        this.#log.news(room.toString(), `${from.bare()} declined the invitation.`);
      }
    });
  }

  close(): void {
    this.#online?.entry.close();
    this.#log.corrections.close();
    this.#touched.close();
  }

  /** Is this the address of a room that one has to do with? */
  has(jid: string): boolean {
    return this.#o.stored.get(jid) !== undefined;
  }

  /** Is something remembered of this room, which is none of an encrypted group? */
  isPlain(jid: string): boolean {
    return this.#o.stored.get(jid)?.encryption === "none";
  }

  list(): RoomView[] {
    return this.#o.stored.all().filter(({ state }) => state !== "declined")
      .map((room) => this.#view(room));
  }

  async create(input: Parameters<AppApi["createRoom"]>[0]): Promise<RoomView> {
    requirePlain(input.plain);
    return await this.make(await this.newAddress(input), { ...input, name: input.name.trim() });
  }

  /**
   * An address for a room that is to be made; `sealed`: for a group, whose name it keeps to itself.
   * @throws SimppdError `bad-input`, `no-room-service`, `too-many-rooms`, `bad-jid`, `not-online`
   */
  async newAddress(input: Parameters<typeof newRoomAddress>[1]): Promise<string> {
    const { connection } = this.#need();
    const jid = this.#address(await newRoomAddress(connection.rooms, input));
    this.#requirePlace();
    return jid;
  }

  /** Makes a room under an address of {@link newAddress}. @throws SimppdError `room-…` */
  async make(
    jid: string,
    { name, open = false, moderated = false, password = null }: NewRoom,
  ): Promise<RoomView> {
    const { entry } = this.#need();
    const room = await entry.create(jid, this.#o.nick(), {
      ...GROUP_OPTIONS,
      // What a group is called is nobody's business but its members'.
      ...this.#o.sealed.has(jid) ? {} : { name },
      membersOnly: !open,
      moderated,
      ...password === null ? {} : { password },
    });
    return this.#entered(jid, room, name, password);
  }

  /** Enters the room of an encrypted group. @throws SimppdError `room-…` */
  enterSealed(jid: string, name: string): Promise<RoomView> {
    return this.#goIn(jid, { name });
  }

  /** Somebody invites us, under seal, to the group whose room this is. */
  invitedTo(jid: string, name: string, invitation: RoomInvitationView): RoomView {
    const known = this.#o.stored.get(this.#address(jid));
    const invited = sealedInvitation(jid, known, name, invitation);
    this.#o.stored.put(invited);
    this.#touch(jid);
    return this.#view(invited);
  }

  /** The room as it is entered now; undefined while it is not. */
  live(jid: string): Room | undefined {
    const room = this.#online?.entry.live(jid);
    return room?.state === "in" ? room : undefined;
  }

  /** What is said in rooms, for who says or opens it elsewhere. */
  get log(): RoomLog {
    return this.#log;
  }

  /** Goes out of a room and deletes what was said there from the files' tables. */
  drop(jid: string): void {
    this.#online?.entry.leave(jid);
    this.#online?.bookmarks.drop(jid);
    this.#remove(jid);
  }

  async join(input: Parameters<AppApi["joinRoom"]>[0]): Promise<RoomView> {
    requirePlain(input.plain);
    const jid = this.#address(input.jid);
    this.#refuseSealed(jid);
    return await this.#goIn(jid, input);
  }

  async #goIn(
    jid: string,
    wanted: { name?: string; nick?: string; password?: string },
  ): Promise<RoomView> {
    const known = this.#o.stored.get(jid);
    const { entry } = this.#need();
    if (known?.state !== "joined") this.#requirePlace();
    const password = wanted.password ?? known?.password ?? null;
    try {
      const room = await entry.enter(jid, wanted.nick ?? (known?.nick || this.#o.nick()), password);
      const name = wanted.name ?? (known?.name || room.jid.local);
      return this.#entered(jid, room, name, password);
    } catch (error) {
      throw roomError(error);
    }
  }

  /** Leaves a room, and deletes what was said there from the files' tables. */
  leave(jid: string): void {
    this.drop(this.#plain(jid).jid);
  }

  /** @returns the room as it is after the answer. @throws as {@link join} */
  async answer(input: Parameters<AppApi["answerRoom"]>[1] & { jid: string }): Promise<RoomView> {
    const stored = this.#plain(input.jid);
    const { invitation, jid } = stored;
    if (stored.state !== "invited" || invitation === null) {
      throw new SimppdError("unknown-invitation", `No invitation to ${jid} waits for an answer.`);
    }
    if (input.answer === "accept") {
      return await this.join({ jid, ...input.plain === undefined ? {} : { plain: input.plain } });
    }
    if (input.answer === "later") {
      this.#o.stored.put({ ...stored, invitation: { ...invitation, later: true } });
      this.#touch(jid);
      return this.#view(this.#get(jid));
    }
    const { rooms, client } = this.#need().connection;
    if (client.state !== "online") throw notOnline();
    rooms.decline({
      room: Jid.parse(jid),
      from: Jid.parse(invitation.from),
      reason: undefined,
      password: undefined,
      mediated: invitation.mediated,
    });
    const last = this.#view(stored);
    this.#remove(jid);
    const declined = { state: "declined", at: Date.now(), invitation: null } as const;
    this.#o.stored.put({ ...stored, ...declined, password: null });
    return { ...last, state: "out", invitation: null };
  }

  members(jid: string): RoomMemberView[] {
    const { jid: known } = this.#get(jid);
    const room = this.live(known);
    return room === undefined ? [] : memberViews(room, this.#online!.entry.affiliated(known));
  }

  page(jid: string, page: { before?: number; limit?: number }): RoomMessageView[] {
    const limit = Math.min(Math.max(page.limit ?? 100, 1), 500);
    return this.#o.messages.page(this.#get(jid).jid, limit, page.before);
  }

  /** Says something to all; the event `room-message` tells when the room has it. */
  send(jid: string, body: string): RoomMessageView {
    checkBody(body);
    this.#plain(jid);
    const room = this.#writable(jid);
    const { nick, self } = room;
    const id = newId();
    const known = room.jid.toString();
    const sender = self?.id ?? this.#o.own();
    const message = this.#log.sending(known, id, { nick, sender, body });
    try {
      room.say(body, id);
    } catch (error) {
      const problem = { code: "not-online", message: notOnline().publicMessage };
      this.#log.failed(known, id, problem);
      throw error;
    }
    return message;
  }

  /**
   * Replaces the text of one of ours (XEP-0308), once the room has repeated the correction: what is
   * shown is what the others have.
   */
  async correct(jid: string, id: string, body: string): Promise<RoomMessageView> {
    checkBody(body);
    this.#plain(jid);
    const room = this.#writable(jid);
    const said = this.#o.messages.nameOf(room.jid.toString(), id);
    if (said === undefined) {
      throw new SimppdError("unknown-message", "There is no such message of yours to correct.");
    }
    return await this.#log.corrections.send(room, said, body);
  }

  setTyping(jid: string, typing: boolean): void {
    this.#online?.entry.tell(this.#plain(jid).jid, typing);
  }

  markRead(jid: string): void {
    const { jid: known } = this.#get(jid);
    this.#o.messages.markRead(known);
    this.#touch(known);
  }

  async invite(jid: string, contact: string, reason?: string): Promise<void> {
    this.#plain(jid);
    const room = this.#inside(jid);
    const to = Jid.parse(contact).bare();
    if (to.local === "" || this.has(to.toString())) {
      throw new SimppdError("bad-jid", `"${contact}" is no person's address.`);
    }
    const said = reason === undefined ? {} : { reason };
    try {
      if (!OWNING.includes(room.self?.affiliation ?? "none")) {
        return room.administration.invite(to, reason);
      }
      // From person to person, so that it is known who invites; members may enter.
      await room.administration.setAffiliation(to, "member");
      const password = this.#get(jid).password;
      const { direct } = this.#need();
      direct.send(to, room.jid, { ...said, ...password === null ? {} : { password } });
    } catch (error) {
      throw roomError(error);
    }
  }

  async changeMember(
    jid: string,
    change: Parameters<AppApi["changeRoomMember"]>[1],
  ): Promise<void> {
    this.#plain(jid);
    await changeStanding(this.#inside(jid), change);
    this.#touch(this.#get(jid).jid);
  }

  change(jid: string, { subject, nick }: Parameters<AppApi["changeRoom"]>[1]): RoomView {
    const room = this.#inside(this.#plain(jid).jid);
    if (subject !== undefined) room.setSubject(subject.slice(0, MAX_SUBJECT));
    if (nick !== undefined) {
      room.setNick(nick);
      const stored = { ...this.#get(jid), nick };
      this.#o.stored.put(stored);
      this.#need().bookmarks.keep(stored);
    }
    return this.#view(this.#get(jid));
  }

  /** Ends a room of ours for everybody. */
  async destroy(jid: string, reason?: string): Promise<void> {
    const room = this.#inside(this.#plain(jid).jid);
    try {
      await room.administration.destroy(reason === undefined ? {} : { reason });
    } catch (error) {
      throw roomError(error);
    }
    this.leave(room.jid.toString());
  }

  #entered(jid: string, room: Room, name: string, password: string | null): RoomView {
    const { bookmarks, entry } = this.#need();
    const known = this.#o.stored.get(jid);
    const stored: StoredRoom = {
      ...blankRoom(jid, known),
      bookmarked: known?.bookmarked ?? false,
      encryption: this.#o.sealed.has(jid) ? "keystone" : "none",
      name,
      nick: room.nick,
      password,
    };
    this.#o.stored.put(stored);
    bookmarks.keep(stored);
    entry.settle(jid);
    this.#touch(jid);
    return this.#view(stored);
  }

  /** Enters what another device of the account entered. */
  #adopt({ room, name, nick, password }: Bookmark): void {
    let jid;
    try {
      jid = this.#address(room.toString());
    } catch {
      return;
    }
    if (this.#o.sealed.has(jid)) return;
    this.#o.stored.put({
      ...blankRoom(jid, this.#o.stored.get(jid)),
      bookmarked: true,
      name: name || room.local,
      nick: nick ?? this.#o.nick(),
      password: password ?? null,
    });
    this.#touch(jid);
    this.#online?.entry.enterAll();
  }

  #leftElsewhere(jid: string): void {
    this.#online?.entry.leave(jid);
    const problem: Problem = {
      code: "room-left-elsewhere",
      message: "You left this room on another device.",
    };
    const at = Date.now();
    this.#o.stored.put({ ...this.#get(jid), state: "out", at, bookmarked: false, problem });
    this.#touch(jid);
  }

  #remove(jid: string): void {
    this.#touched.drop(jid);
    this.#o.stored.remove(jid);
    this.#o.messages.forget(jid);
    this.#o.events.emit({ type: "room-removed", data: { jid } });
  }

  /** Shows a room again, soon: much may happen in it at once. */
  #touch = (jid: string): void => this.#touched.ask(jid);

  #show(jid: string): void {
    const stored = this.#o.stored.get(jid);
    if (stored === undefined || stored.state === "declined") return;
    this.#o.events.emit({ type: "room", data: this.#view(stored) });
  }

  #view(stored: StoredRoom): RoomView {
    const { messages } = this.#o;
    const entry = this.#online?.entry;
    return roomView(stored, entry?.live(stored.jid), messages, entry?.typing(stored.jid));
  }

  /** @throws SimppdError `unknown-room` */
  #get(jid: string): StoredRoom {
    const stored = this.#o.stored.get(Jid.tryParse(jid)?.bare().toString() ?? "");
    if (stored === undefined || stored.state === "declined") {
      throw new SimppdError("unknown-room", `${jid} is not among your rooms; join it first.`);
    }
    return stored;
  }

  /** As {@link #get}, of what is in clear. @throws SimppdError `unknown-room`, `room-is-group` */
  #plain(jid: string): StoredRoom {
    const stored = this.#get(jid);
    this.#refuseSealed(stored.jid);
    return stored;
  }

  /** Who asks for what is in clear is not given what is sealed, nor the other way round. */
  #refuseSealed(jid: string): void {
    const sealed = this.#o.sealed.has(jid) || this.#o.stored.get(jid)?.encryption === "keystone";
    if (sealed) {
      throw new SimppdError("room-is-group", `${jid} is an encrypted group: see simppd group.`);
    }
  }

  /** @throws SimppdError `not-in-room`, `unknown-room` */
  #inside(jid: string): Room {
    const stored = this.#get(jid);
    const room = this.#online?.entry.live(stored.jid);
    if (room?.state === "in") return room;
    throw new SimppdError("not-in-room", `You are not in ${stored.name || stored.jid} right now.`);
  }

  /** @throws SimppdError `no-voice`, `not-in-room`, `unknown-room` */
  #writable(jid: string): Room {
    const room = this.#inside(jid);
    if (room.self?.role !== "visitor") return room;
    throw new SimppdError("no-voice", "In this room you may read and not write.");
  }

  /** @throws SimppdError `bad-jid`, `room-is-person` */
  #address(text: string): string {
    const jid = roomAddress(text).toString();
    if (jid !== this.#o.own() && !this.#o.people.has(jid)) return jid;
    throw new SimppdError(
      "room-is-person",
      `${jid} is a person's address among your contacts; no room is entered under it.`,
    );
  }

  #requirePlace(): void {
    const joined = this.#o.stored.all().filter(({ state }) => state === "joined").length;
    if (joined < MOST) return;
    throw new SimppdError("too-many-rooms", `You are in ${MOST} rooms; leave one first.`);
  }

  /** @throws SimppdError `not-online` */
  #need(): Online {
    if (this.#online?.connection.client.state !== "online") throw notOnline();
    return this.#online;
  }
}
