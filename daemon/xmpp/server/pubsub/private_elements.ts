import { utf8 } from "../../../base/mod.ts";
import { el, type Element, NS, serialise, StanzaError } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import type { Session } from "../session.ts";
import { PARSE_COST, passOn, type Payer, readStored } from "../stored_xml.ts";
import { BookmarkChange, oldBookmarks } from "./old_bookmarks.ts";
import { PRIVATE_CONFIG } from "./pep_config.ts";
import { checkRoom } from "./pep_publish.ts";

const ITEM = "current";
const LONGEST_NAME = 1_000;

/**
 * What a session's account stored privately (XEP-0049) under the name and namespace of `wanted`, an empty
 * element where there is nothing. @throws StanzaError
 */
export function readPrivate(host: Host, session: Session, wanted: Element): Element {
  const { account } = session;
  if (isBookmarks(wanted)) {
    return oldBookmarks(host, session, account, keptBookmarks(host, session, account));
  }
  const stored = host.storage.pep.item(account, nodeOf(wanted), ITEM);
  return (stored && passOn(stored.payload, session)) ?? el(wanted.name, { xmlns: wanted.getNS() });
}

/** Stores elements, all or none. @param session whose client wrote them @throws StanzaError */
export function storePrivate(host: Host, session: Session, elements: readonly Element[]): void {
  const { limits, storage } = host;
  const { account } = session;
  const changes: BookmarkChange[] = [];
  storage.transaction(() => {
    for (const given of elements) {
      let element = given;
      if (isBookmarks(given)) {
        const change = new BookmarkChange(host, session, given);
        change.store();
        changes.push(change);
        element = withoutRooms(given);
        const empty = element.getChildElements().length === 0;
        const kept = storage.pep.item(account, nodeOf(element), ITEM);
        if (empty && kept === undefined) continue;
      }
      const node = nodeOf(element);
      element.attrs.xmlns = element.getNS()!;
      const xml = serialise(element);
      if (utf8(xml).length > limits.pepItemBytes) {
        throw new StanzaError("modify", "not-acceptable", "the element is too large");
      }
      const isNew = storage.pep.config(account, node) === undefined;
      if (isNew && storage.pep.nodes(account).length >= limits.pepNodes) {
        throw new StanzaError("wait", "resource-constraint", "too many namespaces and nodes");
      }
      storage.pep.configure(account, node, PRIVATE_CONFIG);
      storage.pep.publish(account, node, { id: ITEM, payload: xml, published: Date.now() }, 1);
    }
    checkRoom(host, account);
  });
  for (const change of changes) change.tell();
}

/** What of the older bookmarks is stored as it was written. @param payer pays for reading it */
export function keptBookmarks(
  { storage }: Host,
  payer: Payer,
  account: string,
): Element | undefined {
  const node = nodeOf(el("storage", { xmlns: NS.oldBookmarks }));
  const item = storage.pep.item(account, node, ITEM);
  if (item === undefined) return undefined;
  payer.charge(PARSE_COST * item.payload.length);
  return readStored(item.payload);
}

export function isBookmarks(element: Element): boolean {
  return element.is("storage", NS.oldBookmarks);
}

/** Rooms lie as bookmarks of their own (XEP-0402); links have no other place. */
function withoutRooms(storage: Element): Element {
  const copy = el("storage", { xmlns: NS.oldBookmarks });
  copy.children = storage.getChildElements().filter((child) => child.getName() !== "conference");
  return copy;
}

/** @throws StanzaError on a namespace that cannot be one's own (XEP-0049 section 3) */
function nodeOf(element: Element): string {
  const ns = element.getNS() ?? "";
  const name = `${element.name} ${ns}`;
  if (ns === "" || ns === NS.privateXml || name.length > LONGEST_NAME) {
    throw new StanzaError("modify", "not-acceptable", "expected a namespace of its own");
  }
  return `${NS.privateXml} ${name}`;
}
