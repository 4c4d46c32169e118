import type { RoomInvitationView } from "./room.ts";
import type { Problem } from "./status.ts";

/** What somebody is to a group, by the key server's signed list; the room's server has no say in it. */
export type GroupRole = "owner" | "admin" | "member" | "listener";

/**
 * An encrypted group (Keystone). It stands on the room of the same address, whose view
 * (`RoomView`, `encryption` "keystone") has what any room has: unread, newest message, who is there.
 */
export interface GroupView {
  /** The room's address. */
  jid: string;
  /** 32 hex digits. */
  id: string;
  name: string;
  /**
   * invited: see `invitation`. joining: no key of the group is here yet. in: messages can be opened.
   * waiting: the connection or a key is missing for now. out: `problem` says why.
   */
  state: "invited" | "joining" | "in" | "waiting" | "out";
  problem: Problem | null;
  invitation: RoomInvitationView | null;
  /** The key in use; null while there is none here. */
  epoch: { number: number; incarnation: string; suite: string } | null;
  keyServer: GroupKeyServerView;
  /** Of one of these one needs a ticket to come in; empty: one's keys are enough. */
  registrars: GroupRegistrarView[];
  /** Domain of the room; whoever runs it sees who writes when, and nothing of what. */
  server: string;
  /** This daemon carries that server. */
  ownServer: boolean;
  suites: GroupSuitesView;
  /** Ours; null while we are no member. */
  role: GroupRole | null;
  maySend: boolean;
  /** What those are called who write now. */
  typing: string[];
  members: GroupMemberView[];
  /** Whom this device invited and who has not come in. */
  admitted: GroupAdmittedView[];
  /** What came and could not be opened or was not shown, by cause. */
  refused: { code: string; count: number }[];
  /** May messages be opened that came while this device was away? */
  history: "none" | "own";
}

/** How messages are sealed, strongest first. `lsim-2003` is weak: it is Blowfish. */
export type GroupSuite = "aes-256-gcm" | "aes-128-cbc-hmac" | "lsim-2003";

/** The strongest that stands in both, and in the lists of all members, is used. */
export interface GroupSuitesView {
  /** By the group's specification. */
  group: GroupSuite[];
  /** On this device. */
  allowed: GroupSuite[];
  /** Chosen for this group; else as everywhere. */
  own: boolean;
}

/** Somebody who may come in and has not. */
export interface GroupAdmittedView {
  jid: string;
  /** What they said to the invitation; null: nothing yet. */
  answer: "later" | "declined" | null;
}

/** Who keeps a group's keys, and so could read it. */
export interface GroupKeyServerView {
  jid: string;
  /** Of its signing key. */
  fingerprint: string;
  /** It runs in this daemon. */
  own: boolean;
  /** Nothing was heard of it for longer than it says something. */
  silent: boolean;
}

/** Who authenticates people for a group, and how. */
export interface GroupRegistrarView {
  name: string;
  method: "simpp" | "certificate" | "directory";
  /** A JID for `simpp`, an https URL for the others. */
  address: string;
}

/** A device in a group: keys and role are signed by the key server, presence is the room's word. */
export interface GroupMemberView {
  jid: string;
  /** 16 hex digits. */
  device: string;
  name: string;
  role: GroupRole;
  self: boolean;
  presence: "online" | "away" | "dnd" | "offline";
  /**
   * own: of our account. verified, first-use: their account key is the one we know of them. changed:
   * we know another one. unknown: no contact of ours.
   */
  trust: "own" | "verified" | "first-use" | "changed" | "unknown";
}
