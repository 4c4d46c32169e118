import { logOf } from "../base/mod.ts";
import type { StoredRoom, StoredRooms } from "../store/mod.ts";
import type { Bookmark, Bookmarks, XmppClient } from "../xmpp/client/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";

/** Most rooms that are entered because bookmarks say so. */
const MOST = 100;

/** What happens because of bookmarks. */
export interface BookmarkDeeds {
  /** Another device, or other software of the account, entered a room. */
  enter(bookmark: Bookmark): void;
  /** Another device left a room. */
  leave(jid: string): void;
}

/** Keeps the rooms of all devices of the account together by its bookmarks (XEP-0402). */
export class RoomBookmarks {
  readonly #bookmarks: Bookmarks;
  readonly #stored: StoredRooms;
  readonly #deeds: BookmarkDeeds;
  /** Bookmarks that are being written, by room. */
  readonly #keeping = new Map<string, Promise<void>>();
  /** Rooms that were left meanwhile: what is heard of these bookmarks is our own echo. */
  readonly #dropped = new Set<string>();

  constructor(client: XmppClient, bookmarks: Bookmarks, stored: StoredRooms, deeds: BookmarkDeeds) {
    this.#bookmarks = bookmarks;
    this.#stored = stored;
    this.#deeds = deeds;
    client.events.on(({ state, resumed }) => {
      if (state === "online" && !resumed) this.#compare();
    });
    bookmarks.events.on((event) => {
      // Those of a login are compared as a whole.
      if (client.state !== "online") return;
      if (event.kind === "bookmark" && event.bookmark.autojoin) this.#wanted(event.bookmark);
      else this.#unwanted(event.kind === "removed" ? event.room : event.bookmark.room);
    });
  }

  /** Keeps a room one entered. */
  keep(room: StoredRoom): void {
    // Another device would take it for a plain room.
    if (room.encryption !== "none") return;
    const { jid, name, nick, password } = room;
    this.#dropped.delete(jid);
    const keeping = this.#bookmarks.set({
      room: Jid.parse(jid),
      name,
      nick: nick === "" ? undefined : nick,
      password: password ?? undefined,
      autojoin: true,
    }).then(() => {
      const now = this.#stored.get(jid);
      if (now !== undefined) this.#stored.put({ ...now, bookmarked: true });
    }).catch((error) => logOf("app").warn("{jid} is not bookmarked: {error}", { jid, error }))
      .finally(() => {
        if (this.#keeping.get(jid) === keeping) this.#keeping.delete(jid);
      });
    this.#keeping.set(jid, keeping);
  }

  drop(jid: string): void {
    const keeping = this.#keeping.get(jid);
    if (keeping === undefined) return void this.#remove(jid);
    this.#dropped.add(jid);
    void keeping.then(async () => {
      // Entered anew meanwhile, it stays.
      if (!this.#dropped.has(jid)) return;
      await this.#remove(jid);
      this.#dropped.delete(jid);
    });
  }

  async #remove(jid: string): Promise<void> {
    const room = Jid.parse(jid);
    if (this.#bookmarks.get(room) === undefined) return;
    try {
      await this.#bookmarks.remove(room);
    } catch (error) {
      logOf("app").warn("the bookmark of {jid} stays: {error}", { jid, error });
    }
  }

  #compare(): void {
    const { all } = this.#bookmarks;
    for (const bookmark of all) if (bookmark.autojoin) this.#wanted(bookmark);
    for (const room of this.#stored.all()) {
      if (room.state !== "joined" || room.encryption !== "none") continue;
      const bookmark = this.#bookmarks.get(Jid.parse(room.jid));
      if (!room.bookmarked) this.keep(room);
      // With none at all they may not have come: nothing is left because of that.
      else if (all.length > 0 && bookmark?.autojoin !== true) this.#deeds.leave(room.jid);
    }
  }

  #wanted(bookmark: Bookmark): void {
    if (this.#dropped.has(bookmark.room.toString())) return;
    const known = this.#stored.get(bookmark.room.toString());
    // Out for a reason: the person enters again, or not.
    if (known?.state === "joined" || known?.state === "out") return;
    if (known !== undefined && known.encryption !== "none") return;
    const joined = this.#stored.all().filter(({ state }) => state === "joined").length;
    if (joined < MOST) this.#deeds.enter(bookmark);
  }

  #unwanted(room: Jid): void {
    const known = this.#stored.get(room.toString());
    if (known?.state === "joined" && known.bookmarked) this.#deeds.leave(known.jid);
  }
}
