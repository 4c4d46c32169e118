import { logOf } from "../base/mod.ts";
import type { RoomMessages, StoredRooms } from "../store/mod.ts";
import type { RoomAffiliation } from "../views/mod.ts";
import {
  type Archived,
  type MessageArchive,
  readLink,
  type Room,
  type RoomEvent,
  type RoomMessage,
  type XmppClient,
} from "../xmpp/client/mod.ts";
import { el, type Element, Jid, NS } from "../xmpp/core/mod.ts";
import { fetchRoomHistory, replacedBy, saidOf } from "./room_history.ts";
import { type RoomLog, type Said, shown } from "./room_log.ts";
import { StayLines } from "./room_corrections.ts";
import { RoomTyping } from "./room_typing.ts";

const MAX_NAME = 100;
const MOST_AFFILIATED = 2_000;
const LISTS = ["owner", "admin", "member"] as const;
/** The room is set up otherwise (XEP-0045 section 10.2.1): its name may be another. */
const CONFIGURED = 104;

/** Something that came in the room of an encrypted group. */
export interface HeardInGroup {
  /** Nick of who sent it, as the room says. */
  readonly nick: string;
  /** What the room calls it (XEP-0359). */
  readonly stanzaId: string | undefined;
  readonly id: string | undefined;
  /** ms since 1970 when it was said before, as the room says. */
  readonly at: number | undefined;
  readonly stanza: Element;
}

/** Rooms that are not what this one takes them for: those of encrypted groups. */
export interface SealedRooms {
  has(room: string): boolean;
  /**
   * Takes what is said there, live or out of the archive.
   * @returns false while anything waits for its key: what waits would be lost with this run
   */
  heard(room: string, message: HeardInGroup): boolean;
  /** One is in, or not any more. */
  moved(room: string): void;
}

function isFileBlock(stanza: Element): boolean {
  return stanza.getChildElements().some((child) => child.getNS() === NS.simppFiles);
}

/** What a stay in a room stands on. */
export interface Ground {
  readonly client: XmppClient;
  readonly archive: MessageArchive;
  readonly stored: StoredRooms;
  readonly messages: RoomMessages;
  readonly log: RoomLog;
  readonly sealed: SealedRooms;
  /** Called when something that the room's view shows has changed. */
  readonly touch: (room: string) => void;
}

/** One stay in a room, from entering to being out: what is heard meanwhile, who belongs to it. */
export class RoomStay {
  readonly affiliated = new Map<string, RoomAffiliation>();
  readonly typing: RoomTyping;
  readonly #ground: Ground;
  readonly #room: Room;
  readonly #jid: string;
  /** What who is there has said since they came, by nick. */
  readonly #lines = new Map<string, StayLines>();
  readonly #ended = new AbortController();
  readonly #began = Date.now();
  /** Was something of this room here before? Then what was missed counts as unread. */
  readonly #known: boolean;
  /** What comes moves the place in the archive only once all before it was fetched. */
  #complete = false;
  /** Does something wait for its key? Until then its place is where the archive is read from. */
  #waits = false;

  constructor(ground: Ground, room: Room) {
    this.#ground = ground;
    this.#room = room;
    this.#jid = room.jid.toString();
    this.typing = new RoomTyping(room, () => ground.touch(this.#jid));
    this.#known = ground.messages.newest(this.#jid) !== undefined;
  }

  end(): void {
    this.#ended.abort();
    this.typing.close();
  }

  /** Asks the room for its name, its members and what was said while we were away. */
  async settle(): Promise<void> {
    await this.#learnName();
    await this.#learnAffiliations();
    const { archive, stored, log } = this.#ground;
    const { signal } = this.#ended;
    if (signal.aborted) return;
    const query = {
      room: this.#room.jid,
      place: stored.get(this.#jid)?.archived ?? null,
      signal,
      take: (archived: Archived) => this.#recall(archived),
    };
    try {
      const place = await fetchRoomHistory(archive, query);
      if (signal.aborted) return;
      this.#complete = true;
      if (place !== null) this.#moveTo(place);
      log.settle(this.#jid, this.#began);
    } catch (error) {
      if (!signal.aborted) logOf("app").warn("history of {room}: {error}", this.#about(error));
    }
  }

  /** What happens in the room while we are there. */
  hear(event: RoomEvent): void {
    const { log, touch } = this.#ground;
    const jid = this.#jid;
    switch (event.kind) {
      case "message":
      case "private":
        return this.#heard(event.message, event.kind === "message" ? "chat" : "private");
      case "left": {
        this.#gone(event.occupant.nick);
        this.#left(event);
        const word = { kicked: "removed", banned: "banned", "not-member": "removed" }[
          event.why as string
        ];
        if (word === undefined) break;
        const { by, reason } = event.circumstances;
        log.news(
          jid,
          `${shown(event.occupant.nick)} was ${word}${by === undefined ? "" : ` by ${shown(by)}`}${
            reason === undefined ? "" : `: “${shown(reason)}”`
          }.`,
        );
        break;
      }
      case "nick":
        this.#gone(event.before);
        this.#gone(event.occupant.nick);
        log.news(jid, `${shown(event.before)} is called ${shown(event.occupant.nick)} now.`);
        break;
      case "subject":
        if (event.at === undefined && event.nick !== "" && !this.#ground.sealed.has(jid)) {
          log.news(jid, `${shown(event.nick)} set the subject: “${shown(event.text)}”`);
        }
        break;
      case "affiliation":
        this.#note(event.jid.bare().toString(), event.affiliation);
        break;
      case "joined":
      case "changed": {
        const { occupant } = event;
        if (event.kind === "joined") this.#gone(occupant.nick);
        if (occupant.jid !== undefined) {
          this.#note(occupant.jid.bare().toString(), occupant.affiliation);
        }
        break;
      }
      case "config":
        if (event.codes.includes(CONFIGURED)) void this.#learnName();
        break;
      case "refused":
        if (event.id === undefined) break;
        log.failed(jid, event.id, {
          code: "room-refused",
          message: `The room did not take this message: ${event.error.publicMessage}`,
        });
        break;
      default:
    }
    touch(jid);
  }

  #heard(message: RoomMessage, kind: Said["kind"]): void {
    if (this.#ground.sealed.has(this.#jid)) {
      // From one occupant to us alone nothing of a group comes.
      if (kind === "private") return;
      // Blocks of files are in no archive, and their place in none is no place to go on from.
      if (isFileBlock(message.stanza)) return;
      this.#hearSealed(message);
      if (message.stanzaId !== undefined) this.#moveTo(message.stanzaId);
      return;
    }
    const live = kind === "chat" && message.occupant !== undefined;
    if (live && !message.own) this.typing.hear(message.nick, message.stanza);
    if (message.body === undefined || message.body === "") return;
    const { at, nick, body, stanzaId, id, stanza } = message;
    const ours = this.#room.self?.id;
    // A room that gives us none gives nobody any: what looks like one is its sender's invention.
    const occupantId = ours === undefined ? undefined : message.occupantId;
    const own = message.own || (kind === "chat" && ours !== undefined && occupantId === ours);
    const jid = message.occupant?.jid?.bare().toString();
    const unread = at === undefined || this.#known;
    const link = readLink(stanza.getChildElements()) ?? null;
    const replaces = replacedBy(stanza);
    const stay = live ? this.#linesOf(nick) : undefined;
    const who = { nick, occupantId, jid, own };
    const said = { ...who, body, link, replaces, stay, stanzaId, id, at, kind, unread };
    if (this.#ground.log.take(this.#jid, said, this.#room.nick) && stanzaId !== undefined) {
      this.#moveTo(stanzaId);
    }
    this.#ground.touch(this.#jid);
  }

  #linesOf(nick: string): StayLines {
    let lines = this.#lines.get(nick);
    if (lines === undefined) this.#lines.set(nick, lines = new StayLines());
    return lines;
  }

  /** Nobody has this nick any more, or somebody else. */
  #gone(nick: string): void {
    this.#lines.delete(nick);
    this.typing.end(nick);
  }

  #recall(archived: Archived): void {
    if (this.#ground.sealed.has(this.#jid)) return this.#recallSealed(archived);
    const told = saidOf(archived);
    if (told === undefined) return;
    const said = this.#room.self?.id === undefined ? { ...told, occupantId: undefined } : told;
    const own = this.#isOurs(said);
    this.#ground.log.take(this.#jid, { ...said, own, unread: this.#known }, this.#room.nick);
    this.#ground.touch(this.#jid);
  }

  #recallSealed({ id, at, message }: Archived): void {
    const nick = Jid.tryParse(message.attrs.from)?.resource ?? "";
    if (nick === "") return;
    this.#hearSealed({
      nick,
      stanzaId: id,
      id: message.attrs.id,
      at: at ?? Date.now(),
      stanza: message,
    });
  }

  #hearSealed(message: HeardInGroup): void {
    this.#waits = !this.#ground.sealed.heard(this.#jid, message);
  }

  #moveTo(place: string): void {
    if (this.#complete && !this.#waits) this.#ground.stored.setArchived(this.#jid, place);
  }

  /** A nick alone says nothing of who had it then. */
  #isOurs({ occupantId, jid, id = "" }: Omit<Said, "own" | "unread">): boolean {
    const ours = this.#room.self?.id;
    if (occupantId !== undefined && ours !== undefined) return occupantId === ours;
    if (jid !== undefined) return jid === this.#ground.client.jid.bare().toString();
    return this.#ground.messages.pending(this.#jid, this.#began).includes(id);
  }

  /** Who is put out with an affiliation has it no more, and nothing else says so. */
  #left({ occupant: { jid }, why }: Extract<RoomEvent, { kind: "left" }>): void {
    if (jid === undefined || (why !== "not-member" && why !== "banned")) return;
    this.#note(jid.bare().toString(), "none");
  }

  #note(jid: string, affiliation: RoomAffiliation): void {
    if (affiliation === "none" || affiliation === "outcast") this.affiliated.delete(jid);
    else if (this.affiliated.size < MOST_AFFILIATED || this.affiliated.has(jid)) {
      this.affiliated.set(jid, affiliation);
    }
  }

  /** Rooms may keep these lists to themselves. */
  async #learnAffiliations(): Promise<void> {
    for (const affiliation of LISTS) {
      try {
        const listed = await this.#room.administration.affiliated(affiliation);
        if (this.#ended.signal.aborted) return;
        for (const jid of listed) this.#note(jid.bare().toString(), affiliation);
      } catch (error) {
        logOf("app").debug("{room} does not list its members: {error}", this.#about(error));
        if (this.#ended.signal.aborted) return;
      }
    }
    this.#ground.touch(this.#jid);
  }

  async #learnName(): Promise<void> {
    const { client, stored, touch } = this.#ground;
    try {
      const query = el("query", { xmlns: NS.discoInfo });
      const answer = await client.iq(el("iq", { type: "get" }, query), { to: this.#room.jid });
      if (this.#ended.signal.aborted) return;
      const told = answer.getChild("query", NS.discoInfo)?.getChild("identity")?.attrs.name ?? "";
      const name = told.slice(0, MAX_NAME).toWellFormed().trim();
      const known = stored.get(this.#jid);
      // A group's name stands in its specification.
      if (known === undefined || name === "" || known.encryption !== "none") return;
      if (known.name !== name) stored.put({ ...known, name });
      touch(this.#jid);
    } catch (error) {
      logOf("app").debug("{room} does not tell its name: {error}", this.#about(error));
    }
  }

  #about(error: unknown) {
    return { room: this.#jid, error };
  }
}
