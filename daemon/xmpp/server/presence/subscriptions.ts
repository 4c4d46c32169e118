import { el, type Element, NS, serialise, StanzaError } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import { sendPresence, showPresence } from "./presence_fanout.ts";
import { pushRoster, rosterElement } from "./roster_push.ts";
import type { RosterItem } from "../storage/rosters.ts";
import {
  isSeenBy,
  receiveSubscription,
  sendSubscription,
  shownDiffers,
  type SubscriptionState,
  type SubscriptionType,
} from "./subscription_state.ts";

/**
 * Runs `work` in one transaction; what it does to sessions happens after the commit, so that nothing
 * is told that is not stored.
 */
export function changeSubscriptions<T>(host: Host, work: (change: SubscriptionChange) => T): T {
  const change = new SubscriptionChange(host);
  const result = host.storage.transaction(() => work(change));
  for (const effect of change.effects) effect();
  return result;
}

/** Subscription stanzas on their way between two accounts' rosters (RFC 6121 section 3). */
export class SubscriptionChange {
  readonly effects: (() => void)[] = [];
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * `account` sends `type` to `contact` (bare JID).
   * @param quiet without a roster push: the item goes away anyway
   * @throws StanzaError `resource-constraint` when the roster is full
   */
  send(
    account: string,
    contact: string,
    type: SubscriptionType,
    stanza?: Element,
    quiet = false,
  ): void {
    const before = this.#host.storage.rosters.get(account, contact);
    const { state, route } = sendSubscription(before, type);
    this.#store(account, before, state, quiet);
    const other = this.#host.localAccount(contact);
    if (route && other !== undefined) this.#receive(other, account, type, stanza);
    this.#visibility(account, before, state);
  }

  /** `account` gets what `sender` sent. */
  #receive(account: string, sender: string, type: SubscriptionType, stanza?: Element): void {
    const { storage, limits } = this.#host;
    const contact = this.#host.address(sender).toString();
    if (!storage.accounts.exists(account)) {
      // Or the sender would wait for ever.
      if (type === "subscribe") this.#receive(sender, account, "unsubscribed");
      return;
    }
    const before = storage.rosters.get(account, contact);
    const { state, deliver, reply } = receiveSubscription(before, type);
    const shown = this.#stanza(sender, account, type, stanza);
    if (state.pendingIn) {
      const xml = serialise(shown);
      if (!storage.rosters.addRequest(account, contact, xml, limits.subscriptionRequests)) {
        this.#receive(sender, account, "unsubscribed");
        return;
      }
    }
    if (deliver) this.#deliver(account, type, shown);
    this.#store(account, before, state, false);
    if (reply !== undefined) {
      this.#receive(sender, account, reply);
      this.effects.push(() => showPresence(this.#host, account, sender, true));
    }
    this.#visibility(account, before, state);
  }

  #store(account: string, before: RosterItem, state: SubscriptionState, quiet: boolean): void {
    const { rosters } = this.#host.storage;
    if (before.pendingIn && !state.pendingIn) rosters.removeRequest(account, before.contact);
    if (!shownDiffers(before, state)) return;
    if (!before.listed && rosters.count(account) >= this.#host.limits.rosterItems) {
      throw new StanzaError("wait", "resource-constraint", "the roster is full");
    }
    const item = { ...before, ...state, listed: true };
    rosters.put(account, item);
    if (!quiet) this.effects.push(() => pushRoster(this.#host, account, rosterElement(item)));
  }

  #visibility(account: string, before: RosterItem, state: SubscriptionState): void {
    if (isSeenBy(before) === isSeenBy(state)) return;
    const watcher = this.#host.localAccount(before.contact);
    if (watcher === undefined) return;
    const shown = isSeenBy(state);
    this.effects.push(() => {
      showPresence(this.#host, account, watcher, shown);
      const { subscribed, unsubscribed } = this.#host.hooks;
      (shown ? subscribed : unsubscribed).run(account, watcher);
    });
  }

  #deliver(account: string, type: SubscriptionType, stanza: Element): void {
    this.effects.push(() => {
      const sessions = type === "subscribe"
        ? this.#host.sessions.available(account)
        : this.#host.sessions.of(account).filter((session) => session.wantsRoster);
      sendPresence(stanza, sessions);
    });
  }

  /** From bare to bare JID (RFC 6121 section 3.1.2). */
  #stanza(sender: string, account: string, type: SubscriptionType, original?: Element): Element {
    const from = this.#host.address(sender).toString();
    const to = this.#host.address(account).toString();
    const stanza = el("presence", { xmlns: NS.client, from, to, type, id: original?.attrs.id });
    stanza.children = original?.children ?? [];
    return stanza;
  }
}
