import { logOf, SimppdError, sleep } from "../base/mod.ts";
import type { Known, Simpp } from "../simpp/mod.ts";
import type { Contacts, Messages, StoredContact } from "../store/mod.ts";
import type { ContactView, Problem, TrustView } from "../views/mod.ts";
import {
  type Presence,
  type Roster,
  type RosterItem,
  setBlocked,
  type XmppClient,
} from "../xmpp/client/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";

/** More contacts than this are not kept. */
const MAX_CONTACTS = 2000;
/** Of those, people who wrote or asked and had no answer; the oldest goes for a new one. */
const MAX_STRANGERS = 200;
const MAX_NAME = 100;
/** How long adding somebody waits for what comes back, in ms. */
const MOMENT = 1_000;

/** The people one knows: the server's roster, remembered, with presence, trust and unread counts. */
export class People {
  readonly #stored: Contacts;
  readonly #messages: Messages;
  readonly #simpp: Simpp;
  readonly #changed: (contact: ContactView) => void;
  readonly #removed: (jid: string) => void;
  readonly #dropped: (jid: string) => void;
  readonly #typing: (jid: string) => boolean;
  readonly #picture: (jid: string) => string | null;
  readonly #refused: (jid: string) => string | undefined;
  readonly #left: (jid: string) => number;
  #online: { client: XmppClient; roster: Roster; presence: Presence } | undefined;

  constructor(options: {
    stored: Contacts;
    messages: Messages;
    simpp: Simpp;
    changed: (contact: ContactView) => void;
    removed: (jid: string) => void;
    /** A stranger was forgotten: nothing of theirs is to stay. */
    dropped: (jid: string) => void;
    typing: (jid: string) => boolean;
    picture: (jid: string) => string | null;
    /** Fingerprint of the keys of theirs that one said to keep refusing. */
    refused: (jid: string) => string | undefined;
    /** When they were last removed, in ms; 0 when never. */
    left: (jid: string) => number;
  }) {
    this.#stored = options.stored;
    this.#messages = options.messages;
    this.#simpp = options.simpp;
    this.#changed = options.changed;
    this.#removed = options.removed;
    this.#dropped = options.dropped;
    this.#typing = options.typing;
    this.#picture = options.picture;
    this.#refused = options.refused;
    this.#left = options.left;
  }

  /** Follows this connection's roster and presence from now on. */
  attach(client: XmppClient, roster: Roster, presence: Presence): void {
    this.#online = { client, roster, presence };
    client.events.on(({ state }) => {
      if (state === "online") this.#blockAgain();
    });
    roster.events.on((event) => {
      if (event.kind === "loaded") this.#reconcile(roster.items());
      else if (event.kind === "item") this.#take(event.item);
      else if (event.kind === "removed") this.#forget(event.jid.toString());
      else if (event.kind === "unreachable") this.#unreachable(event.jid, event.condition);
      else if (event.kind === "answer") this.#answered(event.jid, event.answer === "denied");
      else if (event.kind === "request") this.#asked(event.request.jid.toString());
    });
    presence.events.on(({ jid }) => this.touch(jid.bare().toString()));
  }

  list(): ContactView[] {
    return this.#stored.all().map((contact) => this.#view(contact));
  }

  /** @throws SimppdError `unknown-contact` */
  get(jid: string): ContactView {
    return this.#view(this.#need(jid));
  }
  has(jid: string): boolean {
    return this.#stored.get(jid) !== undefined;
  }
  isBlocked(jid: string): boolean {
    return this.#stored.get(jid)?.blocked ?? false;
  }
  /** Are they nobody the person chose: not written to, nor let see us, nor asked for? */
  isStranger(jid: string): boolean {
    const known = this.#stored.get(jid);
    if (known === undefined) return true;
    const asks = known.subscription === "none" || known.subscription === "asked";
    // What was written before they were removed says nothing of now.
    return asks && !known.plain && !this.#messages.hasWritten(jid, this.#left(jid));
  }
  isOnline(jid: string): boolean {
    return (this.#online?.presence.of(jid).resources.length ?? 0) > 0;
  }

  /** Shows the contact again after something about it changed elsewhere. */
  touch(jid: string): void {
    const contact = this.#stored.get(jid);
    if (contact !== undefined) this.#changed(this.#view(contact));
  }

  /** Somebody who wrote without being asked for stands among the contacts, as a stranger. */
  stranger(jid: string): void {
    if (this.has(jid)) return;
    this.#put({ jid, name: jid, subscription: "none", blocked: false, plain: false });
  }

  async add(jid: string, name?: string): Promise<ContactView> {
    const { client, roster } = this.#connection();
    const bare = Jid.parse(jid).bare();
    if (bare.local === "") {
      throw new SimppdError(
        "bad-jid",
        `"${jid}" is no person's address; it should be name@domain.`,
      );
    }
    const text = bare.toString();
    if (bare.equals(client.jid.bare())) {
      throw new SimppdError("bad-jid", `${text} is your own address; add somebody else's.`);
    }
    this.#problems.delete(text);
    await roster.set(text, name ?? roster.get(text)?.name);
    roster.subscribe(text);
    if (this.#stored.get(text)?.subscription === "asked") roster.approve(text);
    if (!this.has(text)) {
      const fresh = { jid: text, name: name ?? bare.local, subscription: "asking" } as const;
      this.#put({ ...fresh, blocked: false, plain: false });
    }
    await this.#moment(text);
    return this.get(text);
  }

  /** Why a request did not reach somebody, by JID, as told since the daemon began. */
  readonly #problems = new Map<string, Problem>();
  /** Who was added a moment ago: ends the wait for what comes back. */
  readonly #added = new Map<string, AbortController>();

  /** What comes back at once is in the answer to who adds somebody. */
  async #moment(jid: string): Promise<void> {
    if (["to", "both"].includes(this.get(jid).subscription)) return;
    const stop = new AbortController();
    this.#added.set(jid, stop);
    await sleep(MOMENT, stop.signal);
    this.#added.delete(jid);
  }

  #unreachable(jid: Jid, condition: string): void {
    const known = this.#stored.get(jid.toString());
    if (known?.subscription !== "asking" && known?.subscription !== "none") return;
    this.#problem(jid.toString(), unreachable(jid, condition));
  }

  /** A no says nothing of why: a server may answer so for an account that is not there. */
  #answered(jid: Jid, denied: boolean): void {
    const text = jid.toString();
    if (!denied) this.#problems.delete(text);
    else if (this.has(text)) this.#problem(text, unreachable(jid, "unsubscribed"));
  }

  #problem(jid: string, problem: Problem): void {
    this.#problems.set(jid, problem);
    this.#added.get(jid)?.abort();
    this.touch(jid);
  }

  /** What a contact calls themselves, until one gives them a name of one's own. */
  introduce(jid: string, nick: string): void {
    const known = this.#stored.get(jid);
    const name = cleaned(nick);
    if (known === undefined || name === "" || known.name === name) return;
    if ((this.#online?.roster.get(jid)?.name ?? "") === "") this.#put({ ...known, name });
  }

  /** What somebody who is no contact yet is called, once they are one. */
  suggest(jid: string, nick: string): void {
    const name = cleaned(nick);
    if (name !== "") this.#suggested.set(jid, name);
  }
  readonly #suggested = new Map<string, string>();

  async rename(jid: string, name: string): Promise<void> {
    if (name.trim() === "" || name.length > MAX_NAME) {
      throw new SimppdError("bad-input", `A name has 1 to ${MAX_NAME} characters.`);
    }
    await this.#connection().roster.set(this.#need(jid).jid, name.trim());
  }

  /** Answers a request to see our presence: yes also asks for theirs; no ends it. */
  async answer(jid: string, accept: boolean): Promise<void> {
    const { roster } = this.#connection();
    this.#need(jid);
    if (!accept) {
      roster.deny(jid);
      if (roster.get(jid) === undefined) this.#forget(jid);
      else this.#take(roster.get(jid)!);
      return;
    }
    await roster.set(jid, roster.get(jid)?.name);
    roster.approve(jid);
    roster.subscribe(jid);
  }

  /**
   * A blocked contact is not heard, and the server tells them that we are offline; unblocked, all is
   * as it was. A server that cannot block leaves it to us not to hear.
   */
  block(jid: string, blocked: boolean): void {
    const contact = this.#need(jid);
    this.#put({ ...contact, blocked });
    this.#tellBlocked(jid, blocked);
  }

  /** Remembers whether the person chose to chat with them in clear. */
  setPlain(jid: string, plain: boolean): void {
    this.#put({ ...this.#need(jid), plain });
  }

  #tellBlocked(jid: string, blocked: boolean): void {
    const client = this.#online?.client;
    if (client?.state !== "online") return;
    setBlocked(client, jid, blocked).catch((error) =>
      logOf("app").warn("the server does not block {jid}: {error}", { jid, error })
    );
  }

  /** What was blocked while there was no connection is blocked now. */
  #blockAgain(): void {
    for (const { jid, blocked } of this.#stored.all()) if (blocked) this.#tellBlocked(jid, true);
  }

  async remove(jid: string): Promise<void> {
    const { roster } = this.#connection();
    const contact = this.#need(jid);
    if (roster.get(contact.jid) !== undefined) await roster.remove(contact.jid);
    this.#forget(contact.jid);
  }

  #connection() {
    if (this.#online === undefined) {
      throw new SimppdError("not-online", "There is no connection to the server right now.");
    }
    return this.#online;
  }

  #need(jid: string): StoredContact {
    const contact = this.#stored.get(jid);
    if (contact === undefined) {
      throw new SimppdError(
        "unknown-contact",
        `${jid} is not among your contacts; add them first.`,
      );
    }
    return contact;
  }

  #reconcile(items: readonly RosterItem[]): void {
    const listed = new Set(items.map(({ jid }) => jid.toString()));
    for (const item of items) this.#take(item);
    for (const { jid, subscription } of this.#stored.all()) {
      if (!listed.has(jid) && subscription !== "asked" && subscription !== "none") {
        this.#put({ ...this.#need(jid), subscription: "none" });
      }
    }
  }

  #take(item: RosterItem): void {
    const jid = item.jid.toString();
    const known = this.#stored.get(jid);
    if (item.subscription === "to" || item.subscription === "both") {
      this.#problems.delete(jid);
      this.#added.get(jid)?.abort();
    }
    const waiting = item.asked && (item.subscription === "none" || item.subscription === "from");
    const asked = known?.subscription === "asked" && item.subscription === "none";
    this.#put({
      jid,
      name: item.name === ""
        ? known?.name ?? this.#suggested.get(jid) ?? item.jid.local
        : item.name,
      subscription: waiting ? "asking" : asked ? "asked" : item.subscription,
      blocked: known?.blocked ?? false,
      plain: known?.plain ?? false,
    });
  }

  /** They ask to see us. Whom we asked ourselves is answered yes. */
  #asked(jid: string): void {
    const known = this.#stored.get(jid);
    if (known?.blocked) return;
    if (known !== undefined && ["to", "asking", "both"].includes(known.subscription)) {
      this.#online?.roster.approve(jid);
      return;
    }
    this.#put({
      jid,
      name: known?.name ?? Jid.parse(jid).local,
      subscription: "asked",
      blocked: false,
      plain: known?.plain ?? false,
    });
  }

  /** Makes room among those who wrote or asked without an answer. */
  #dropStrangers(): void {
    const all = this.#stored.unanswered();
    const pinned = (jid: string) => this.#simpp.trust.describe(jid)?.state ?? "first-use";
    // What the person decided about somebody's keys is kept.
    const strangers = all.filter((jid) => pinned(jid) === "first-use");
    for (const jid of strangers.slice(0, Math.max(0, strangers.length - MAX_STRANGERS))) {
      this.#messages.forget(jid);
      this.#simpp.drop(jid);
      this.#forget(jid);
      this.#dropped(jid);
    }
  }

  #put(contact: StoredContact): void {
    if (!this.has(contact.jid) && this.#stored.all().length >= MAX_CONTACTS) {
      logOf("app").warn("{jid} is not kept: there are too many contacts", { jid: contact.jid });
      return;
    }
    const fresh = !this.has(contact.jid);
    this.#stored.put(contact);
    this.#changed(this.#view(contact));
    const asks = contact.subscription === "none" || contact.subscription === "asked";
    if (fresh && asks) this.#dropStrangers();
  }

  #forget(jid: string): void {
    this.#problems.delete(jid);
    this.#stored.remove(jid);
    this.#removed(jid);
  }

  #view(contact: StoredContact): ContactView {
    const presence = this.#online?.presence.of(contact.jid);
    const last = this.#messages.page(contact.jid, 1).at(-1);
    return {
      ...contact,
      presence: shown(presence),
      typing: this.#typing(contact.jid),
      status: presence?.status ?? "",
      picture: this.#picture(contact.jid),
      unread: this.#messages.unread(contact.jid),
      problem: this.#problems.get(contact.jid) ?? null,
      trust: this.trust(contact.jid),
      last: last === undefined ? null : { body: last.body, at: last.at, mine: last.mine },
    };
  }

  #doubt(jid: string, { differs, offered }: Known): TrustView["doubt"] {
    if (differs) return "differs";
    return offered !== null && this.#refused(jid) === offered ? "refused" : "new-key";
  }

  /** What is known of a contact's keys and sessions. */
  trust(jid: string): TrustView {
    const known = this.#simpp.trust.describe(jid);
    const sessions = this.#simpp.sessions(jid);
    return {
      state: known?.state ?? "unknown",
      doubt: known?.state === "changed" ? this.#doubt(jid, known) : null,
      fingerprint: known?.fingerprint ?? null,
      suite: sessions[0]?.suite ?? null,
      policy: [...this.#simpp.policy.for(jid)],
      ownPolicy: this.#simpp.policy.isOwn(jid),
      mutual: sessions.length > 0 && sessions.every(({ mutual }) => mutual),
      devices: (known?.devices ?? []).map((id) => ({
        id,
        mutual: sessions.some(({ device, mutual }) => device === id && mutual),
      })),
    };
  }
}

/** What comes back for somebody, as a sentence. */
function unreachable(jid: Jid, condition: string): Problem {
  const { domain } = jid;
  switch (condition) {
    case "remote-server-not-found":
      return {
        code: "not-federated",
        message: `Your server does not reach ${domain}: it is not federated, or there is no such ` +
          "server.",
      };
    case "remote-server-timeout":
      return { code: "not-reached", message: `${domain} does not answer; it may be down.` };
    case "unsubscribed":
      return { code: "denied", message: `${jid} said no, or there may be no such account.` };
    default:
      return { code: "no-account", message: `There may be no such account as ${jid}.` };
  }
}

function shown(
  presence: { show: string; resources: readonly unknown[] } | undefined,
): ContactView["presence"] {
  if (presence === undefined || presence.resources.length === 0) return "offline";
  if (presence.show === "dnd") return "dnd";
  return presence.show === "away" || presence.show === "xa" ? "away" : "online";
}

/** A name without what could break a line, hide, or turn the direction of what stands around it. */
function cleaned(nick: string): string {
  return nick.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "").trim().slice(0, MAX_NAME);
}
