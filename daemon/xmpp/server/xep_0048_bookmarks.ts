import { el, type Element, NS, StanzaError } from "../core/mod.ts";
import type { Extension, Host } from "./host.ts";
import { OLD_ITEM, oldBookmarks } from "./pubsub/old_bookmarks.ts";
import { itemsEvent, tell } from "./pubsub/pep_notify.ts";
import { keptBookmarks } from "./pubsub/private_elements.ts";
import type { Session } from "./session.ts";

/**
 * Bookmarks for clients of all ages: those of XEP-0402 are read and written too as XEP-0048 has them,
 * in private storage (XEP-0049) and as the one item of a node of its own (XEP-0411, XEP-0402 section
 * 6). Here their clients are told of changes.
 */
export const bookmarks: Extension = (host) => {
  const { hooks } = host;
  hooks.feature(
    "account",
    NS.bookmarksCompat,
    NS.bookmarksCompatPep,
    NS.bookmarksConversion,
  );
  hooks.nodeChanged.on((session, account, node) => {
    if (node !== NS.bookmarks) return;
    const audience = host.sessions.available(account)
      .filter(({ features }) => features?.has(`${NS.oldBookmarks}+notify`));
    if (audience.length === 0) return;
    const event = eventOf(host, session, account);
    if (event !== undefined) tell(host, session, account, new Set(audience), event);
  });
};

/** undefined when they are too many to be told at once. */
function eventOf(host: Host, payer: Session, account: string): Element | undefined {
  try {
    const storage = oldBookmarks(host, payer, account, keptBookmarks(host, payer, account));
    return itemsEvent(NS.oldBookmarks, el("item", { id: OLD_ITEM }, storage));
  } catch (error) {
    if (error instanceof StanzaError) return undefined;
    throw error;
  }
}
