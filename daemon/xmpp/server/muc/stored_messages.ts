import { el, Jid, NS, serialise } from "../../core/mod.ts";
import { type Archive, idAt, timeOf } from "../storage/archive.ts";
import { readStored } from "../stored_xml.ts";
import type { ArchivedMessage, RecentlySaid, RoomArchive } from "./room_archive.ts";

/** Messages that are read at once at most. */
const MOST_AT_ONCE = 16;

/** A {@link RoomArchive} in the server's archive, where XEP-0313 finds it too. */
export class StoredMessages implements RoomArchive {
  readonly #archive: Archive;

  constructor(archive: Archive) {
    this.#archive = archive;
  }

  nextId(): string {
    return String(this.#archive.nextId(Date.now()));
  }

  add(room: string, { id, stanza }: ArchivedMessage): void {
    const copy = el(stanza.name, { ...stanza.attrs, xmlns: NS.client });
    copy.children = stanza.children;
    const { resource } = Jid.parse(stanza.attrs.from!);
    this.#archive.add({
      id: Number(id),
      owner: room,
      peer: room,
      resource,
      stanza: serialise(copy),
    });
  }

  recent(room: string, most: number, since: number, characters: number): RecentlySaid {
    const messages: ArchivedMessage[] = [];
    let read = 0;
    let wanted = 1;
    const filter = {
      owner: room,
      peer: "",
      resource: "",
      after: idAt(since) - 1,
      before: Number.MAX_SAFE_INTEGER,
    };
    // Few at first: a room of long messages is not read whole for who wants a short one.
    while (messages.length < most) {
      const page = this.#archive.page(filter, Math.min(wanted, most - messages.length), true);
      for (const { id, stanza } of page.reverse()) {
        read += stanza.length;
        if (read > characters) return { messages: messages.reverse(), read };
        const said = readStored(stanza);
        if (said !== undefined) messages.push({ id: String(id), at: timeOf(id), stanza: said });
        filter.before = id;
      }
      if (page.length < wanted) break;
      wanted = Math.min(2 * wanted, MOST_AT_ONCE);
    }
    return { messages: messages.reverse(), read };
  }

  remove(room: string): void {
    this.#archive.remove(room);
  }

  rooms(domain: string): string[] {
    return this.#archive.ownersAt(domain);
  }
}
