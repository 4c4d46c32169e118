import { el, type Element, type Jid, newId, serialise } from "../core/mod.ts";
import { logOf } from "../../base/mod.ts";
import { Hook } from "./hooks.ts";

/** Most requests of the server that wait for one client's answer. */
const MOST_ASKED = 100;

/** What a session needs of the stream below it. */
export interface Outlet {
  send(xml: string): void;
  /** Makes the client pay for work it caused, in bytes of its rate. */
  charge(bytes: number): void;
  /** Does the client read so slowly that nothing of others should be added? */
  readonly full: boolean;
}

/** One bound resource (RFC 6120 section 7). */
export class Session {
  /** The last available presence that was broadcast, `from` stamped. */
  presence: Element | undefined;
  priority = 0;
  /** Has it asked for the roster (RFC 6121 section 2.1.6), and for the blocklist (XEP-0191)? */
  wantsRoster = false;
  wantsBlocklist = false;
  /** Does it want copies of what its account's other resources send and get (XEP-0280)? */
  wantsCarbons = false;
  /** Who got directed presence, as full or bare JIDs (RFC 6121 section 4.6). */
  readonly directed = new Set<string>();
  /** Its features that end in `+notify`, once known by its capabilities (XEP-0115). */
  features: ReadonlySet<string> | undefined;

  readonly jid: Jid;
  readonly #outlet: Outlet;
  #asked = new Map<string, (answer: Element | undefined) => void>();
  #open = true;

  constructor(jid: Jid, outlet: Outlet) {
    this.jid = jid;
    this.#outlet = outlet;
  }

  /** Local part of its JID. */
  get account(): string {
    return this.jid.local;
  }
  /** May it still be written to? */
  get open(): boolean {
    return this.#open;
  }

  /** Does it read so slowly that what others send must go elsewhere? */
  get full(): boolean {
    return this.#outlet.full;
  }

  /** Writes what another caused, unless this one is full: nobody is to be dropped for others. */
  relay(stanza: Element): void {
    if (!this.full) this.send(stanza);
  }

  /** Writes a stanza. What cannot be written concerns this session alone, never the sender. */
  send(stanza: Element): void {
    if (!this.#open) return;
    try {
      this.#outlet.send(serialise(stanza));
    } catch (error) {
      logOf("xmpp-server").warn("a stanza could not be written: {error}", { error });
    }
  }

  /** Writes XML that was serialised before. */
  sendXml(xml: string): void {
    if (this.#open) this.#outlet.send(xml);
  }

  charge(bytes: number): void {
    this.#outlet.charge(bytes);
  }

  /**
   * Sends the client a request of the server's.
   * @param done gets the result or error stanza, or undefined when the session ended before
   */
  ask(payload: Element, done: (answer: Element | undefined) => void): void {
    if (!this.#open || this.#asked.size >= MOST_ASKED) return done(undefined);
    const id = newId();
    this.#asked.set(id, done);
    const from = this.jid.domain;
    this.send(el("iq", { type: "get", id, from, to: this.jid.toString() }, payload));
  }

  /** Takes an answer to {@link ask}. @returns false when it answers nothing of ours */
  answered(iq: Element): boolean {
    const id = iq.attrs.id ?? "";
    const done = this.#asked.get(id);
    if (done === undefined) return false;
    this.#asked.delete(id);
    done(iq);
    return true;
  }

  /** The stream below is gone. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const waiting = new Hook<[answer: undefined]>();
    for (const done of this.#asked.values()) waiting.on(done);
    this.#asked.clear();
    waiting.run(undefined);
  }
}
