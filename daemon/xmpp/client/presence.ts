import { Emitter } from "../../base/mod.ts";
import { el, type Element, Jid } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/** Availability (RFC 6121 section 4.7.2.1); `online` is what has no `<show/>`. */
export type Show = "online" | "chat" | "away" | "xa" | "dnd";

/** One connected client of a contact. */
export interface ResourcePresence {
  readonly resource: string;
  readonly show: Show;
  readonly status: string;
  /** −128 to 127. */
  readonly priority: number;
}

/** A contact over all its resources: that of highest priority speaks for it. */
export interface ContactPresence {
  readonly show: Show | "offline";
  readonly status: string;
  /** Highest priority first. */
  readonly resources: readonly ResourcePresence[];
}

const MAX_CONTACTS = 10_000;
const MAX_RESOURCES = 50;
const MAX_STATUS = 500;
const SHOWS: readonly Show[] = ["chat", "away", "xa", "dnd"];
const OFFLINE: ContactPresence = { show: "offline", status: "", resources: [] };

/** Presence of contacts as it comes, and our own as it is sent (RFC 6121 section 4). */
export class Presence {
  /** A contact's presence changed. */
  readonly events: Emitter<{ readonly jid: Jid; readonly presence: ContactPresence }> =
    new Emitter();
  readonly #client: XmppClient;
  #contacts = new Map<string, Map<string, ResourcePresence>>();
  #own: { show: Show; status: string; priority: number } = {
    show: "online",
    status: "",
    priority: 0,
  };

  /** Registers with `client`: own presence goes out with every session. */
  constructor(client: XmppClient) {
    this.#client = client;
    client.hooks.presence((stanza) => this.#receive(stanza));
    client.hooks.featuresChanged.on(() => this.#send());
    client.hooks.online((_, signal) => {
      signal.addEventListener("abort", () => this.#forget(), { once: true });
    });
    client.events.on(({ state, resumed }) => {
      if (state === "online" && !resumed) this.#send();
    });
  }

  /** Presence of a contact's account; `offline` for those who do not show theirs. */
  of(jid: Jid | string): ContactPresence {
    const bare = (typeof jid === "string" ? Jid.parse(jid) : jid).bare().toString();
    const resources = this.#contacts.get(bare);
    if (resources === undefined) return OFFLINE;
    const sorted = [...resources.values()].sort((a, b) => b.priority - a.priority);
    const first = sorted[0]!;
    return { show: first.show, status: first.status, resources: sorted };
  }

  /** Sets own presence; sent now when online, and after every login. */
  set(own: { show?: Show; status?: string; priority?: number }): void {
    this.#own = { ...this.#own, ...own };
    this.#send();
  }

  #send(): void {
    if (this.#client.state !== "online") return;
    const { show, status, priority } = this.#own;
    const presence = el(
      "presence",
      {},
      show === "online" ? undefined : el("show", {}, show),
      status === "" ? undefined : el("status", {}, status),
      priority === 0 ? undefined : el("priority", {}, String(priority)),
    );
    this.#client.hooks.dressPresence(presence);
    this.#client.send(presence);
  }

  #receive(stanza: Element): boolean {
    const { type } = stanza.attrs;
    if (type !== undefined && type !== "unavailable" && type !== "error") return false;
    const from = Jid.parse(stanza.attrs.from!);
    const bare = from.bare();
    const resources = this.#contacts.get(bare.toString()) ?? new Map<string, ResourcePresence>();
    if (type === "unavailable") resources.delete(from.resource);
    // The account cannot be reached at all (RFC 6121 section 4.3.2).
    else if (type === "error" || from.resource === "") resources.clear();
    else if (resources.size < MAX_RESOURCES || resources.has(from.resource)) {
      resources.set(from.resource, read(from.resource, stanza));
    }
    if (resources.size === 0) this.#contacts.delete(bare.toString());
    else if (this.#contacts.size < MAX_CONTACTS || this.#contacts.has(bare.toString())) {
      this.#contacts.set(bare.toString(), resources);
    }
    this.events.emit({ jid: bare, presence: this.of(bare) });
    return false;
  }

  #forget(): void {
    const gone = [...this.#contacts.keys()];
    this.#contacts.clear();
    for (const bare of gone) this.events.emit({ jid: Jid.parse(bare), presence: OFFLINE });
  }
}

function read(resource: string, stanza: Element): ResourcePresence {
  const show = stanza.getChildText("show");
  const priority = Number(stanza.getChildText("priority") ?? 0);
  return {
    resource,
    show: SHOWS.find((each) => each === show) ?? "online",
    status: (stanza.getChildText("status") ?? "").slice(0, MAX_STATUS),
    priority: Number.isInteger(priority) ? Math.max(-128, Math.min(127, priority)) : 0,
  };
}
