import { SimppdError } from "../../base/mod.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";

/** What a limit counts: milliseconds, bytes, things, or a part of a whole. */
export type LimitUnit = "ms" | "bytes" | "count" | "share";

/** What may be set, and what it does. */
export interface LimitRange {
  readonly unit: LimitUnit;
  readonly least: number;
  readonly most: number;
  readonly about: string;
}

/** A limit as it is listed for people. */
export interface ListedLimit extends LimitRange {
  readonly name: string;
  readonly default: number;
}

const SECOND = 1000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const MIB = 1 << 20;
const GIB = 1 << 30;

const ms = (least: number, most: number, about: string): LimitRange => (
  { unit: "ms", least, most, about }
);
const bytes = (least: number, most: number, about: string): LimitRange => (
  { unit: "bytes", least, most, about }
);
const count = (least: number, most: number, about: string): LimitRange => (
  { unit: "count", least, most, about }
);
const share = (about: string): LimitRange => ({ unit: "share", least: 0, most: 1, about });

/** Every limit and its range. A server that took values outside of them would not work. */
export const LIMIT_RANGES: Readonly<Record<keyof ServerLimits, LimitRange>> = {
  loginTimeoutMs: ms(SECOND, HOUR, "From the TCP accept to a login that is complete."),
  handshakeTimeoutMs: ms(SECOND, HOUR, "From the TCP accept to the end of the TLS handshake."),
  idlePingMs: ms(SECOND, DAY, "Silence after which the server pings a client."),
  pingTimeoutMs: ms(SECOND, HOUR, "How long a pinged client may stay silent."),
  sweepMs: ms(10, 60 * SECOND, "How often deadlines are looked at."),
  connections: count(1, 1_000_000, "Open connections, never more than half the descriptors."),
  connectionsPerAddress: count(1, 1_000_000, "Open connections of one address."),
  loginsPerAddress: count(1, 1_000_000, "Connections of one address that have not logged in."),
  stanzasBeforeAuth: count(5, 1_000, "What a client may send before it is logged in."),
  sessionsPerAccount: count(1, 1_000, "Clients of one account at a time."),
  outQueueBytes: bytes(65_536, GIB, "Bytes waiting for a client that reads slowly."),
  unackedStanzas: count(10, 1_000_000, "Stanzas sent and not acknowledged (XEP-0198)."),
  unackedBytes: bytes(65_536, GIB, "Bytes of stanzas sent and not acknowledged (XEP-0198)."),
  resumeMs: ms(0, DAY, "How long a session waits for its client to come back; 0: not at all."),
  crowdedHoldMs: ms(0, 60 * SECOND, "The longest one stanza to a slow client holds its sender."),
  bytesPerSecondBeforeAuth: bytes(500, GIB, "Bytes a second of a client that logs in."),
  burstBytesBeforeAuth: bytes(4_096, GIB, "Bytes such a client may send at once."),
  bytesPerSecond: bytes(1_000, GIB, "Bytes a second of a client that is logged in."),
  burstBytes: bytes(10_000, GIB, "Bytes such a client may send at once."),
  stanzaCostBytes: bytes(0, 65_536, "What a stanza counts at least, however small it is."),
  addressBytesPerSecond: bytes(1_000, GIB, "Bytes a second of all connections of one address."),
  addressBurstBytes: bytes(10_000, GIB, "Bytes they may send at once, together."),
  stanzaBytesBeforeAuth: bytes(4_096, 65_536, "Bytes of one stanza before the login."),
  stanzaDepthBeforeAuth: count(6, 90, "Elements within each other before the login."),
  stanzaAttributesBeforeAuth: count(10, 90, "Attributes of one element before the login."),
  stanzaChildrenBeforeAuth: count(10, 1_000, "Children of one element before the login."),
  stanzaBytes: bytes(10_000, 400_000, "Bytes of one stanza."),
  stanzaDepth: count(12, 90, "Elements within each other."),
  stanzaAttributes: count(20, 90, "Attributes of one element; with a prefix they count twice."),
  stanzaChildren: count(100, 18_000, "Children of one element."),
  rosterItems: count(1, 100_000, "Contacts of one account."),
  subscriptionRequests: count(1, 100_000, "Requests that wait for one account's answer."),
  offlineMessages: count(0, 1_000_000, "Messages kept for one account that is away."),
  offlineBytes: bytes(0, GIB, "Bytes of messages kept for one account that is away."),
  offlineShareOfContact: share("The part of both that one contact may fill."),
  offlineShareOfStrangers: share("The part of both that all strangers together may fill."),
  archiveMessages: count(0, 100_000_000, "Messages one archive keeps; the oldest go."),
  archiveBytes: bytes(0, 1024 * GIB, "Bytes one archive keeps; the oldest go."),
  archiveAgeMs: ms(60 * SECOND, 36_525 * DAY, "How long a message stays in an archive."),
  archivePage: count(1, 1_000, "Messages of one page of an archive."),
  archivePageBytes: bytes(65_536, 64 * MIB, "Bytes of one page of an archive."),
  pepNodes: count(1, 100_000, "Nodes one account publishes."),
  pepItems: count(1, 100_000, "Items a node may be asked to keep."),
  pepItemBytes: bytes(1_024, 16 * MIB, "Bytes of one published item."),
  pepBytes: bytes(65_536, GIB, "Bytes of all that one account publishes."),
  pepSubscribers: count(0, 100_000, "Subscriptions to one node."),
  pepPending: count(0, 10_000, "Subscriptions to one node that wait for its owner."),
  pepAffiliations: count(0, 100_000, "Publishers, members and outcasts of one node."),
  pepSubscriptions: count(0, 100_000, "Subscriptions of one account, to whatever nodes."),
  directedPresences: count(0, 100_000, "Entities a client may have sent directed presence to."),
  blockedJids: count(1, 100_000, "Addresses one account may block."),
  rooms: count(0, 1_000_000, "Rooms in all."),
  roomsPerAccount: count(0, 100_000, "Rooms made by one account."),
  roomOccupants: count(1, 100_000, "People in one room at a time."),
  roomAffiliations: count(1, 100_000, "Owners, admins, members and outcasts of one room."),
  roomNickLength: count(1, 1_000, "Characters of a name in a room."),
  roomSubjectLength: count(1, 10_000, "Characters of a room's subject."),
  roomTextLength: count(1, 10_000, "Characters of a room's name, password, reasons."),
  roomPresenceBytes: bytes(256, 65_536, "Bytes of what one occupant's presence shows."),
  roomFormBytes: bytes(4_096, 4 * MIB, "Bytes of a request that changes a room."),
  occupantStanzasPerSecond: count(1, 10_000, "What one occupant may do a second."),
  occupantStanzaBurst: count(1, 100_000, "What one occupant may do at once."),
  roomMessagesPerSecond: count(1, 100_000, "Messages a second of a whole room."),
  roomMessageBurst: count(1, 100_000, "Messages at once of a whole room."),
  roomHistoryMessages: count(0, 10_000, "Messages shown to who joins a room."),
  roomHistoryBytes: bytes(0, 64 * MIB, "Bytes a room remembers where nothing is archived."),
  roomHistoryBytesInAll: bytes(0, 64 * GIB, "The same of all rooms together."),
  roomRequests: count(1, 10_000, "Requests of a room's occupants to each other that wait."),
  httpsConnections: count(1, 1_000_000, "Open HTTPS connections."),
  httpsConnectionsPerAddress: count(1, 1_000_000, "Open HTTPS connections of one address."),
  httpsHandshakeMs: ms(SECOND, HOUR, "From the TCP accept to the end of the TLS handshake."),
  httpsHeadersMs: ms(SECOND, HOUR, "How long the headers of a request may take."),
  httpsHeaderBytes: bytes(1_024, MIB, "Bytes of the headers of a request."),
  httpsIdleMs: ms(SECOND, HOUR, "How long a connection may be idle between two requests."),
  httpsStallMs: ms(SECOND, HOUR, "How long a request or answer may move nothing."),
  httpsSlowestRate: bytes(0, GIB, "Bytes a second that a file must come or go with."),
  uploadFileBytes: bytes(0, 1024 * GIB, "The largest file."),
  uploadBytes: bytes(0, 1024 * GIB, "Bytes of one account's files."),
  uploadFiles: count(0, 10_000_000, "Files of one account."),
  uploadBytesInAll: bytes(0, 1_048_576 * GIB, "Bytes of all accounts' files."),
  uploadSlots: count(1, 100_000, "Slots of one account that wait for their file."),
  uploadSlotMs: ms(SECOND, DAY, "How long a slot waits for its file."),
  uploadAgeMs: ms(60 * SECOND, 36_525 * DAY, "How long a file is kept."),
  uploadDiskReserve: bytes(0, 1024 * GIB, "What files leave free on the disk."),
  invitations: count(1, 100_000, "Open invitations of one account, and of the administrator."),
  scramIterations: count(4_096, 10_000_000, "PBKDF2 rounds for passwords stored from now on."),
  tokenLifeMs: ms(60 * SECOND, 366 * DAY, "How long a login token (XEP-0484) can be used."),
  tokenRotateMs: ms(SECOND, 366 * DAY, "After how long a token that is used is replaced."),
  tokenClients: count(1, 1_000, "Clients of one account that have tokens."),
  failuresBeforeBackoff: count(1, 1_000, "Wrong passwords before each further one must wait."),
  backoffMs: ms(0, HOUR, "The first wait; it is doubled each time."),
  longestBackoffMs: ms(0, DAY, "The longest wait."),
  longestKnownBackoffMs: ms(0, DAY, "The same at an address the account has logged in from."),
  failuresBeforeBan: count(1, 100_000, "Wrong passwords of one address before it is banned."),
  banMs: ms(0, 366 * DAY, "How long an address is banned."),
};

/** All limits, in the order they are described. */
export function listLimits(): ListedLimit[] {
  return namesOf().map((name) => ({ name, default: DEFAULT_LIMITS[name], ...LIMIT_RANGES[name] }));
}

/** Factors of what may follow a number. */
const SUFFIXES: Record<LimitUnit, Record<string, number>> = {
  ms: { ms: 1, s: SECOND, m: 60 * SECOND, h: HOUR, d: DAY },
  bytes: { k: 1 << 10, M: MIB, G: GIB },
  count: {},
  share: {},
};

/**
 * Reads `NAME=VALUE` of each: a number, for times with `ms`, `s`, `m`, `h` or `d` behind it, for
 * bytes with `k`, `M` or `G` in any case (powers of 1024).
 * @throws SimppdError `bad-limit`
 */
export function readLimits(settings: readonly string[]): Partial<ServerLimits> {
  const limits: Partial<ServerLimits> = {};
  for (const setting of settings) {
    const at = setting.indexOf("=");
    const given = at < 0 ? setting : setting.slice(0, at);
    const name = namesOf().find((each) => each === given);
    if (name === undefined) {
      throw bad(`There is no limit "${given}"; \`simppd server limits\` lists all there are.`);
    }
    limits[name] = valueOf(name, at < 0 ? "" : setting.slice(at + 1));
  }
  return limits;
}

function valueOf(name: keyof ServerLimits, text: string): number {
  const { unit, least, most } = LIMIT_RANGES[name];
  const match = /^(\d{1,18}(?:\.\d{1,6})?)([A-Za-z]*)$/.exec(text);
  const suffixes = SUFFIXES[unit];
  const factor = match?.[2] === "" ? 1 : suffixOf(match?.[2] ?? "", unit);
  const value = factor === undefined ? NaN : Number(match?.[1]) * factor;
  if (value >= least && value <= most && (unit === "share" || Number.isInteger(value))) {
    return value;
  }
  const behind = Object.keys(suffixes);
  throw bad(
    `${name} takes a ${unit === "share" ? "part" : "whole number"} from ${least} to ${most}` +
      `${unit === "ms" ? " milliseconds" : unit === "bytes" ? " bytes" : ""}` +
      `${behind.length === 0 ? "" : ` (or with ${behind.join(", ")} behind it)`}, not "${text}".`,
  );
}

/** Of bytes in any case; of times not, for M might be meant as months. */
function suffixOf(text: string, unit: LimitUnit): number | undefined {
  const suffixes = Object.entries(SUFFIXES[unit]);
  const same = (name: string) =>
    unit === "bytes" ? name.toLowerCase() === text.toLowerCase() : name === text;
  return suffixes.find(([name]) => same(name))?.[1];
}

function namesOf(): (keyof ServerLimits)[] {
  return Object.keys(LIMIT_RANGES) as (keyof ServerLimits)[];
}

function bad(message: string): SimppdError {
  return new SimppdError("bad-limit", message);
}
