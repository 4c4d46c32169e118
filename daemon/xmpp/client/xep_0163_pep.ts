import { logOf, steadyNow } from "../../base/mod.ts";
import { el, type Element, Jid, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import { EventRate } from "./event_rate.ts";

/** One item of a node. */
export interface PepItem {
  readonly id: string;
  readonly payload: Element;
}

/** What a node must be for an item to be published there. */
export interface PublishOptions {
  /** Who may read: everybody, contacts who see our presence, or only those who are listed. */
  readonly accessModel?: "open" | "presence" | "whitelist";
  /** Items kept; older ones go. `max`: as many as the server lets. */
  readonly maxItems?: number | "max";
  /** Kept for those who ask later. */
  readonly persist?: true;
  /** The last item does not come by itself when one comes online. */
  readonly sendLast?: "never";
}

/**
 * Called for what is published to us. `retracted` are ids of items that were taken back.
 * `from` is the bare address whose node it is.
 */
export type PepListener = (from: Jid, items: PepItem[], retracted: string[]) => void;

const MAX_ITEMS = 1_000;
const ACCESS_MODEL = "pubsub#access_model";

/** How a server answers that knows some options only: ejabberd of them the access model. */
const NOT_UNDERSTOOD = new Set(["resource-constraint", "bad-request", "feature-not-implemented"]);

/** Prosody and our own server send headlines, ejabberd either as it is configured. */
const EVENT_TYPES = new Set(["headline", "normal"]);

/** Personal Eventing Protocol (XEP-0163, on XEP-0060): small things published to one's account. */
export class Pep {
  readonly #client: XmppClient;
  readonly #rate = new EventRate();
  #listeners = new Map<string, Set<PepListener>>();

  /** Registers with `client`. */
  constructor(client: XmppClient) {
    this.#client = client;
    client.hooks.message((stanza) => this.#receive(stanza));
  }

  /**
   * Publishes an item to a node of our own account, which is made or changed to fit `options`.
   * @throws StanzaError, SimppdError
   */
  async publish(
    node: string,
    itemId: string,
    payload: Element,
    options: PublishOptions = {},
  ): Promise<void> {
    const fields = fieldsOf(options);
    const publish = (required: readonly Element[]) =>
      this.#request("set", NS.pubsub, undefined, [
        el("publish", { node }, el("item", { id: itemId }, payload)),
        required.length === 0
          ? undefined
          : el("publish-options", {}, form(NS.pubsubPublishOptions, required)),
      ]);
    try {
      await publish(fields);
    } catch (error) {
      if (isUnmet(error)) {
        await this.#configure(node, fields);
        return void await publish(fields);
      }
      const access = fields.filter(({ attrs }) => attrs.var === ACCESS_MODEL);
      if (access.length === fields.length || !isNotUnderstood(error)) throw error;
      await this.#make(node, fields);
      await publish(access);
    }
  }

  /**
   * Items of a node, newest last as the server gives them; none when the node is not there.
   * @param jid whose node
   * @throws StanzaError such as `forbidden`, SimppdError
   */
  async fetch(
    jid: Jid | string,
    node: string,
    { itemId, max }: { itemId?: string; max?: number } = {},
  ): Promise<PepItem[]> {
    const owner = (typeof jid === "string" ? Jid.parse(jid) : jid).bare();
    const items = el(
      "items",
      { node, max_items: max?.toString() },
      itemId === undefined ? undefined : el("item", { id: itemId }),
    );
    try {
      const answer = await this.#request("get", NS.pubsub, owner, [items]);
      const result = answer.getChild("pubsub", NS.pubsub)?.getChild("items");
      return result === undefined || result.attrs.node !== node ? [] : itemsOf(result);
    } catch (error) {
      if (error instanceof StanzaError && error.condition === "item-not-found") return [];
      throw error;
    }
  }

  /** Takes an item of ours back, and tells those who follow. @throws StanzaError, SimppdError */
  async retract(node: string, itemId: string): Promise<void> {
    await this.#request("set", NS.pubsub, undefined, [
      el("retract", { node, notify: "true" }, el("item", { id: itemId })),
    ]);
  }

  /** Follows a node of everybody whose presence we see, and our own. @returns stops following */
  onEvent(node: string, listener: PepListener): () => void {
    const listeners = this.#listeners.get(node) ?? new Set();
    this.#listeners.set(node, listeners.add(listener));
    const unannounce = this.#client.hooks.feature(`${node}+notify`);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(node) === listeners) {
        this.#listeners.delete(node);
      }
      unannounce();
    };
  }

  /** Makes a node, or changes the one there is. */
  async #make(node: string, fields: readonly Element[]): Promise<void> {
    const configure = el("configure", {}, form(NS.pubsubNodeConfig, fields));
    try {
      await this.#request("set", NS.pubsub, undefined, [el("create", { node }), configure]);
    } catch (error) {
      if (!(error instanceof StanzaError) || error.condition !== "conflict") throw error;
      await this.#configure(node, fields);
    }
  }

  async #configure(node: string, fields: readonly Element[]): Promise<void> {
    await this.#request("set", NS.pubsubOwner, undefined, [
      el("configure", { node }, form(NS.pubsubNodeConfig, fields)),
    ]);
  }

  #request(
    type: "get" | "set",
    ns: string,
    to: Jid | undefined,
    children: (Element | undefined)[],
  ): Promise<Element> {
    const own = to?.equals(this.#client.jid.bare()) ?? true;
    const iq = el("iq", { type }, el("pubsub", { xmlns: ns }, ...children));
    return this.#client.iq(iq, own ? {} : { to: to! });
  }

  #receive(stanza: Element): boolean {
    const items = stanza.getChild("event", NS.pubsubEvent)?.getChild("items");
    if (items === undefined || stanza.attrs.type === "error") return false;
    const listeners = this.#listeners.get(items.attrs.node ?? "");
    if (listeners === undefined) return false;
    const from = Jid.parse(stanza.attrs.from!);
    // A node's events come from the bare address (XEP-0163 section 4.3); whoever has an account can
    // write the same from a full one. It is no message to be shown either.
    if (from.resource !== "" || !EVENT_TYPES.has(stanza.attrs.type ?? "normal")) return true;
    if (!this.#rate.admits(from, steadyNow())) return true;
    const retracted = items.getChildren("retract").flatMap(({ attrs }) => attrs.id ?? []);
    const published = itemsOf(items);
    for (const listener of [...listeners]) {
      try {
        listener(from, published, retracted);
      } catch (error) {
        logOf("xmpp").error("a PEP listener failed: {error}", { error });
      }
    }
    return true;
  }
}

function itemsOf(items: Element): PepItem[] {
  return items.getChildren("item").slice(-MAX_ITEMS).flatMap((item) => {
    const payload = item.getChildElements()[0];
    return payload === undefined ? [] : [{ id: item.attrs.id ?? "", payload }];
  });
}

function fieldsOf({ accessModel, maxItems, persist, sendLast }: PublishOptions): Element[] {
  const values = {
    [ACCESS_MODEL]: accessModel,
    "pubsub#max_items": maxItems?.toString(),
    "pubsub#persist_items": persist && "true",
    "pubsub#send_last_published_item": sendLast,
  };
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [el("field", { var: name }, el("value", {}, value))]
  );
}

function form(type: string, fields: readonly Element[]): Element {
  const kind = el("field", { var: "FORM_TYPE", type: "hidden" }, el("value", {}, type));
  return el("x", { xmlns: NS.dataForms, type: "submit" }, kind, ...fields);
}

/** The node is there but otherwise than wanted (XEP-0060 section 7.1.5). */
function isUnmet(error: unknown): boolean {
  return error instanceof StanzaError &&
    (error.condition === "conflict" || error.application === "precondition-not-met");
}

/** The server may not know an option, and then says so of nothing in particular. */
function isNotUnderstood(error: unknown): boolean {
  return error instanceof StanzaError && NOT_UNDERSTOOD.has(error.condition);
}
