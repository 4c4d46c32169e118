import { logOf } from "../base/mod.ts";
import {
  type Archived,
  Carbons,
  type MessageArchive,
  type XmppClient,
} from "../xmpp/client/mod.ts";
import { el, type Element, Jid, NS, StanzaError } from "../xmpp/core/mod.ts";
import type { PlainLink } from "./plain_link.ts";
import type { AppSettings } from "./settings.ts";

/** How far a device that was never here looks back, and one whose place the server forgot, in ms. */
const FIRST_LOOK = 30 * 86_400_000;
/** Most messages that are fetched after one login; the next one goes on from there. */
const MOST = 5_000;
const PAGE = 100;
/** The place in the archive is written down at most so often, in ms. */
const WRITE_EVERY = 10_000;

/**
 * What other devices of the account sent and got: live as carbons (XEP-0280), and out of the
 * server's archive what was said while this device was away (XEP-0313). Sealed messages open or are
 * not for this device, and what is known already is passed over.
 */
export class History {
  readonly #settings: AppSettings;
  readonly #plain: PlainLink;
  #place: string | undefined;
  #written = 0;
  /** Live messages move the place only once all before them were fetched. */
  #complete = false;

  constructor(settings: AppSettings, plain: PlainLink) {
    this.#settings = settings;
    this.#plain = plain;
  }

  /** Uses this connection from now on. Register it before whatever takes messages. */
  attach(client: XmppClient, archive: MessageArchive): void {
    this.#place = this.#settings.archivePlace;
    client.hooks.message((stanza) => this.#note(client, stanza));
    new Carbons(client).sent.on((message) => this.#plain.takeSent(message));
    let ended = new AbortController();
    client.events.on(({ state, resumed }) => {
      // A resumed stream goes on where it was: nothing was missed.
      if (resumed && this.#complete) return;
      ended.abort();
      this.#write();
      if (state !== "online") return;
      ended = new AbortController();
      this.#complete = false;
      this.#fetch(client, archive, ended.signal).catch((error) => {
        if (!ended.signal.aborted) logOf("app").warn("history not fetched: {error}", { error });
      });
    });
  }

  async #fetch(client: XmppClient, archive: MessageArchive, signal: AbortSignal): Promise<void> {
    if (!await archive.exists()) return;
    let start = this.#place === undefined ? Date.now() - FIRST_LOOK : undefined;
    for (let fetched = 0; fetched < MOST && !signal.aborted;) {
      const from = start === undefined ? {} : { start };
      const after = this.#place === undefined ? {} : { after: this.#place };
      try {
        const page = await archive.page({ max: PAGE, ...from, ...after });
        if (signal.aborted) return;
        for (const archived of page.messages) this.#take(client, archived);
        fetched += page.messages.length;
        this.#place = page.last ?? this.#place;
        this.#write();
        if (page.complete || page.last === undefined) break;
      } catch (error) {
        const gone = error instanceof StanzaError && error.condition === "item-not-found";
        if (!gone || this.#place === undefined) throw error;
        // What the place named is not kept any more.
        this.#place = undefined;
        start = Date.now() - FIRST_LOOK;
      }
    }
    this.#complete = true;
  }

  #take(client: XmppClient, { id, at, message }: Archived): void {
    if (message.attrs.type === "groupchat" || message.attrs.type === "error") return;
    const account = client.jid.bare();
    stamp(message, account, id, at ?? Date.now());
    if (Jid.parse(message.attrs.from!).bareEquals(account)) this.#plain.takeSent(message);
    else client.hooks.dispatch(message);
  }

  /** Remembers how far the archive has come with what arrives live. */
  #note(client: XmppClient, stanza: Element): void {
    if (!this.#complete) return;
    const by = client.jid.bare().toString();
    const id = stanza.getChildren("stanza-id", NS.stanzaIds)
      .find(({ attrs }) => attrs.by === by)?.attrs.id;
    if (id === undefined) return;
    this.#place = id;
    if (Date.now() - this.#written > WRITE_EVERY) this.#write();
  }

  #write(): void {
    if (this.#place === undefined || this.#place === this.#settings.archivePlace) return;
    this.#settings.archivePlace = this.#place;
    this.#written = Date.now();
  }
}

/** Gives a message what it would carry had it come live: when it was sent, and its stable id. */
function stamp(message: Element, account: Jid, id: string, at: number): void {
  const by = account.toString();
  for (const claimed of message.getChildren("stanza-id", NS.stanzaIds)) {
    if (claimed.attrs.by === by) message.remove(claimed);
  }
  message.append(el("stanza-id", { xmlns: NS.stanzaIds, by, id }));
  if (message.getChild("delay", NS.delay) !== undefined) return;
  message.append(el("delay", { xmlns: NS.delay, stamp: new Date(at).toISOString() }));
}
