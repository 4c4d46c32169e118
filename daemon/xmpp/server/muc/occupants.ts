import type { Element, Jid } from "../../core/mod.ts";
import { nickShape } from "./nick_shape.ts";
import type { Role } from "./privileges.ts";

/** One who is in a room under one nick, with one or more sessions of one account. */
export interface Occupant {
  /** Shown to the others. */
  nick: string;
  /** Bare JID of its account. */
  readonly jid: Jid;
  role: Role;
  /** XEP-0421 */
  readonly id: string;
  /** Full JIDs and the last presence of each, as {@link Occupant.shown}; the newest is last. */
  readonly sessions: Map<string, { readonly jid: Jid; shown: readonly Element[] }>;
}

/** What an occupant shows of itself: the children of its newest session's presence. */
export function shownOf(occupant: Occupant): { jid: Jid; shown: readonly Element[] } {
  return [...occupant.sessions.values()].at(-1) ?? { jid: occupant.jid, shown: [] };
}

/** Nicks that look alike are one: nobody sits down beside "Anna" as "anna" or in wide letters. */
export function nickKey(nick: string): string {
  return nick.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** Everybody in one room. */
export class Occupants {
  #byNick = new Map<string, Occupant>();
  #byShape = new Map<string, Occupant>();
  #bySession = new Map<string, Occupant>();

  get size(): number {
    return this.#byNick.size;
  }
  /** In the order in which they came. */
  [Symbol.iterator](): IterableIterator<Occupant> {
    return this.#byNick.values();
  }
  byNick(nick: string): Occupant | undefined {
    return this.#byNick.get(nickKey(nick));
  }
  /** Who has this nick, or one that looks like it. */
  resembling(nick: string): Occupant | undefined {
    return this.byNick(nick) ?? this.#byShape.get(nickShape(nick));
  }
  /** @param jid full */
  bySession(jid: Jid | string): Occupant | undefined {
    return this.#bySession.get(jid.toString());
  }
  /** All nicks of one account. */
  ofAccount(bare: string): Occupant[] {
    return [...this].filter(({ jid }) => jid.toString() === bare);
  }

  add(occupant: Occupant): void {
    this.#byNick.set(nickKey(occupant.nick), occupant);
    this.#byShape.set(nickShape(occupant.nick), occupant);
  }

  #forget(occupant: Occupant): void {
    this.#byNick.delete(nickKey(occupant.nick));
    const shape = nickShape(occupant.nick);
    // Another nick of the same account may look the same.
    if (this.#byShape.get(shape) === occupant) this.#byShape.delete(shape);
  }

  /** Sets what a session shows; it becomes the one that the others see. */
  show(occupant: Occupant, jid: Jid, shown: readonly Element[]): void {
    const key = jid.toString();
    occupant.sessions.delete(key);
    occupant.sessions.set(key, { jid, shown });
    this.#bySession.set(key, occupant);
  }

  rename(occupant: Occupant, nick: string): void {
    this.#forget(occupant);
    occupant.nick = nick;
    this.add(occupant);
  }

  /** Takes a session away, and the occupant with its last one. */
  removeSession(jid: string): void {
    const occupant = this.#bySession.get(jid);
    if (occupant === undefined) return;
    this.#bySession.delete(jid);
    occupant.sessions.delete(jid);
    if (occupant.sessions.size === 0) this.#forget(occupant);
  }

  remove(occupant: Occupant): void {
    for (const jid of occupant.sessions.keys()) this.#bySession.delete(jid);
    this.#forget(occupant);
  }
}
