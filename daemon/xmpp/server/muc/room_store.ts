import type { Affiliation } from "./privileges.ts";
import type { RoomConfig } from "./room_config.ts";

/** What a room is about, and who said so when (XEP-0045 section 8.1). */
export interface Subject {
  readonly text: string;
  readonly nick: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What is kept of a room between restarts. */
export interface RoomRecord {
  /** Local part of its JID. */
  readonly name: string;
  /** Local part of the account that made it, and pays for it with its number of rooms. */
  readonly creator: string;
  readonly config: RoomConfig;
  readonly subject: Subject | undefined;
}

/** Where rooms are kept that outlast their occupants. */
export interface RoomStore {
  get(name: string): RoomRecord | undefined;
  /** Makes the room, or writes over what was known of it. */
  put(room: RoomRecord): void;
  /** With all that belongs to it. */
  remove(name: string): void;
  names(): string[];
  count(): number;
  countOf(creator: string): number;
  /** Rooms that are shown to who looks for some. */
  listPublic(): { readonly name: string; readonly title: string }[];
  /** Bare JID to what it is to the room; never `none`. */
  affiliations(name: string): Map<string, Exclude<Affiliation, "none">>;
  setAffiliation(name: string, jid: string, affiliation: Affiliation): void;
  /** Rooms that a bare JID is affiliated with. */
  roomsOf(jid: string): string[];
}
