import {
  type Element,
  elementCount,
  LIMITS_AFTER_AUTH,
  LIMITS_BEFORE_AUTH,
  LIMITS_OF_SERVER,
  type ReaderLimits,
} from "../core/mod.ts";
import { ARCHIVE_ROOM } from "./storage/archive.ts";
import { DEFAULT_WEB_LIMITS, type WebLimits } from "./web/limits.ts";

/** Every bound the server keeps, settable one by one. Bytes, milliseconds and counts. */
export interface ServerLimits extends WebLimits {
  /** From the TCP accept to a bound resource. */
  loginTimeoutMs: number;
  /** From the TCP accept, or from `<proceed/>`, to the end of the TLS handshake. */
  handshakeTimeoutMs: number;
  /** Silence after which the server pings a client (XEP-0199). */
  idlePingMs: number;
  /** How long a pinged client may stay silent before it is dropped. */
  pingTimeoutMs: number;
  /** How often deadlines are looked at. */
  sweepMs: number;
  /** Open connections in all (never more than half of the process's descriptors), and of one address. */
  connections: number;
  connectionsPerAddress: number;
  /** Connections of one address that have not logged in yet; past it an old one goes for a new one. */
  loginsPerAddress: number;
  /** Stanzas and SASL elements a client may send before it is logged in. */
  stanzasBeforeAuth: number;
  sessionsPerAccount: number;
  /**
   * Bytes written for a client and not yet taken by it; past it the client is dropped. While more
   * than half of it waits, others who write to the client are held back, and past three quarters
   * nothing of theirs is written any more.
   */
  outQueueBytes: number;
  /**
   * Stanzas, and bytes of them, sent to a client that acknowledges (XEP-0198) and not acknowledged;
   * past either nothing of others is written any more, past one and a half the session cannot be
   * resumed until the client has caught up.
   */
  unackedStanzas: number;
  unackedBytes: number;
  /** The longest a session waits for its client to come back (XEP-0198); 0: not at all. */
  resumeMs: number;
  /** The longest one stanza to a client that reads slowly holds its sender back. */
  crowdedHoldMs: number;
  /** What a connection may send on average and at once, before and after login. */
  bytesPerSecondBeforeAuth: number;
  burstBytesBeforeAuth: number;
  bytesPerSecond: number;
  burstBytes: number;
  /**
   * A stanza counts this many bytes beside its own, so that many tiny ones are not cheap; each eight
   * elements of one do.
   */
  stanzaCostBytes: number;
  /** What all connections of one address may send together, on average and at once. */
  addressBytesPerSecond: number;
  addressBurstBytes: number;
  /**
   * Bytes of a stanza, elements within each other, attributes of an element (those with a prefix
   * count twice) and its children, before and after login; the latter of components too.
   */
  stanzaBytesBeforeAuth: number;
  stanzaDepthBeforeAuth: number;
  stanzaAttributesBeforeAuth: number;
  stanzaChildrenBeforeAuth: number;
  stanzaBytes: number;
  stanzaDepth: number;
  stanzaAttributes: number;
  stanzaChildren: number;
  rosterItems: number;
  /** Subscription requests waiting for one account's answer. */
  subscriptionRequests: number;
  offlineMessages: number;
  offlineBytes: number;
  /** Parts of both that one contact, and all strangers together, may fill. */
  offlineShareOfContact: number;
  offlineShareOfStrangers: number;
  /** Messages and bytes one archive keeps, and for how long; the oldest go. */
  archiveMessages: number;
  archiveBytes: number;
  archiveAgeMs: number;
  /** Messages of one page, and their bytes together. */
  archivePage: number;
  archivePageBytes: number;
  pepNodes: number;
  /** The most `pubsub#max_items` may ask for. */
  pepItems: number;
  pepItemBytes: number;
  /** All nodes and items of one account together, names and ids included. */
  pepBytes: number;
  /** Subscriptions to one node, those of them that wait for its owner, and its affiliations. */
  pepSubscribers: number;
  pepPending: number;
  pepAffiliations: number;
  /** Subscriptions of one account to whatever nodes. */
  pepSubscriptions: number;
  /** Entities one session may have sent directed presence to. */
  directedPresences: number;
  blockedJids: number;
  /** Rooms (XEP-0045) in all, and made by one account. */
  rooms: number;
  roomsPerAccount: number;
  roomOccupants: number;
  /** Owners, admins, members and outcasts of one room. */
  roomAffiliations: number;
  roomNickLength: number;
  roomSubjectLength: number;
  /** Characters of a name, description, password or reason. */
  roomTextLength: number;
  /** Bytes of what one occupant's presence shows. */
  roomPresenceBytes: number;
  /** Bytes of a request that changes a room: its form, its lists. */
  roomFormBytes: number;
  /** Messages, presence and changes of one occupant, and messages of a whole room. */
  occupantStanzasPerSecond: number;
  occupantStanzaBurst: number;
  roomMessagesPerSecond: number;
  roomMessageBurst: number;
  /**
   * What a room shows those who join, messages and bytes; what all rooms together remember where
   * there is no archive.
   */
  roomHistoryMessages: number;
  roomHistoryBytes: number;
  roomHistoryBytesInAll: number;
  /** Requests of one room's occupants to each other that wait for an answer. */
  roomRequests: number;
  /** Open invitations of one account. */
  invitations: number;
  /** PBKDF2 rounds for passwords stored from now on (RFC 7677 wants 4096 at least). */
  scramIterations: number;
  /** How long a token (XEP-0484) can be used, and after how long it is replaced when it is. */
  tokenLifeMs: number;
  tokenRotateMs: number;
  /** Clients of one account that have tokens. */
  tokenClients: number;
  /** Wrong passwords of one account from one address before each further one must wait. */
  failuresBeforeBackoff: number;
  /** First wait, doubled each time up to the longest. */
  backoffMs: number;
  longestBackoffMs: number;
  /** The longest where the account has logged in before: guessing must not lock its owner out. */
  longestKnownBackoffMs: number;
  /** Failures of one address, whatever the account, before it is banned, and for how long. */
  failuresBeforeBan: number;
  banMs: number;
}

/** What a server for a household or a team on one machine needs, with room to spare. */
export const DEFAULT_LIMITS: ServerLimits = {
  ...DEFAULT_WEB_LIMITS,
  loginTimeoutMs: 30_000,
  handshakeTimeoutMs: 10_000,
  idlePingMs: 120_000,
  pingTimeoutMs: 60_000,
  sweepMs: 1_000,
  connections: 2_000,
  connectionsPerAddress: 1_500,
  loginsPerAddress: 200,
  stanzasBeforeAuth: 30,
  sessionsPerAccount: 10,
  outQueueBytes: 4 << 20,
  unackedStanzas: 1_000,
  unackedBytes: 1 << 20,
  resumeMs: 300_000,
  crowdedHoldMs: 2_000,
  bytesPerSecondBeforeAuth: 10_000,
  burstBytesBeforeAuth: 40_000,
  bytesPerSecond: 2_000_000,
  burstBytes: 4_000_000,
  stanzaCostBytes: 256,
  addressBytesPerSecond: 16_000_000,
  addressBurstBytes: 32_000_000,
  stanzaBytesBeforeAuth: LIMITS_BEFORE_AUTH.bytes,
  stanzaDepthBeforeAuth: LIMITS_BEFORE_AUTH.depth,
  stanzaAttributesBeforeAuth: LIMITS_BEFORE_AUTH.attributes,
  stanzaChildrenBeforeAuth: LIMITS_BEFORE_AUTH.children,
  stanzaBytes: LIMITS_AFTER_AUTH.bytes,
  stanzaDepth: LIMITS_AFTER_AUTH.depth,
  stanzaAttributes: LIMITS_AFTER_AUTH.attributes,
  stanzaChildren: LIMITS_AFTER_AUTH.children,
  rosterItems: 500,
  subscriptionRequests: 100,
  offlineMessages: 500,
  offlineBytes: 8 << 20,
  offlineShareOfContact: 0.5,
  offlineShareOfStrangers: 0.1,
  archiveMessages: ARCHIVE_ROOM.messages,
  archiveBytes: ARCHIVE_ROOM.bytes,
  archiveAgeMs: 90 * 86_400_000,
  archivePage: 100,
  archivePageBytes: 1 << 20,
  pepNodes: 200,
  pepItems: 256,
  pepItemBytes: 65_536,
  pepBytes: 8 << 20,
  pepSubscribers: 500,
  pepPending: 50,
  pepAffiliations: 500,
  pepSubscriptions: 1_000,
  directedPresences: 100,
  blockedJids: 500,
  rooms: 1_000,
  roomsPerAccount: 50,
  roomOccupants: 1_000,
  roomAffiliations: 2_000,
  roomNickLength: 64,
  roomSubjectLength: 1_000,
  roomTextLength: 1_000,
  roomPresenceBytes: 4_096,
  roomFormBytes: 65_536,
  occupantStanzasPerSecond: 20,
  occupantStanzaBurst: 100,
  roomMessagesPerSecond: 100,
  roomMessageBurst: 500,
  roomHistoryMessages: 100,
  roomHistoryBytes: 262_144,
  roomHistoryBytesInAll: 32 << 20,
  roomRequests: 200,
  invitations: 100,
  scramIterations: 10_000,
  tokenLifeMs: 14 * 86_400_000,
  tokenRotateMs: 86_400_000,
  tokenClients: 20,
  failuresBeforeBackoff: 5,
  backoffMs: 1_000,
  longestBackoffMs: 300_000,
  longestKnownBackoffMs: 1_000,
  failuresBeforeBan: 20,
  banMs: 600_000,
};

/** Elements that a stanza has for its {@link ServerLimits.stanzaCostBytes}. */
const ELEMENTS_PAID = 8;

/** What a stanza costs who sent it beside its bytes, in bytes of its rate. */
export function costOf(stanza: Element, { stanzaCostBytes }: ServerLimits): number {
  return Math.ceil(stanzaCostBytes * Math.max(1, elementCount(stanza) / ELEMENTS_PAID));
}

/** What a reader of a client's stream takes before its login. */
export function limitsBeforeAuth(limits: ServerLimits): ReaderLimits {
  return {
    bytes: limits.stanzaBytesBeforeAuth,
    depth: Math.min(limits.stanzaDepthBeforeAuth, LIMITS_AFTER_AUTH.depth),
    attributes: limits.stanzaAttributesBeforeAuth,
    children: limits.stanzaChildrenBeforeAuth,
  };
}

/**
 * What it takes after the login. Never so much that it could not be sent on: wrapped, marked and
 * escaped it must fit what our own clients take of a server.
 */
export function limitsAfterAuth(limits: ServerLimits): ReaderLimits {
  const { bytes, attributes, children } = LIMITS_OF_SERVER;
  return {
    bytes: Math.min(limits.stanzaBytes, 0.2 * bytes),
    depth: Math.min(limits.stanzaDepth, LIMITS_AFTER_AUTH.depth),
    attributes: Math.min(limits.stanzaAttributes, 0.45 * attributes),
    children: Math.min(limits.stanzaChildren, 0.9 * children),
  };
}
