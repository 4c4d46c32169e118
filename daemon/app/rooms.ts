import { SimppdError } from "../base/mod.ts";
import type { StoredRoom } from "../store/mod.ts";
import type {
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
import { el, Jid, newId, NS, StanzaError } from "../xmpp/core/mod.ts";
import type { AppApi } from "./api.ts";
import { checkBody } from "./chats.ts";
import { type Connection, notOnline } from "./connection.ts";
import { KnownRooms, type KnownRoomsOptions } from "./known_rooms.ts";
import { RoomBookmarks } from "./room_bookmarks.ts";
import {
  blankRoom,
  changeStanding,
  newRoomAddress,
  requirePlain,
  sealedInvitation,
} from "./room_asking.ts";
import { RoomEntry } from "./room_entry.ts";
import { RoomInvitations } from "./room_invitations.ts";
import { RoomLog } from "./room_log.ts";
import { roomError } from "./room_problem.ts";
import { memberViews } from "./room_views.ts";

const MAX_SUBJECT = 1_000;
const OWNING = ["owner", "admin"];

type NewRoom = Omit<Parameters<AppApi["createRoom"]>[0], "password"> & { password?: string | null };

interface RoomsOptions extends KnownRoomsOptions {
  /** What we call ourselves. */
  readonly nick: () => string;
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
  /** What is said in rooms, for who says or opens it elsewhere. */
  readonly log: RoomLog;
  readonly #invitations: RoomInvitations;
  /** What is kept and shown of each. */
  readonly known: KnownRooms;
  #online: Online | undefined;

  constructor(options: RoomsOptions) {
    this.#o = options;
    this.known = new KnownRooms(options, {
      live: (jid) => this.#online?.entry.live(jid),
      typing: (jid) => this.#online?.entry.typing(jid),
    });
    this.log = new RoomLog(options.messages, (data) => {
      options.events.emit({ type: "room-message", data });
      this.known.touch(data.room);
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
    const { touch } = this.known;
    const ground = { client, archive, stored, messages, log: this.log, sealed, touch };
    this.#online = { connection, entry: new RoomEntry(ground, rooms), bookmarks, direct };
    const invited = (room: StoredRoom | undefined) =>
      room !== undefined && this.known.touch(room.jid);
    direct.events.on((invitation) => invited(this.#invitations.take(invitation)));
    rooms.events.on((event) => {
      if (event.kind === "invitation") invited(this.#invitations.take(event.invitation));
      else if (this.#o.stored.get(event.decline.room.toString()) !== undefined) {
        const { room, from } = event.decline;
        this.log.news(room.toString(), `${from.bare()} declined the invitation.`);
      }
    });
  }

  close(): void {
    this.#online?.entry.close();
    this.log.corrections.close();
    this.known.close();
  }

  /** Is something remembered of this room, which is none of an encrypted group? */
  isPlain(jid: string): boolean {
    return this.#o.stored.get(jid)?.encryption === "none";
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
    const jid = this.known.address(await newRoomAddress(connection.rooms, input));
    this.known.requirePlace();
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

  /** Is there such a room? Entering to find out would make it. @throws SimppdError `not-online` */
  async isThere(jid: string): Promise<boolean> {
    const { client } = this.#need().connection;
    const query = el("query", { xmlns: NS.discoInfo });
    try {
      await client.iq(el("iq", { type: "get" }, query), { to: Jid.parse(jid) });
    } catch (error) {
      if (error instanceof StanzaError && error.condition === "item-not-found") return false;
    }
    return true;
  }

  /** Enters the room of an encrypted group. @throws SimppdError `room-…` */
  enterSealed(jid: string, name: string): Promise<RoomView> {
    return this.#goIn(jid, { name });
  }

  /** Somebody invites us, under seal, to the group whose room this is. */
  invitedTo(jid: string, name: string, invitation: RoomInvitationView): RoomView {
    const known = this.#o.stored.get(this.known.address(jid));
    const invited = sealedInvitation(jid, known, name, invitation);
    this.known.put(invited);
    return this.known.view(invited);
  }

  /** The room as it is entered now; undefined while it is not. */
  live(jid: string): Room | undefined {
    const room = this.#online?.entry.live(jid);
    return room?.state === "in" ? room : undefined;
  }

  /** Goes out of a room and deletes what was said there from the files' tables. */
  drop(jid: string): void {
    this.#online?.entry.leave(jid);
    this.#online?.bookmarks.drop(jid);
    this.known.remove(jid);
  }

  async join(input: Parameters<AppApi["joinRoom"]>[0]): Promise<RoomView> {
    requirePlain(input.plain);
    const jid = this.known.address(input.jid);
    this.known.refuseSealed(jid);
    return await this.#goIn(jid, input);
  }

  async #goIn(
    jid: string,
    wanted: { name?: string; nick?: string; password?: string },
  ): Promise<RoomView> {
    const known = this.#o.stored.get(jid);
    const { entry } = this.#need();
    if (known?.state !== "joined") this.known.requirePlace();
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
    this.drop(this.known.plain(jid).jid);
  }

  /** @returns the room as it is after the answer. @throws as {@link join} */
  async answer(input: Parameters<AppApi["answerRoom"]>[1] & { jid: string }): Promise<RoomView> {
    const stored = this.known.plain(input.jid);
    const { invitation, jid } = stored;
    if (stored.state !== "invited" || invitation === null) {
      throw new SimppdError("unknown-invitation", `No invitation to ${jid} waits for an answer.`);
    }
    if (input.answer === "accept") {
      return await this.join({ jid, ...input.plain === undefined ? {} : { plain: input.plain } });
    }
    if (input.answer === "later") {
      this.known.put({ ...stored, invitation: { ...invitation, later: true } });
      return this.known.view(this.known.get(jid));
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
    const last = this.known.view(stored);
    this.known.remove(jid);
    const declined = { state: "declined", at: Date.now(), invitation: null } as const;
    this.#o.stored.put({ ...stored, ...declined, password: null });
    return { ...last, state: "out", invitation: null };
  }

  members(jid: string): RoomMemberView[] {
    const { jid: known } = this.known.get(jid);
    const room = this.live(known);
    return room === undefined ? [] : memberViews(room, this.#online!.entry.affiliated(known));
  }

  /** Says something to all; the event `room-message` tells when the room has it. */
  send(jid: string, body: string): RoomMessageView {
    checkBody(body);
    this.known.plain(jid);
    const room = this.#writable(jid);
    const { nick, self } = room;
    const id = newId();
    const known = room.jid.toString();
    const sender = self?.id ?? this.#o.own();
    const message = this.log.sending(known, id, { nick, sender, body });
    try {
      room.say(body, id);
    } catch (error) {
      const problem = { code: "not-online", message: notOnline().publicMessage };
      this.log.failed(known, id, problem);
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
    this.known.plain(jid);
    const room = this.#writable(jid);
    const said = this.#o.messages.nameOf(room.jid.toString(), id);
    if (said === undefined) {
      throw new SimppdError("unknown-message", "There is no such message of yours to correct.");
    }
    return await this.log.corrections.send(room, said, body);
  }

  setTyping(jid: string, typing: boolean): void {
    this.#online?.entry.tell(this.known.plain(jid).jid, typing);
  }

  async invite(jid: string, contact: string, reason?: string): Promise<void> {
    this.known.plain(jid);
    const room = this.#inside(jid);
    const to = Jid.parse(contact).bare();
    if (to.local === "" || this.known.has(to.toString())) {
      throw new SimppdError("bad-jid", `"${contact}" is no person's address.`);
    }
    const said = reason === undefined ? {} : { reason };
    try {
      if (!OWNING.includes(room.self?.affiliation ?? "none")) {
        return room.administration.invite(to, reason);
      }
      // From person to person, so that it is known who invites; members may enter.
      await room.administration.setAffiliation(to, "member");
      const password = this.known.get(jid).password;
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
    this.known.plain(jid);
    await changeStanding(this.#inside(jid), change);
    this.known.touch(this.known.get(jid).jid);
  }

  change(jid: string, { subject, nick }: Parameters<AppApi["changeRoom"]>[1]): RoomView {
    const room = this.#inside(this.known.plain(jid).jid);
    if (subject !== undefined) room.setSubject(subject.slice(0, MAX_SUBJECT));
    if (nick !== undefined) {
      room.setNick(nick);
      const stored = { ...this.known.get(jid), nick };
      this.#o.stored.put(stored);
      this.#need().bookmarks.keep(stored);
    }
    return this.known.view(this.known.get(jid));
  }

  /** Ends a room of ours for everybody. */
  async destroy(jid: string, reason?: string): Promise<void> {
    const room = this.#inside(this.known.plain(jid).jid);
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
    this.known.put(stored);
    bookmarks.keep(stored);
    entry.settle(jid);
    return this.known.view(stored);
  }

  /** Enters what another device of the account entered. */
  #adopt({ room, name, nick, password }: Bookmark): void {
    let jid;
    try {
      jid = this.known.address(room.toString());
    } catch {
      return;
    }
    if (this.#o.sealed.has(jid)) return;
    this.known.put({
      ...blankRoom(jid, this.#o.stored.get(jid)),
      bookmarked: true,
      name: name || room.local,
      nick: nick ?? this.#o.nick(),
      password: password ?? null,
    });
    this.#online?.entry.enterAll();
  }

  #leftElsewhere(jid: string): void {
    this.#online?.entry.leave(jid);
    const problem: Problem = {
      code: "room-left-elsewhere",
      message: "You left this room on another device.",
    };
    const at = Date.now();
    this.known.put({ ...this.known.get(jid), state: "out", at, bookmarked: false, problem });
  }

  /** @throws SimppdError `not-in-room`, `unknown-room` */
  #inside(jid: string): Room {
    const stored = this.known.get(jid);
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

  /** @throws SimppdError `not-online` */
  #need(): Online {
    if (this.#online?.connection.client.state !== "online") throw notOnline();
    return this.#online;
  }
}
