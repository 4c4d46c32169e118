import type { Bytes } from "../../base/mod.ts";
import { sha256 } from "../../crypto/mod.ts";
import { type Element, newId, type StanzaError } from "../../xmpp/core/mod.ts";
import type { RoomNews, RoomPort } from "../room_port.ts";
import type { OutgoingFile, WantedFile } from "../ways.ts";

export const ROOM = "den@rooms.test";

/** What a room hands one of its members. */
export interface Delivery {
  readonly from: string;
  readonly to: string;
  readonly element: Element;
  readonly private: boolean;
}

/** A room in memory, whose network and server do what a test says. */
export class FakeRoom {
  readonly members = new Map<string, FakeMember>();
  /** Everything that was said, before anything was done to it. */
  readonly said: { from: string; to: string | undefined; element: Element }[] = [];
  /** What becomes of a delivery: none, itself, or others. */
  network: (delivery: Delivery) => Element[] = ({ element }) => [element];
  /** Why the room refuses what is said. */
  refuses: (from: string) => StanzaError | undefined = () => undefined;

  enter(nick: string, serves?: (nick: string) => boolean): FakeMember {
    const member = new FakeMember(this, nick, serves);
    this.members.set(nick, member);
    for (const each of this.members.values()) {
      if (each !== member) each.tell({ kind: "came", nick });
    }
    return member;
  }

  leave(nick: string): void {
    const member = this.members.get(nick);
    this.members.delete(nick);
    member?.tell({ kind: "inside", inside: false });
    for (const each of this.members.values()) each.tell({ kind: "left", nick });
  }

  /** The same member comes back. */
  back(member: FakeMember): void {
    this.members.set(member.nick, member);
    member.tell({ kind: "inside", inside: true });
    for (const each of this.members.values()) {
      if (each !== member) each.tell({ kind: "came", nick: member.nick });
    }
  }

  /** Pieces that a member said to all. */
  pieces(from: string): Element[] {
    return this.said.filter((each) =>
      each.from === from && each.to === undefined && each.element.is("filetransfer")
    ).map(({ element }) => element);
  }

  say(from: string, content: readonly Element[], to: string | undefined): string {
    const id = newId();
    const element = content[0]!;
    const error = this.refuses(from);
    if (error !== undefined) {
      this.members.get(from)?.tell({ kind: "refused", id, error });
      return id;
    }
    this.said.push({ from, to, element });
    for (const member of this.members.values()) {
      if (to !== undefined && member.nick !== to) continue;
      const toIt = { from, to: member.nick, element, private: to !== undefined };
      // Our own words come back as they were.
      const come = member.nick === from ? [element] : this.network(toIt);
      for (const each of come) {
        member.tell({
          kind: "heard",
          nick: from,
          occupantId: `id of ${from}`,
          element: each,
          own: member.nick === from,
          private: to !== undefined,
          id,
        });
      }
    }
    return id;
  }
}

/** One who is in a {@link FakeRoom}. */
export class FakeMember implements RoomPort {
  readonly #room: FakeRoom;
  readonly nick: string;
  readonly serves: (nick: string) => boolean;
  readonly #listeners = new Set<(news: RoomNews) => void>();
  #coming: RoomNews[] = [];

  constructor(room: FakeRoom, nick: string, serves: (nick: string) => boolean = () => true) {
    this.#room = room;
    this.nick = nick;
    this.serves = serves;
  }

  get inside(): boolean {
    return this.#room.members.get(this.nick) === this;
  }
  get size(): number {
    return this.#room.members.size;
  }
  get self() {
    return { nick: this.nick, occupantId: `id of ${this.nick}` };
  }
  get listeners(): number {
    return this.#listeners.size;
  }
  find(nick: string): string | undefined {
    return this.#room.members.has(nick) ? nick : undefined;
  }
  send(content: readonly Element[], to?: string): string {
    if (!this.inside) throw new Error("not in the room");
    return this.#room.say(this.nick, content, to);
  }
  listen(listener: (news: RoomNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** In order, a turn of the event loop later. */
  tell(news: RoomNews): void {
    this.#coming.push(news);
    if (this.#coming.length > 1) return;
    setTimeout(() => {
      const all = this.#coming;
      this.#coming = [];
      for (const each of all) for (const listener of [...this.#listeners]) listener(each);
    }, 0);
  }
}

/** Bytes that nobody can guess, as many as asked for. */
export function randomBytes(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65_536)));
  }
  return bytes;
}

/** A sealed file, as far as ways see one. */
export function fileOf(bytes: Bytes, peer: string): OutgoingFile {
  return {
    id: randomBytes(16).toHex(),
    peer,
    sealedSize: bytes.length,
    hash: sha256(bytes),
    async *read(offset, length = bytes.length - offset) {
      for (let at = offset; at < offset + length; at += 20_000) {
        yield bytes.slice(at, Math.min(at + 20_000, offset + length));
        await Promise.resolve();
      }
    },
  };
}

/** The same file, as the receiver's descriptor has it. */
export function wantedOf({ id, peer, sealedSize, hash }: OutgoingFile, from: string): WantedFile {
  return { id, peer, from, sealedSize, hash };
}
