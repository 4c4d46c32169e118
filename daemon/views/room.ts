import type { Problem } from "./status.ts";

/** What somebody is to a room for good (XEP-0045 section 5.2). */
export type RoomAffiliation = "owner" | "admin" | "member" | "none" | "outcast";

/** What somebody who is in a room may do there (XEP-0045 section 5.1). */
export type RoomRole = "moderator" | "participant" | "visitor" | "none";

/** How what is said in a room is encrypted, for good: a room never becomes the other kind. */
export type RoomEncryption = "none" | "keystone";

export interface RoomView {
  jid: string;
  name: string;
  /** Whoever runs this domain reads all that is said in a plain room. */
  server: string;
  /** none: in clear. keystone: the room of an encrypted group, see `GroupView`. */
  encryption: RoomEncryption;
  /** invited: see `invitation`. waiting: entered again once online. out: `problem` says why. */
  state: "invited" | "entering" | "in" | "waiting" | "out";
  problem: Problem | null;
  invitation: RoomInvitationView | null;
  /** Ours there. */
  nick: string;
  affiliation: RoomAffiliation;
  role: RoomRole;
  subject: string;
  /** Does the room say that everybody in it sees our address? */
  nonAnonymous: boolean;
  /** How many are in it now, as it says. */
  occupants: number;
  /** Nicks of who is writing right now. */
  typing: string[];
  unread: number;
  /** How many of those name us. */
  mentions: number;
  /** Newest message, for the list. */
  last: { nick: string; body: string; at: number; mine: boolean } | null;
}

export interface RoomInvitationView {
  /** Bare JID of who invites; the word of the room's server where `mediated`. */
  from: string;
  reason: string;
  /** Passed on by the room; otherwise sent by the inviter. */
  mediated: boolean;
  at: number;
  /** Put aside without an answer. */
  later: boolean;
  /** What one would be in an encrypted group, as the inviter says; absent: a member. */
  role?: "admin" | "listener";
}

/** Somebody in a room, or of it: all of it is the word of the room's server. */
export interface RoomMemberView {
  /** "" for members who are not there. */
  nick: string;
  /** null where the room does not show it. */
  jid: string | null;
  affiliation: RoomAffiliation;
  role: RoomRole;
  presence: "online" | "away" | "dnd" | "offline";
  self: boolean;
}

export interface RoomMessageView {
  id: string;
  room: string;
  /**
   * private: said to us alone by somebody in the room. file: `body` is its name. notice: a line of
   * ours, `body` its sentence.
   */
  kind: "chat" | "private" | "file" | "notice";
  /** The id of a file. */
  file: string | null;
  mine: boolean;
  /** Who said it, as they are called there; "" for a notice. */
  nick: string;
  /** The same over changes of nick, where the room tells; another's with the same nick differs. */
  sender: string;
  /** Address of who said it, where the room shows it. */
  jid: string | null;
  body: string;
  /** A URL that came beside it (XEP-0066), its host in Punycode; perhaps not https. */
  link: string | null;
  /** Was it corrected after it was said? */
  edited: boolean;
  at: number;
  /** It names us. */
  mention: boolean;
  encryption: RoomEncryption;
  /** For mine: pending (the room did not repeat it yet), sent, failed (see `problem`). */
  delivery: "pending" | "sent" | "failed" | null;
  problem: Problem | null;
}
