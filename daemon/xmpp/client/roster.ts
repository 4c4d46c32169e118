import { Emitter, logOf } from "../../base/mod.ts";
import { el, type Element, Jid, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/** Who sees whose presence (RFC 6121 section 2.1.2.5). */
export type Subscription = "none" | "to" | "from" | "both";

/** A contact (RFC 6121 section 2.1.2). */
export interface RosterItem {
  /** Bare. */
  readonly jid: Jid;
  /** What the user calls the contact; "" when nothing. */
  readonly name: string;
  readonly subscription: Subscription;
  /** We asked to see their presence and wait for an answer. */
  readonly asked: boolean;
  readonly groups: readonly string[];
}

/** Somebody asks to see our presence, and waits. */
export interface SubscriptionRequest {
  /** Bare. */
  readonly jid: Jid;
  /** What they say to it; "" when nothing. */
  readonly text: string;
}

/** What changed. */
export type RosterEvent =
  | { readonly kind: "loaded" }
  | { readonly kind: "item"; readonly item: RosterItem }
  | { readonly kind: "removed"; readonly jid: Jid }
  | { readonly kind: "request"; readonly request: SubscriptionRequest }
  | { readonly kind: "answer"; readonly jid: Jid; readonly answer: "approved" | "denied" }
  /** Presence for them came back, a request above all: `condition` as in RFC 6120 section 8.3.3. */
  | { readonly kind: "unreachable"; readonly jid: Jid; readonly condition: string };

const MAX_ITEMS = 10_000;
const MAX_PENDING = 1_000;
const MAX_TEXT = 500;
const MAX_GROUPS = 50;
const SUBSCRIPTIONS: readonly Subscription[] = ["none", "to", "from", "both"];

/** The contact list, which the server keeps (RFC 6121 sections 2 and 3). */
export class Roster {
  readonly events: Emitter<RosterEvent> = new Emitter();
  readonly #client: XmppClient;
  #items = new Map<string, RosterItem>();
  #pending = new Map<string, SubscriptionRequest>();

  /** Registers with `client`: fetches after each login, follows pushes, collects requests. */
  constructor(client: XmppClient) {
    this.#client = client;
    client.hooks.online(() => this.#load());
    client.hooks.iq("set", "query", NS.roster, (iq) => this.#push(iq));
    client.hooks.presence((stanza) => this.#subscription(stanza));
  }

  /** As the server last told; kept while offline. */
  items(): RosterItem[] {
    return [...this.#items.values()];
  }

  get(jid: Jid | string): RosterItem | undefined {
    return this.#items.get(bareOf(jid).toString());
  }

  /** Requests nobody answered yet. */
  pending(): SubscriptionRequest[] {
    return [...this.#pending.values()];
  }

  /**
   * Adds a contact or changes its name and groups. Resolves when the server agreed; the item itself
   * comes as an event.
   * @throws StanzaError, SimppdError
   */
  async set(jid: Jid | string, name?: string, groups: readonly string[] = []): Promise<void> {
    await this.#change(el(
      "item",
      { jid: bareOf(jid).toString(), name: name === "" ? undefined : name },
      ...groups.map((group) => el("group", {}, group)),
    ));
  }

  /** Removes a contact and both subscriptions. @throws StanzaError, SimppdError */
  async remove(jid: Jid | string): Promise<void> {
    await this.#change(el("item", { jid: bareOf(jid).toString(), subscription: "remove" }));
  }

  /**
   * Asks to see a contact's presence.
   * @param preAuth a token of theirs that lets them approve without asking (XEP-0379)
   */
  subscribe(
    jid: Jid | string,
    { text, preAuth }: { text?: string; preAuth?: string } = {},
  ): void {
    this.#send(
      jid,
      "subscribe",
      text === undefined ? undefined : el("status", {}, text),
      preAuth === undefined ? undefined : el("preauth", { xmlns: NS.preAuth, token: preAuth }),
    );
  }

  /** Lets a contact see our presence. */
  approve(jid: Jid | string): void {
    this.#send(jid, "subscribed");
    this.#pending.delete(bareOf(jid).toString());
  }

  /** Refuses a request, or takes an approval back. */
  deny(jid: Jid | string): void {
    this.#send(jid, "unsubscribed");
    this.#pending.delete(bareOf(jid).toString());
  }

  /** Stops seeing a contact's presence. */
  unsubscribe(jid: Jid | string): void {
    this.#send(jid, "unsubscribe");
  }

  #send(jid: Jid | string, type: string, ...children: (Element | undefined)[]): void {
    this.#client.send(el("presence", { type, to: bareOf(jid).toString() }, ...children));
  }

  async #change(item: Element): Promise<void> {
    await this.#client.iq(el("iq", { type: "set" }, el("query", { xmlns: NS.roster }, item)));
  }

  async #load(): Promise<void> {
    const answer = await this.#client.iq(
      el("iq", { type: "get" }, el("query", { xmlns: NS.roster })),
    );
    this.#items.clear();
    for (const item of answer.getChild("query", NS.roster)?.getChildren("item") ?? []) {
      this.#take(item);
    }
    this.events.emit({ kind: "loaded" });
  }

  /** Only our own server may push: a push from anybody else would plant contacts (section 2.1.6). */
  #push(iq: Element): undefined {
    const from = Jid.tryParse(iq.attrs.from);
    if (from === undefined || !from.equals(this.#client.jid.bare())) {
      logOf("xmpp").warn("refused a roster push that is not from our server");
      throw new StanzaError("cancel", "service-unavailable");
    }
    const item = iq.getChild("query", NS.roster)?.getChild("item");
    const jid = Jid.tryParse(item?.attrs.jid)?.bare();
    if (item === undefined || jid === undefined) throw new StanzaError("modify", "bad-request");
    if (item.attrs.subscription === "remove") {
      this.#items.delete(jid.toString());
      this.events.emit({ kind: "removed", jid });
      return;
    }
    const taken = this.#take(item);
    if (taken !== undefined) this.events.emit({ kind: "item", item: taken });
  }

  #take(element: Element): RosterItem | undefined {
    const jid = Jid.tryParse(element.attrs.jid)?.bare();
    if (jid === undefined) return undefined;
    const key = jid.toString();
    if (this.#items.size >= MAX_ITEMS && !this.#items.has(key)) return undefined;
    const item: RosterItem = {
      jid,
      name: (element.attrs.name ?? "").slice(0, MAX_TEXT),
      subscription: SUBSCRIPTIONS.find((each) => each === element.attrs.subscription) ?? "none",
      asked: element.attrs.ask === "subscribe",
      groups: element.getChildren("group").slice(0, MAX_GROUPS)
        .map((group) => group.getText().slice(0, MAX_TEXT)),
    };
    this.#items.set(key, item);
    if (item.subscription === "from" || item.subscription === "both") this.#pending.delete(key);
    return item;
  }

  #subscription(stanza: Element): boolean {
    const jid = Jid.parse(stanza.attrs.from!).bare();
    switch (stanza.attrs.type) {
      case "subscribe": {
        const known = this.#pending.has(jid.toString());
        if (!known && this.#pending.size >= MAX_PENDING) return true;
        const text = (stanza.getChildText("status") ?? "").slice(0, MAX_TEXT);
        const request = { jid, text };
        this.#pending.set(jid.toString(), request);
        this.events.emit({ kind: "request", request });
        return true;
      }
      case "unsubscribe":
        this.#pending.delete(jid.toString());
        return true;
      case "subscribed":
        this.events.emit({ kind: "answer", jid, answer: "approved" });
        return true;
      case "unsubscribed":
        this.events.emit({ kind: "answer", jid, answer: "denied" });
        return true;
      case "error": {
        const condition = stanza.getChild("error")?.getChildElements()[0]?.getName() ?? "";
        this.events.emit({ kind: "unreachable", jid, condition });
        return false;
      }
      default:
        return false;
    }
  }
}

function bareOf(jid: Jid | string): Jid {
  return (typeof jid === "string" ? Jid.parse(jid) : jid).bare();
}
