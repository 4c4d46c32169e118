import { logOf } from "../base/mod.ts";
import { type Archived, type MessageArchive, readLink } from "../xmpp/client/mod.ts";
import { type Element, Jid, NS, StanzaError } from "../xmpp/core/mod.ts";
import type { Said } from "./room_log.ts";

const PAGE = 50;
/** Most pages that are fetched after one entry. */
const MOST_PAGES = 10;

/** What the history of a room is looked through with. */
export interface RoomHistoryQuery {
  readonly room: Jid;
  /** Newest message of the archive that is here. */
  readonly place: string | null;
  readonly signal: AbortSignal;
  /** Takes what was said, oldest first. */
  readonly take: (archived: Archived) => void;
}

/**
 * Fetches what a room's archive (XEP-0313) has beyond `place`, or its newest page. A room without one
 * has nothing to give.
 * @returns the newest place
 */
export async function fetchRoomHistory(
  archive: MessageArchive,
  { room, place, signal, take }: RoomHistoryQuery,
): Promise<string | null> {
  let after = place;
  for (let page = 0; page < MOST_PAGES && !signal.aborted; page++) {
    try {
      const beyond = after === null ? { before: "" } : { after };
      const { messages, last, complete } = await archive.page({ max: PAGE, ...beyond }, room);
      if (signal.aborted) return after;
      for (const archived of messages) take(archived);
      const first = after === null;
      after = last ?? after;
      if (complete || first || last === undefined) return after;
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      if (error.condition !== "item-not-found" || after === null) {
        logOf("app").info("{room} shows no archive: {error}", { room: room.toString(), error });
        return after;
      }
      // What the place named is not kept any more.
      after = null;
    }
  }
  return after;
}

/** What a message of a room's archive says; undefined when it says nothing to read. */
export function saidOf(
  { id, at, message }: Archived,
): Omit<Said, "own" | "unread"> | undefined {
  const from = Jid.tryParse(message.attrs.from);
  const body = message.getChildText("body");
  if (from === undefined || from.resource === "" || body === null || body === "") return undefined;
  const item = message.getChild("x", NS.mucUser)?.getChild("item");
  return {
    nick: from.resource,
    body,
    link: readLink(message.getChildElements()) ?? null,
    replaces: replacedBy(message),
    // Who has come and gone since, an archive does not tell.
    stay: undefined,
    stanzaId: id,
    id: message.attrs.id,
    at: at ?? Date.now(),
    occupantId: message.getChild("occupant-id", NS.occupantId)?.attrs.id?.slice(0, 256),
    jid: Jid.tryParse(item?.attrs.jid)?.bare().toString(),
    kind: "chat",
  };
}

/** What a message corrects, by its sender's name for it (XEP-0308). */
export function replacedBy(message: Element): string | undefined {
  return message.getChild("replace", NS.correction)?.attrs.id?.slice(0, 256);
}
