import { Emitter } from "../../base/mod.ts";
import { el, type Element, Jid, NS } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import type { Pep, PepItem } from "./xep_0163_pep.ts";

const MAX_BOOKMARKS = 500;
const MAX_NAME = 200;

/** A room that is kept for all devices of an account. */
export interface Bookmark {
  readonly room: Jid;
  readonly name: string;
  readonly nick: string | undefined;
  readonly password: string | undefined;
  /** Enter it whenever one is online. */
  readonly autojoin: boolean;
}

/** What changed, on this device or another one. */
export type BookmarkEvent =
  | { readonly kind: "bookmark"; readonly bookmark: Bookmark }
  | { readonly kind: "removed"; readonly room: Jid };

/** PEP Native Bookmarks (XEP-0402): readable by the account alone. */
export class Bookmarks {
  readonly events: Emitter<BookmarkEvent> = new Emitter();
  readonly #pep: Pep;
  #known = new Map<string, { bookmark: Bookmark; extensions: Element | undefined }>();

  /** Registers with `client`; bookmarks are fetched at every new session. */
  constructor(client: XmppClient, pep: Pep) {
    this.#pep = pep;
    pep.onEvent(NS.bookmarks, (from, items, retracted) => {
      // Bookmarks of others are none of ours.
      if (from.equals(client.jid.bare())) this.#take(items, retracted);
    });
    client.hooks.online(async () => {
      this.#replace(await pep.fetch(client.jid, NS.bookmarks));
    });
  }

  get all(): readonly Bookmark[] {
    return [...this.#known.values()].map(({ bookmark }) => bookmark);
  }

  get(room: Jid): Bookmark | undefined {
    return this.#known.get(room.bare().toString())?.bookmark;
  }

  /** Keeps a bookmark, over what was kept of its room. @throws StanzaError, SimppdError */
  async set(bookmark: Bookmark): Promise<void> {
    const room = bookmark.room.bare();
    const conference = el(
      "conference",
      {
        xmlns: NS.bookmarks,
        name: bookmark.name === "" ? undefined : bookmark.name,
        autojoin: bookmark.autojoin ? "true" : "false",
      },
      bookmark.nick === undefined ? undefined : el("nick", {}, bookmark.nick),
      bookmark.password === undefined ? undefined : el("password", {}, bookmark.password),
      // Section 3: what other software keeps there stays.
      this.#known.get(room.toString())?.extensions,
    );
    await this.#pep.publish(NS.bookmarks, room.toString(), conference, {
      accessModel: "whitelist",
      persist: true,
      maxItems: "max",
      sendLast: "never",
    });
    this.#take([{ id: room.toString(), payload: conference }], []);
  }

  /** @throws StanzaError, SimppdError */
  async remove(room: Jid): Promise<void> {
    await this.#pep.retract(NS.bookmarks, room.bare().toString());
    this.#take([], [room.bare().toString()]);
  }

  #replace(items: readonly PepItem[]): void {
    const before = [...this.#known.keys()];
    this.#known.clear();
    this.#take(items, []);
    for (const room of before) {
      if (!this.#known.has(room)) this.events.emit({ kind: "removed", room: Jid.parse(room) });
    }
  }

  #take(items: readonly PepItem[], retracted: readonly string[]): void {
    for (const id of retracted) {
      const room = Jid.tryParse(id)?.bare();
      if (room !== undefined && this.#known.delete(room.toString())) {
        this.events.emit({ kind: "removed", room });
      }
    }
    for (const { id, payload } of items) {
      const room = Jid.tryParse(id)?.bare();
      if (room === undefined || room.local === "" || !payload.is("conference", NS.bookmarks)) {
        continue;
      }
      const key = room.toString();
      if (this.#known.size >= MAX_BOOKMARKS && !this.#known.has(key)) continue;
      const bookmark = read(room, payload);
      const before = this.#known.get(key)?.bookmark;
      this.#known.set(key, { bookmark, extensions: payload.getChild("extensions") });
      if (before === undefined || !same(before, bookmark)) {
        this.events.emit({ kind: "bookmark", bookmark });
      }
    }
  }
}

function read(room: Jid, conference: Element): Bookmark {
  const { name, autojoin } = conference.attrs;
  return {
    room,
    name: (name ?? "").slice(0, MAX_NAME).toWellFormed(),
    nick: conference.getChildText("nick") || undefined,
    password: conference.getChildText("password") || undefined,
    autojoin: autojoin === "true" || autojoin === "1",
  };
}

function same(a: Bookmark, b: Bookmark): boolean {
  return a.name === b.name && a.nick === b.nick && a.password === b.password &&
    a.autojoin === b.autojoin;
}
