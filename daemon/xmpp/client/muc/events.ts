import type { Element, Jid, StanzaError } from "../../core/mod.ts";

/** What somebody is to a room for good (XEP-0045 section 5.2). */
export type RoomAffiliation = "owner" | "admin" | "member" | "none" | "outcast";

/** What an occupant is while it is in the room (XEP-0045 section 5.1). */
export type RoomRole = "moderator" | "participant" | "visitor" | "none";

/** Somebody in a room, as the room says. */
export interface Occupant {
  readonly nick: string;
  /** The address behind the nick, where the room shows it. Only as true as the room is. */
  readonly jid: Jid | undefined;
  readonly affiliation: RoomAffiliation;
  readonly role: RoomRole;
  readonly show: "online" | "chat" | "away" | "xa" | "dnd";
  readonly status: string;
  /** The same over changes of nick (XEP-0421), where the room gives it. */
  readonly id: string | undefined;
  /** Is it we? */
  readonly self: boolean;
}

/** Something said in a room, or by one of its occupants to us alone. */
export interface RoomMessage {
  /** Nick of who spoke; "" for the room itself. */
  readonly nick: string;
  /** Who has the nick now, when it is said now; of what was said before nobody can tell. */
  readonly occupant: Occupant | undefined;
  /** Occupant id at the time it was said (XEP-0421). */
  readonly occupantId: string | undefined;
  /** What the sender called it. */
  readonly id: string | undefined;
  /** What the room calls it (XEP-0359): its name in the archive. */
  readonly stanzaId: string | undefined;
  readonly body: string | undefined;
  /** Milliseconds since 1970, when the room says that it was said before. */
  readonly at: number | undefined;
  /** Did we say it, in this session or another one under our nick? */
  readonly own: boolean;
  /** All of it, for what else it carries. */
  readonly stanza: Element;
}

/** Why somebody is not in a room any more. */
export type Exit =
  | "left"
  | "kicked"
  | "banned"
  /** The affiliation was taken away, or the room became members-only. */
  | "not-member"
  /** The room's service ends. */
  | "shutdown"
  /** The room lost it, or our connection ended. */
  | "lost"
  | "destroyed";

/** By whom and why. */
export interface Circumstances {
  /** Nick of who did it, where the room says so. */
  readonly by: string | undefined;
  readonly reason: string | undefined;
}

/** Where we stand with a room; `out` until {@link Room.enter} is called again. */
export type RoomState = "out" | "entering" | "in" | "waiting";

/** What happens in a room, in its order. */
export type RoomEvent =
  /** `waiting`: we are offline, and enter again by ourselves. */
  | { readonly kind: "state"; readonly state: RoomState }
  | { readonly kind: "joined"; readonly occupant: Occupant }
  | {
    readonly kind: "left";
    readonly occupant: Occupant;
    readonly why: Exit;
    readonly circumstances: Circumstances;
  }
  /** Presence, role or affiliation became others; ours too. */
  | {
    readonly kind: "changed";
    readonly occupant: Occupant;
    readonly before: Occupant;
    readonly circumstances: Circumstances;
  }
  | { readonly kind: "nick"; readonly occupant: Occupant; readonly before: string }
  /** Of somebody who is not in the room. */
  | {
    readonly kind: "affiliation";
    readonly jid: Jid;
    readonly affiliation: RoomAffiliation;
    readonly circumstances: Circumstances;
  }
  | {
    readonly kind: "subject";
    readonly text: string;
    readonly nick: string;
    readonly at: number | undefined;
  }
  | { readonly kind: "message"; readonly message: RoomMessage }
  | { readonly kind: "private"; readonly message: RoomMessage }
  /** The room is set up otherwise now; codes of section 15.6.2. */
  | { readonly kind: "config"; readonly codes: readonly number[] }
  /** A message of ours was refused. */
  | { readonly kind: "refused"; readonly id: string | undefined; readonly error: StanzaError }
  /** We are out, other than by {@link Room.leave}. */
  | {
    readonly kind: "out";
    readonly why: Exit | "flood" | "refused";
    readonly circumstances: Circumstances;
    /** Where to go instead, when it was destroyed. */
    readonly alternate: Jid | undefined;
  };
