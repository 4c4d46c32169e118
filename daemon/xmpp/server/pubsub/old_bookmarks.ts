import { el, type Element, Jid, NS, serialise, StanzaError } from "../../core/mod.ts";
import { utf8 } from "../../../base/mod.ts";
import type { Host } from "../host.ts";
import type { Session } from "../session.ts";
import type { PepItem } from "../storage/pep_nodes.ts";
import { PARSE_COST, readStored } from "../stored_xml.ts";
import { PRIVATE_CONFIG } from "./pep_config.ts";
import { itemElement, itemsEvent, notify } from "./pep_notify.ts";
import { checkRoom, MOST_BOOKMARK_BYTES } from "./pep_publish.ts";
import { endRefused } from "./pep_subscribe.ts";

/** Id of the one item that older bookmarks are in (XEP-0048 section 3). */
export const OLD_ITEM = "current";

/** Bytes of older bookmarks that one answer has at most. */
const MOST_BYTES = 190_000;

/** Bytes of newer bookmarks that are read for it, with what their clients keep beside them. */
const MOST_READ = 2 * MOST_BYTES;

/**
 * An account's bookmarks (XEP-0402) in the form of XEP-0048, all in one element.
 * @param payer pays for what is read, before it is
 * @param kept what lies there in the older form: links, which have no newer form
 * @throws StanzaError `resource-constraint` when they are too many for one answer, or too large to
 * be read for one: of a part, a client would make the whole when it writes
 */
export function oldBookmarks(
  host: Host,
  payer: Session,
  account: string,
  kept: Element | undefined,
): Element {
  const storage = el("storage", { xmlns: NS.oldBookmarks });
  const known = new Set<string>();
  for (const { room, conference } of bookmarks(host, payer, account)) {
    known.add(room);
    const { name, autojoin } = conference.attrs;
    const part = (child: string) => {
      const text = conference.getChildText(child);
      return text ? el(child, {}, text) : undefined;
    };
    storage.append(
      el("conference", { jid: room, name, autojoin }, part("nick"), part("password")),
    );
  }
  for (const child of kept?.getChildElements() ?? []) {
    const room = child.getName() === "conference" ? roomOf(child) : undefined;
    if (room === undefined || !known.has(room)) storage.append(child);
  }
  if (utf8(serialise(storage)).length > MOST_BYTES) {
    throw tooMany();
  }
  return storage;
}

function tooMany(): StanzaError {
  return new StanzaError("wait", "resource-constraint", "too many bookmarks for this request");
}

/**
 * Bookmarks as they lie on their node, the oldest first.
 * @throws StanzaError `resource-constraint`, before any of them is read, when they are too large
 */
function bookmarks(
  host: Host,
  payer: Session,
  account: string,
): { room: string; conference: Element }[] {
  const { pep } = host.storage;
  const bytes = pep.nodeSize(account, NS.bookmarks);
  payer.charge(PARSE_COST * Math.min(bytes, MOST_READ));
  if (bytes > MOST_READ) throw tooMany();
  const items = pep.items(account, NS.bookmarks, host.limits.pepItems).reverse();
  return items.flatMap(({ id, payload }) => {
    // What is under another id than a room's is no bookmark (XEP-0402 section 3).
    if (Jid.tryParse(id)?.bare().toString() !== id) return [];
    const conference = readStored(payload);
    return conference?.is("conference", NS.bookmarks) ? [{ room: id, conference }] : [];
  });
}

function roomOf(conference: Element): string | undefined {
  const jid = Jid.tryParse(conference.attrs.jid)?.bare();
  return jid === undefined || jid.local === "" ? undefined : jid.toString();
}

/** What an older client's list changes in the bookmarks; it is not done yet. */
export class BookmarkChange {
  readonly #host: Host;
  readonly #session: Session;
  readonly #account: string;
  readonly #rooms: ReadonlyMap<string, Element>;
  readonly #written: PepItem[] = [];
  readonly #removed: string[] = [];
  #closed = false;

  /**
   * @param session whose client wrote it, and who pays
   * @param storage `<storage/>` of XEP-0048: all bookmarks there are from now on
   * @throws StanzaError `not-acceptable`, `resource-constraint`
   */
  constructor(host: Host, session: Session, storage: Element) {
    this.#host = host;
    this.#session = session;
    this.#account = session.account;
    this.#rooms = new Map(
      storage.getChildren("conference").map((conference) => {
        const room = roomOf(conference);
        if (room === undefined) {
          throw new StanzaError("modify", "not-acceptable", "a bookmark's jid is no room's");
        }
        return [room, conference];
      }),
    );
    if (this.#rooms.size > host.limits.pepItems) {
      throw new StanzaError("wait", "resource-constraint", "too many bookmarks");
    }
  }

  /** Call inside a transaction. @throws StanzaError `resource-constraint`, `not-acceptable` */
  store(): void {
    const { storage: { pep }, limits } = this.#host;
    const account = this.#account;
    const before = new Map(
      bookmarks(this.#host, this.#session, account)
        .map(({ room, conference }) => [room, conference]),
    );
    const config = pep.config(account, NS.bookmarks);
    if (config === undefined) {
      if (this.#rooms.size === 0) return;
      if (pep.nodes(account).length >= limits.pepNodes) {
        throw new StanzaError("wait", "resource-constraint", "too many nodes");
      }
    }
    // Older clients trust that what they store is nobody else's to read: passwords are in it.
    this.#closed = config !== undefined && config.accessModel !== "whitelist";
    const maxItems = limits.pepItems;
    if (this.#closed || config?.persistItems !== true || config.maxItems < maxItems) {
      pep.configure(account, NS.bookmarks, { ...PRIVATE_CONFIG, maxItems });
    }
    for (const room of before.keys()) {
      if (!this.#rooms.has(room)) this.#remove(room);
    }
    for (const [room, conference] of this.#rooms) {
      const payload = renewed(conference, before.get(room));
      if (payload !== undefined) this.#write(room, payload);
    }
    checkRoom(this.#host, account);
  }

  #remove(room: string): void {
    this.#host.storage.pep.retract(this.#account, NS.bookmarks, room);
    this.#removed.push(room);
  }

  #write(room: string, payload: string): void {
    const { storage: { pep }, limits } = this.#host;
    if (utf8(payload).length > Math.min(limits.pepItemBytes, MOST_BOOKMARK_BYTES)) {
      throw new StanzaError("modify", "not-acceptable", "a bookmark is too large");
    }
    const item = { id: room, payload, published: Date.now() };
    pep.publish(this.#account, NS.bookmarks, item, limits.pepItems);
    this.#written.push(item);
  }

  /** Tells the account's clients, once it is stored. */
  tell(): void {
    const by = this.#session;
    const host = this.#host;
    const account = this.#account;
    if (this.#closed) endRefused(host, account, NS.bookmarks);
    if (this.#written.length + this.#removed.length === 0) return;
    const config = host.storage.pep.config(account, NS.bookmarks)!;
    const events = [
      ...this.#removed.map((id) => el("retract", { id })),
      ...this.#written.map((item) => itemElement(host, by, item)!),
    ];
    for (const event of events) {
      notify(host, by, account, NS.bookmarks, config, itemsEvent(NS.bookmarks, event));
    }
    host.hooks.nodeChanged.run(by, account, NS.bookmarks);
  }
}

/**
 * A bookmark as an older client wrote it, with what newer ones keep beside it (XEP-0402 section 3);
 * undefined when nothing of it is another than before.
 */
function renewed(old: Element, before: Element | undefined): string | undefined {
  const texts = (conference: Element) => ({
    name: conference.attrs.name || undefined,
    autojoin: ["1", "true"].includes(conference.attrs.autojoin ?? ""),
    nick: conference.getChildText("nick") || undefined,
    password: conference.getChildText("password") || undefined,
  });
  const { name, autojoin, nick, password } = texts(old);
  if (before !== undefined) {
    const same = JSON.stringify(texts(before)) === JSON.stringify(texts(old));
    if (same) return undefined;
  }
  const conference = el(
    "conference",
    { xmlns: NS.bookmarks, name, autojoin: String(autojoin) },
    nick === undefined ? undefined : el("nick", {}, nick),
    password === undefined ? undefined : el("password", {}, password),
    before?.getChild("extensions"),
  );
  return serialise(conference);
}
