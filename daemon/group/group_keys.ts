import type { Bytes, Emitter } from "../base/mod.ts";
import type { DataSuiteId } from "./data_suites.ts";
import type { Role, Specification } from "./specification.ts";

/** A member is a device of a person. */
export interface GroupMember {
  /** `bare JID/device id`. */
  readonly id: string;
  /** Bare JID. */
  readonly jid: string;
  /** 16 hex digits. */
  readonly device: string;
  /** Ed25519, 32 bytes: signs what this member sends. */
  readonly deviceKey: Bytes;
  /** Ed25519, 32 bytes: the person's. */
  readonly accountKey: Bytes;
  readonly role: Role;
}

/** The state of a group between two changes of its key. */
export interface GroupEpoch {
  readonly number: number;
  /** 32 hex digits; another one says that the key server was restored from a backup. */
  readonly incarnation: string;
  readonly suite: DataSuiteId;
  readonly members: readonly GroupMember[];
  /** What the key server says of when it began, ms since 1970; for display alone. */
  readonly since: number;
}

/** Where we stand with a group. */
export type GroupPhase =
  | "out" // not asked to join, or left
  | "joining" // registering, or waiting for the key
  | "in"
  | "behind" // in, but a rekey is missing: asked for, and sending waits
  | "removed" // expelled, or no longer in the list of members
  | "refused" // the key server does not let us in
  | "closed"; // the owners ended the group

/** Why something that came was not taken. */
export const REFUSALS = [
  "before-you-joined",
  "no-key", // of an epoch that we were in but whose key is not kept (any more)
  "key-not-here", // held: its key is asked for; opened or refused later
  "not-a-member",
  "may-not-send",
  "forged", // a seal or signature is wrong
  "repeated",
  "too-late", // of an epoch that ended more than 30 s ago
  "malformed",
  "other-key-server", // signed by a key that is not the one pinned
  "rolled-back", // an older epoch than the one we have, as if it were the newest
  "forked", // two different statements of one epoch
  "out-of-order", // a rekey that does not follow what we have; asked for
  "overflow", // held messages were too many
] as const;
export type Refusal = typeof REFUSALS[number];

/** Where a payload came from; handed back with what becomes of it. */
export interface Origin {
  /** Full JID in the room, or what the transport has instead. */
  readonly occupant: string;
  /** The room's id of the message, or what stands for one. */
  readonly id: string;
  /** ms since 1970, as the room or we say. */
  readonly at: number;
  /** From the room's archive or history: not bound by the 30 s that live messages have. */
  readonly archived?: boolean;
}

/** A message that was opened: its sender is proved. */
export interface GroupMessage {
  readonly origin: Origin;
  readonly from: GroupMember;
  readonly epoch: number;
  readonly counter: number;
  /** What was sealed. */
  readonly content: Bytes;
  /** What its sender heard before, by the hashes of payloads: it was not said before those. */
  readonly heard?: readonly string[];
}

/** What becomes of a payload. */
export type Opened =
  | { readonly type: "message"; readonly message: GroupMessage }
  /** Its key is asked for: an event `message` or `refused` with the same origin follows. */
  | { readonly type: "held"; readonly sentence: string }
  /** The sentence is fit for a line in the chat. */
  | { readonly type: "refused"; readonly cause: Refusal; readonly sentence: string }
  /** It was for the control manager: a rekey or statement; or our own message. */
  | { readonly type: "taken" };

/** Something about the group's safety that a person should see. */
export type IncidentKind =
  | "other-key-server" // somebody without the pinned key speaks as the key server
  | "restored" // the key server began anew, from a backup
  | "silent" // no statement for 180 s while the room works
  | "heard-again" // statements come again
  | "room-silent" // the key server answers, and nothing that it says in the room comes
  | "strange-device" // a device is in that its person's list does not name
  | "missing" // a member heard messages in the room that did not come here
  | "forgotten" // the key server does not have the group any more
  | "rolled-back" // the key server, or who has its key, shows an older state
  | "forked" // it told us and others different things of one epoch
  | "unsigned" // somebody was expelled, or came, without a signed act of an owner or admin
  | "unproved" // the group changed while this device could not see by whose act
  | "key-changed"; // a member's account key is another than the one pinned

/** What a group tells. Every `sentence` is fit for a line in the chat. */
export type GroupEvent =
  | { readonly type: "phase"; readonly phase: GroupPhase; readonly sentence: string }
  | {
    readonly type: "epoch";
    readonly epoch: GroupEpoch;
    readonly joined: readonly GroupMember[];
    readonly left: readonly GroupMember[];
    readonly expelled: readonly GroupMember[];
    /** Whose role is another now. */
    readonly changed: readonly GroupMember[];
    /** "Epoch 7: bob@example.org left, the key changed." */
    readonly sentence: string;
  }
  | { readonly type: "message"; readonly message: GroupMessage }
  | {
    readonly type: "refused";
    /** Null when it came over the control channel. */
    readonly origin: Origin | null;
    readonly cause: Refusal;
    readonly sentence: string;
  }
  | { readonly type: "incident"; readonly kind: IncidentKind; readonly sentence: string }
  | { readonly type: "specification"; readonly specification: Specification };

/** Figures for a status page. */
export interface GroupStatus {
  readonly phase: GroupPhase;
  /** Code and sentence of the refusal, when the phase is `refused`. */
  readonly refusal: { readonly code: string; readonly message: string } | null;
  readonly epoch: GroupEpoch | null;
  /** Our own member id. */
  readonly self: string;
  readonly specification: Specification;
  /** Messages held until their key comes. */
  readonly held: number;
  readonly sent: number;
  readonly opened: number;
  /** What was refused, by cause. */
  readonly refused: Readonly<Partial<Record<Refusal, number>>>;
  /** Is the key server heard from? */
  readonly silent: boolean;
}

/**
 * How a group agrees on keys, and what it does with them: all that the rest of simppd knows of a
 * scheme. Keystone's is `KeystoneGroup`; another (MLS, RFC 9420) fits behind the same door.
 *
 * The caller hands in what the room says ({@link open}) and what comes sealed from the key server;
 * the scheme sends through the channels it was made with. Nothing leaves in clear: {@link seal}
 * throws rather than send to a group whose key is not certain.
 */
export interface GroupKeys {
  /** 32 hex digits. */
  readonly group: string;
  readonly specification: Specification;
  /** Null before we are in and after we left. */
  readonly epoch: GroupEpoch | null;
  readonly phase: GroupPhase;
  readonly status: GroupStatus;
  readonly events: Emitter<GroupEvent>;

  /**
   * Seals content for the members of this epoch; give the result to the room.
   * @param kept is the room's archive to keep it? Else nobody is told where it does not come
   * @throws GroupError `not-in-group`, `key-not-here`, `may-not-send`, `too-large`
   */
  seal(content: Uint8Array, kept?: boolean): Bytes;
  /** Takes a payload the room delivered: data, rekey or statement. Never throws. */
  open(payload: Uint8Array, origin: Origin): Opened;

  /** Registers and joins; resolves when we are in. @throws GroupError, also `refused` ones */
  join(signal?: AbortSignal): Promise<void>;
  /** Leaves; resolves when the key server confirmed it. Afterwards nothing is opened. */
  leave(signal?: AbortSignal): Promise<void>;
  /**
   * Lets somebody in (bare JID), with a role. Owners and admins. This and the acts below resolve when
   * it is done: who keeps the keys is asked on for a day.
   */
  admit(jid: string, role?: Role): Promise<void>;
  /** Takes out a person (bare JID) or one device (member id). Owners and admins. */
  expel(subject: string): Promise<void>;
  /** Gives a person another role. Owners. */
  setRole(jid: string, role: Role): Promise<void>;
  /** Makes another specification valid. Owners. */
  respecify(specification: Specification): Promise<void>;
  /** Ends the group for everybody. Owners. */
  end(): Promise<void>;
  /** Stops timers and waiting requests; what is stored stays. */
  close(): void;
}
