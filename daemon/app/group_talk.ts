import { type Bytes, Rate, SimppdError, steadyNow, toBase64, utf8 } from "../base/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import type { GroupKeys, GroupMember, GroupMessage, Origin } from "../group/mod.ts";
import type { RoomMessageView } from "../views/mod.ts";
import type { Room } from "../xmpp/client/mod.ts";
import { type Element, newId } from "../xmpp/core/mod.ts";
import { notOnline } from "./connection.ts";
import { payloadOf, readContent, roomElements, writeContent } from "./group_content.ts";
import { type RoomLog, shown } from "./room_log.ts";
import type { HeardInGroup } from "./room_stay.ts";

/** What came and is looked at once, however often the room says it; the oldest is forgotten. */
const MOST_SEEN = 4_000;
/** One line a cause and this many ms. */
const LINE_EVERY = 60_000;
/** Lines about keys and members, and apart from them about safety, in as many ms. */
const MOST_NEWS = 300;
/** Ours that the room has not repeated. */
const MOST_UNCONFIRMED = 500;

interface TalkOptions {
  readonly jid: string;
  readonly keys: GroupKeys;
  readonly log: RoomLog;
  readonly own: string;
  readonly nick: () => string;
  /** What a member is called here. */
  readonly nameOf: (jid: string) => string;
  /** The room, while we are in it. */
  readonly room: () => Room | undefined;
  /** A member said something that is no text. */
  readonly told: (from: GroupMember, content: readonly Element[]) => void;
  /** Something was not shown, for a cause that is counted. */
  readonly refused: (cause: string) => void;
  /** Was this told of what was said before, in any earlier run? */
  readonly wasTold: (cause: string) => boolean;
}

/** What is said in one encrypted group: sealed for its room, and opened as the room repeats it. */
export class GroupTalk {
  readonly #o: TalkOptions;
  readonly #seen = new Set<string>();
  readonly #news = new Rate(MOST_NEWS, LINE_EVERY);
  readonly #lines = new Rate(1, LINE_EVERY);
  /** Hash of the payload, by the message's id. */
  readonly #unconfirmed = new Map<string, string>();

  constructor(options: TalkOptions) {
    this.#o = options;
  }

  /**
   * Seals and says something to all; the log tells when the room has it.
   * @throws SimppdError `not-in-room`, `key-not-here`, `not-in-group`, `may-not-send`, `too-large`
   */
  send(body: string): RoomMessageView {
    const { jid, keys, log, own, nick } = this.#o;
    const room = this.#inRoom();
    const payload = keys.seal(writeContent(body));
    const id = newId();
    const message = log.sending(jid, id, {
      nick: nick(),
      sender: own,
      body,
      encryption: "keystone",
    });
    this.#expect(id, payload);
    try {
      room.say(roomElements(payload, true), id);
    } catch (error) {
      log.failed(jid, id, { code: "not-online", message: notOnline().publicMessage });
      throw error;
    }
    return message;
  }

  /** Seals and says something that is no text, and has no line of its own. @throws as {@link send} */
  tell(content: Element): void {
    const room = this.#inRoom();
    const payload = this.#o.keys.seal(writeContent(content));
    const id = newId();
    this.#expect(id, payload);
    room.say(roomElements(payload, true), id);
  }

  /**
   * Takes what the room said, live or out of its archive.
   * @returns false while anything waits for its key
   */
  heard(message: HeardInGroup): boolean {
    this.#take(message);
    return this.#o.keys.status.held === 0;
  }

  #take({ nick, stanzaId, id, at, stanza }: HeardInGroup): void {
    const payload = payloadOf(stanza);
    if (payload === undefined) {
      const body = stanza.getChildText("body") ?? "";
      if (body !== "") this.#inClear(nick, stanzaId ?? `${id} ${body}`);
      return;
    }
    const hash = hashOf(payload);
    // A room that gives ids may give one message several: what was said is what counts.
    if (!this.#isNew(hash)) return;
    const key = `sealed ${hash}`;
    const origin: Origin = {
      occupant: `${this.#o.jid}/${nick}`,
      id: key,
      at: at ?? Date.now(),
      ...at === undefined ? {} : { archived: true },
    };
    const opened = this.#o.keys.open(payload, origin);
    if (id !== undefined && this.#isOurs(id, hash)) {
      this.#o.log.confirmed(this.#o.jid, id, key);
      return;
    }
    if (opened.type === "message") this.show(opened.message);
    else if (opened.type === "held") {
      // What was missed is asked for after every absence: that is no news.
      if (at === undefined) this.#line("key-not-here", opened.sentence);
    } else if (opened.type === "refused") this.refuse(origin, opened.cause, opened.sentence);
    else if (id !== undefined) this.#o.log.confirmed(this.#o.jid, id, key);
  }

  /** Puts a message that was opened into the log. */
  show({ origin, from, content }: GroupMessage): void {
    const { jid, log, own, nick, told } = this.#o;
    const { body, elements } = readContent(content) ?? { body: "", elements: [] };
    if (elements.length > 0) told(from, elements);
    if (body === "") return;
    const mine = from.jid === own;
    log.take(jid, {
      key: origin.id,
      nick: mine ? nick() : this.#o.nameOf(from.jid),
      body,
      stanzaId: undefined,
      id: undefined,
      at: origin.archived === true ? origin.at : undefined,
      occupantId: from.jid,
      jid: from.jid,
      own: mine,
      link: null,
      replaces: undefined,
      stay: undefined,
      kind: "chat",
      unread: true,
      encryption: "keystone",
    }, nick());
  }

  /** Counts what could not be opened, and says so once in a while. */
  refuse(origin: Origin | null, cause: string, sentence: string): void {
    const archived = origin?.archived === true;
    // A room tells again what it told before we were restarted.
    if (archived && (cause === "repeated" || this.#o.wasTold(cause))) return;
    this.#o.refused(cause);
    this.#line(cause, sentence);
  }

  /** A line about keys or members; who floods the room does not hide it. */
  news(sentence: string, about: "members" | "safety" = "members"): void {
    if (this.#news.allows(about, steadyNow())) this.#o.log.line(this.#o.jid, sentence);
  }

  #inRoom(): Room {
    const room = this.#o.room();
    if (room !== undefined) return room;
    throw new SimppdError("not-in-room", "You are not in the group's room right now.");
  }

  #inClear(nick: string, what: string): void {
    if (nick === "" || !this.#isNew(hashOf(utf8(what)))) return;
    this.#o.refused("in-clear");
    this.#line("in-clear", `${shown(nick)} wrote in clear: it is not shown.`);
  }

  #line(cause: string, sentence: string): void {
    if (this.#lines.allows(cause, steadyNow())) this.#o.log.line(this.#o.jid, sentence);
  }

  #expect(id: string, payload: Bytes): void {
    this.#unconfirmed.set(id, hashOf(payload));
    const [oldest] = this.#unconfirmed.keys();
    if (this.#unconfirmed.size > MOST_UNCONFIRMED) this.#unconfirmed.delete(oldest!);
  }

  /** Only what we sealed confirms that it got there. */
  #isOurs(id: string, hash: string): boolean {
    return this.#unconfirmed.get(id) === hash && this.#unconfirmed.delete(id);
  }

  #isNew(hash: string): boolean {
    if (this.#seen.has(hash)) return false;
    this.#seen.add(hash);
    const [oldest] = this.#seen;
    if (this.#seen.size > MOST_SEEN) this.#seen.delete(oldest!);
    return true;
  }
}

function hashOf(bytes: Bytes): string {
  return toBase64(sha256(bytes));
}
