import type { Element } from "../../core/mod.ts";

/** One message of a room as it was sent to all, without `to`, with its stanza-id. */
export interface ArchivedMessage {
  /** Unique in its room (XEP-0359). */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Namespace declared on the stanza itself. */
  readonly stanza: Element;
}

/** What was found for who joins. */
export interface RecentlySaid {
  /** Oldest first. */
  readonly messages: ArchivedMessage[];
  /** Characters that had to be read for it, of messages that are not among them too. */
  readonly read: number;
}

/** What was said in rooms, for those who join (XEP-0045 section 7.2.13). */
export interface RoomArchive {
  /** An id for the next message of any room. */
  nextId(): string;
  /** @param room bare JID */
  add(room: string, message: ArchivedMessage): void;
  /**
   * The newest `most`, oldest first, none before `since` (milliseconds since 1970), and no more than
   * have so many characters of XML together.
   */
  recent(room: string, most: number, since: number, characters: number): RecentlySaid;
  remove(room: string): void;
  /** Bare JIDs of those rooms of a domain in which something was said. */
  rooms(domain: string): string[];
}
