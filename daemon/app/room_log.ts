import { Rate, SimppdError, steadyNow, utf8 } from "../base/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { fileKey, type RoomMessages } from "../store/mod.ts";
import type { Problem, RoomEncryption, RoomMessageView } from "../views/mod.ts";
import { RoomCorrections, type StayLines } from "./room_corrections.ts";

/** Messages of one room within one window that are kept; what comes beyond them is passed over. */
const MOST = 300;
const WINDOW_MS = 10_000;
/** One line about what was passed over, a room and this many ms. */
const FLOOD_LINE_MS = 60_000;
const MAX_BODY = 10_000;
const MAX_NICK = 200;

/** Something said in a room, live or out of its history. */
export interface Said {
  readonly nick: string;
  readonly body: string;
  /** A URL that came beside it (XEP-0066). */
  readonly link: string | null;
  /** What its sender called the message that it corrects (XEP-0308). */
  readonly replaces: string | undefined;
  /** What was said under this nick since its owner came; undefined where that is not known. */
  readonly stay: StayLines | undefined;
  /** What the room calls it (XEP-0359). */
  readonly stanzaId: string | undefined;
  /** What its sender called it. */
  readonly id: string | undefined;
  /** ms since 1970 when it was said before. */
  readonly at: number | undefined;
  /** Keys of what was said before it, as its sender proved: it stands after those. */
  readonly after?: readonly string[];
  readonly occupantId: string | undefined;
  /** Bare address, where the room shows it. */
  readonly jid: string | undefined;
  readonly own: boolean;
  readonly kind: "chat" | "private";
  /** Is it news for who was in the room before? */
  readonly unread: boolean;
  /** What it came in; in clear when absent. */
  readonly encryption?: RoomEncryption;
  /** By what it is known here, where neither room nor sender is to say. */
  readonly key?: string;
}

/** What is said in rooms: told apart, counted, bounded, stored. */
export class RoomLog {
  /** Those of ours that were sent. */
  readonly corrections: RoomCorrections = new RoomCorrections();
  readonly #messages: RoomMessages;
  readonly #changed: (message: RoomMessageView) => void;
  readonly #rate = new Rate(MOST, WINDOW_MS);
  readonly #floodLines = new Rate(1, FLOOD_LINE_MS);

  /** @param changed called for each message that is new or became another */
  constructor(messages: RoomMessages, changed: (message: RoomMessageView) => void) {
    this.#messages = messages;
    this.#changed = changed;
  }

  /**
   * Takes what was said.
   * @param nick ours in the room
   * @returns false when it was passed over, because too much came at once
   */
  take(room: string, said: Said, nick: string): boolean {
    if (!this.#rate.allows(room, steadyNow())) {
      if (this.#floodLines.allows(room, steadyNow())) {
        this.line(room, "More is said here than can be shown; some of it was passed over.");
      }
      return false;
    }
    const key = said.key ?? keyOf(said);
    if (this.#correct(room, said, key, nick)) return true;
    if (said.own && said.id !== undefined) {
      const confirmed = this.#messages.confirm(room, said.id, key);
      if (confirmed !== undefined) {
        this.#changed(confirmed);
        return true;
      }
    }
    const body = said.body.slice(0, MAX_BODY).toWellFormed();
    const mention = !said.own && said.unread && mentions(body, nick);
    const added = this.#messages.add({
      room,
      key,
      said: said.id?.slice(0, 256) ?? "",
      kind: said.kind,
      mine: said.own,
      nick: said.nick.slice(0, MAX_NICK),
      sender: said.occupantId ?? said.jid ?? said.nick.slice(0, MAX_NICK),
      jid: said.jid ?? null,
      body,
      link: said.link,
      edited: false,
      at: this.#time(room, said),
      unread: said.unread && !said.own,
      mention,
      encryption: said.encryption ?? "none",
      delivery: said.own ? "sent" : null,
      problem: null,
    });
    if (added === undefined) return true;
    said.stay?.add(added);
    this.#changed(added);
    return true;
  }

  /**
   * Applies a correction whose sender is who said what it corrects: the same occupant (XEP-0421), or,
   * where the room does not tell, the same nick in the same stay. Any other is a message of its own.
   */
  #correct(room: string, said: Said, key: string, nick: string): boolean {
    const { replaces, own, kind, occupantId, stay } = said;
    if (replaces === undefined || replaces === "" || kind !== "chat") return false;
    // What the room's history says again says nothing new, whether it tells who said it or not.
    for (const mine of [true, false]) {
      const known = this.#messages.find(room, replaces, mine);
      if (known !== undefined && this.#messages.isCorrectedBy(known, key)) return true;
    }
    const found = this.#messages.find(room, replaces, own);
    if (found === undefined) return false;
    const same = own ||
      (occupantId === undefined ? stay?.has(found) === true : found.sender === occupantId);
    if (!same) return false;
    const body = said.body.slice(0, MAX_BODY).toWellFormed();
    const mention = !own && mentions(body, nick);
    const corrected = this.#messages.correct(found, key, { body, link: said.link, mention });
    if (corrected === undefined) return false;
    this.#changed(corrected);
    if (own && said.id !== undefined) this.corrections.repeated(said.id, corrected);
    return true;
  }

  /**
   * When a message is said to be from. A room's clock may be wrong, or lie; one that tells whole
   * seconds would put a message before those of the same second that came before it.
   */
  #time(room: string, { at: told, after = [] }: Said): number {
    const now = Date.now();
    if (told === undefined || told > now) return now;
    const before = after.length === 0 ? 0 : this.#messages.newestAt(room, after);
    if (told % 1000 !== 0) return Math.max(told, before);
    return Math.max(told, before, Math.min(this.#messages.newestAt(room), told + 999));
  }

  /** What one of ours that the room has was called; undefined when there is none of this id. */
  nameOf(room: string, id: string): string | undefined {
    return this.#messages.nameOf(room, id);
  }

  /** Keeps one of ours, which is about to be sent under the name `id`. */
  sending(
    room: string,
    id: string,
    { nick, sender, body, encryption = "none", hash = id }: {
      readonly nick: string;
      readonly sender: string;
      readonly body: string;
      readonly encryption?: RoomEncryption;
      /** Of what is sent, where that is sealed: nothing else confirms it. */
      readonly hash?: string;
    },
  ): RoomMessageView {
    const added = this.#messages.add({
      room,
      key: waitingKey(hash),
      said: id,
      kind: "chat",
      mine: true,
      nick,
      sender,
      jid: null,
      body,
      link: null,
      edited: false,
      at: Date.now(),
      unread: false,
      mention: false,
      encryption,
      delivery: "pending",
      problem: null,
    });
    if (added === undefined) throw new SimppdError("bad-input", "This message was sent already.");
    this.#changed(added);
    return added;
  }

  /** The room repeated one of ours of this hash, known as `key` now. @returns whether one waited */
  confirmed(room: string, hash: string, key: string): boolean {
    const confirmed = this.#messages.confirmSealed(room, waitingKey(hash), key);
    if (confirmed !== undefined) this.#changed(confirmed);
    return confirmed !== undefined;
  }

  /** One of ours did not get there. */
  failed(room: string, id: string, problem: Problem): void {
    this.corrections.refused(id, problem);
    const failed = this.#messages.fail(room, id, problem);
    if (failed !== undefined) this.#changed(failed);
  }

  /** After the room's history was looked through: what it does not hold did not get there. */
  settle(room: string, before: number): void {
    for (const id of this.#messages.pending(room, before)) {
      this.failed(room, id, {
        code: "not-confirmed",
        message: "The connection ended before the room repeated this message.",
      });
    }
  }

  /** A line about what the room says has happened; as bounded as what is said there. */
  news(room: string, body: string): void {
    if (this.#rate.allows(room, steadyNow())) this.line(room, body);
  }

  /** The line of a file, once; as bounded as what is said. */
  file(
    room: string,
    file: string,
    { mine, nick, sender, name, at }: {
      readonly mine: boolean;
      readonly nick: string;
      /** Bare JID. */
      readonly sender: string;
      readonly name: string;
      readonly at: number;
    },
  ): void {
    if (!mine && !this.#rate.allows(room, steadyNow())) return;
    const added = this.#messages.add({
      room,
      key: fileKey(file),
      said: "",
      kind: "file",
      file,
      mine,
      nick: nick.slice(0, MAX_NICK),
      sender,
      jid: sender,
      body: name,
      link: null,
      edited: false,
      at,
      unread: !mine,
      mention: false,
      encryption: "keystone",
      delivery: mine ? "sent" : null,
      problem: null,
    });
    if (added !== undefined) this.#changed(added);
  }

  removeFile(room: string, file: string): void {
    this.#messages.removeFile(room, file);
  }

  /** A line of ours. */
  line(room: string, body: string): void {
    const added = this.#messages.add({
      room,
      key: `line ${crypto.randomUUID()}`,
      said: "",
      kind: "notice",
      mine: false,
      nick: "",
      sender: "",
      jid: null,
      body,
      link: null,
      edited: false,
      at: Date.now(),
      unread: false,
      mention: false,
      encryption: "none",
      delivery: null,
      problem: null,
    });
    if (added !== undefined) this.#changed(added);
  }
}

/** A nick or reason of others within a sentence of ours: nothing that hides or turns it. */
export function shown(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "").trim().slice(0, 100) || "?";
}

/** Does a text name this nick as a word of its own? */
export function mentions(body: string, nick: string): boolean {
  const wanted = nick.trim().toLocaleLowerCase();
  if (wanted === "") return false;
  const text = body.toLocaleLowerCase();
  const word = /[\p{L}\p{N}_]/u;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const before = [...text.slice(Math.max(0, at - 2), at)].at(-1) ?? "";
    const [after = ""] = [...text.slice(at + wanted.length, at + wanted.length + 2)];
    if (!word.test(before) && !word.test(after)) return true;
  }
  return false;
}

/** What stands for one of ours until the room repeats it. */
function waitingKey(hash: string): string {
  return `mine ${hash}`;
}

/** Rooms that give no ids (XEP-0359) repeat what was said with its sender's id, which may be "1". */
function keyOf({ stanzaId, kind, nick, id, body }: Said): string {
  if (stanzaId !== undefined && kind === "chat") return `room ${stanzaId}`;
  return `said ${sha256(utf8(JSON.stringify([kind, nick, id ?? null, body]))).toHex()}`;
}
