import { el, Jid, NO_LIMITS, NS, parseElement, serialise } from "../../core/mod.ts";
import { type Archive, idAt, timeOf } from "../storage/archive.ts";
import type { ArchivedMessage, RoomArchive } from "./room_archive.ts";

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

  recent(room: string, most: number, since: number, characters: number): ArchivedMessage[] {
    if (most <= 0) return [];
    const filter = {
      owner: room,
      peer: "",
      resource: "",
      after: idAt(since) - 1,
      before: Number.MAX_SAFE_INTEGER,
    };
    let length = 0;
    const newest = this.#archive.page(filter, most, true).reverse();
    const over = newest.findIndex(({ stanza }) => (length += stanza.length) > characters);
    const fitting = over < 0 ? newest : newest.slice(0, over);
    return fitting.reverse().map(({ id, stanza }) => ({
      id: String(id),
      at: timeOf(id),
      stanza: parseElement(stanza, NO_LIMITS),
    }));
  }

  remove(room: string): void {
    this.#archive.remove(room);
  }

  rooms(domain: string): string[] {
    return this.#archive.ownersAt(domain);
  }
}
