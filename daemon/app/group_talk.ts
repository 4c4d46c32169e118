import { logOf, publicError, Rate, SimppdError, steadyNow, utf8 } from "../base/mod.ts";
import {
  type GroupKeys,
  type GroupMember,
  type GroupMessage,
  type Origin,
  payloadHash,
} from "../group/mod.ts";
import type { RoomMessageView } from "../views/mod.ts";
import type { Room } from "../xmpp/client/mod.ts";
import { type Element, newId } from "../xmpp/core/mod.ts";
import { notOnline } from "./connection.ts";
import {
  payloadOf,
  readContent,
  roomElements,
  typingElement,
  writeContent,
} from "./group_content.ts";
import { GroupTyping } from "./group_typing.ts";
import { type RoomLog, shown } from "./room_log.ts";
import type { HeardInGroup } from "./room_stay.ts";

/** What came and is looked at once, however often the room says it; the oldest is forgotten. */
const MOST_SEEN = 4_000;
/** One line a cause and this many ms. */
const LINE_EVERY = 60_000;
/** Lines about keys and members, and apart from them about safety, in as many ms. */
const MOST_NEWS = 300;

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
  /** Something that the group's view shows is another. */
  readonly touch: () => void;
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
  /** Corrections of ours that the room has not repeated, by the hashes of their payloads. */
  readonly #corrections = new Map<
    string,
    { readonly id: string; readonly replaces: string; readonly body: string }
  >();
  readonly #typing: GroupTyping;

  constructor(options: TalkOptions) {
    this.#o = options;
    this.#typing = new GroupTyping(options.touch);
  }

  /** Bare JIDs of who writes now. */
  get typing(): readonly string[] {
    return this.#typing.people;
  }

  close(): void {
    this.#typing.close();
  }

  /**
   * Seals and says something to all; the log tells when the room has it.
   * @throws SimppdError `not-in-room`, `key-not-here`, `not-in-group`, `may-not-send`, `too-large`
   */
  send(body: string): RoomMessageView {
    const { jid, keys, log, own, nick } = this.#o;
    const room = this.#inRoom();
    const id = newId();
    const payload = keys.seal(writeContent({ body, id }));
    this.#typing.said();
    const message = log.sending(jid, id, {
      nick: nick(),
      sender: own,
      body,
      encryption: "keystone",
      hash: payloadHash(payload),
    });
    try {
      room.say(roomElements(payload, true), id);
    } catch (error) {
      log.failed(jid, id, { code: "not-online", message: notOnline().publicMessage });
      throw error;
    }
    return message;
  }

  /**
   * Says that a message of ours reads otherwise (XEP-0308, within the seal); resolves once the room
   * has repeated that: what is shown is what the others have.
   * @param message its id here
   * @throws SimppdError `unknown-message`, `timeout`, and as {@link send}
   */
  async correct(message: string, body: string): Promise<RoomMessageView> {
    const { jid, keys, log } = this.#o;
    const room = this.#inRoom();
    const replaces = log.nameOf(jid, message);
    if (replaces === undefined) {
      throw new SimppdError("unknown-message", "There is no such message of yours to correct.");
    }
    const id = newId();
    const payload = keys.seal(writeContent({ body, id, replaces }));
    this.#typing.said();
    const hash = payloadHash(payload);
    this.#corrections.set(hash, { id, replaces, body });
    try {
      const corrected = log.corrections.wait(id);
      try {
        room.say(roomElements(payload, true), id);
      } catch (error) {
        log.corrections.refused(id, publicError(error));
      }
      return await corrected;
    } finally {
      this.#corrections.delete(hash);
    }
  }

  /** Tells the members, under the seal, that we write or stopped; seldom enough to cost little. */
  setTyping(typing: boolean): void {
    const { keys, room: roomOf } = this.#o;
    const room = roomOf();
    const people = new Set(keys.epoch?.members.map(({ jid }) => jid));
    if (room === undefined || keys.phase !== "in") return;
    if (!this.#typing.isNews(typing, people.size)) return;
    try {
      const payload = keys.seal(writeContent(typingElement(typing)), false);
      room.say(roomElements(payload, false));
    } catch (error) {
      logOf("app").debug("chat state not sent: {error}", { error });
    }
  }

  /** Seals and says something that is no text, and has no line of its own. @throws as {@link send} */
  tell(content: Element): void {
    const room = this.#inRoom();
    const payload = this.#o.keys.seal(writeContent(content));
    room.say(roomElements(payload, true));
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
    const hash = payloadHash(payload);
    // A room that gives ids may give one message several: what was said is what counts.
    if (!this.#isNew(hash)) return;
    const key = sealedKey(hash);
    const origin: Origin = {
      occupant: `${this.#o.jid}/${nick}`,
      id: key,
      at: at ?? Date.now(),
      ...at === undefined ? {} : { archived: true },
    };
    const opened = this.#o.keys.open(payload, origin);
    // Only what we sealed confirms that it got there, in this run or a later one.
    const correction = this.#corrections.get(hash);
    if (correction !== undefined) return this.#say({ origin, from: this.#o.own }, correction);
    if (this.#o.log.confirmed(this.#o.jid, hash, key)) return;
    if (opened.type === "message") this.show(opened.message);
    else if (opened.type === "held") {
      // What was missed is asked for after every absence: that is no news.
      if (at === undefined) this.#line("key-not-here", opened.sentence);
    } else if (opened.type === "refused") this.refuse(origin, opened.cause, opened.sentence);
  }

  /** Puts a message that was opened into the log. */
  show({ origin, from, content, heard = [] }: GroupMessage): void {
    const { own, told } = this.#o;
    const read = readContent(content);
    if (read === undefined) return;
    const { body, elements, id, replaces, typing } = read;
    if (elements.length > 0) told(from, elements);
    // What somebody wrote long ago they do not write now.
    if (typing === true && origin.archived !== true && from.jid !== own) {
      this.#typing.begin(from.jid);
    } else if (typing !== undefined || body !== "") this.#typing.end(from.jid);
    if (body !== "") {
      this.#say({ origin, from: from.jid, heard }, { body, id, replaces });
    }
  }

  /** Somebody is out: they write no more. */
  gone(person: string): void {
    this.#typing.end(person);
  }

  /** Puts a text into the log, or in the place of the one that it corrects. */
  #say(
    { origin, from, heard = [] }: {
      readonly origin: Origin;
      readonly from: string;
      readonly heard?: readonly string[];
    },
    { body, id, replaces }: {
      readonly body: string;
      readonly id: string | undefined;
      readonly replaces: string | undefined;
    },
  ): void {
    const { jid, log, own, nick } = this.#o;
    const mine = from === own;
    // A name counts within what its sender said: nobody else's message has it.
    const named = (name: string | undefined) =>
      name === undefined || mine ? name : `${from} ${name}`;
    log.take(jid, {
      key: origin.id,
      nick: mine ? nick() : this.#o.nameOf(from),
      body,
      stanzaId: undefined,
      id: named(id),
      at: origin.archived === true ? origin.at : undefined,
      after: heard.map(sealedKey),
      occupantId: from,
      jid: from,
      own: mine,
      link: null,
      replaces: named(replaces),
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
    if (nick === "" || !this.#isNew(payloadHash(utf8(what)))) return;
    this.#o.refused("in-clear");
    this.#line("in-clear", `${shown(nick)} wrote in clear: it is not shown.`);
  }

  #line(cause: string, sentence: string): void {
    if (this.#lines.allows(cause, steadyNow())) this.#o.log.line(this.#o.jid, sentence);
  }

  #isNew(hash: string): boolean {
    if (this.#seen.has(hash)) return false;
    this.#seen.add(hash);
    const [oldest] = this.#seen;
    if (this.#seen.size > MOST_SEEN) this.#seen.delete(oldest!);
    return true;
  }
}

/** By what a message is known in the log. */
function sealedKey(hash: string): string {
  return `sealed ${hash}`;
}
