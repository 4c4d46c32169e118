import { el, type Element, type Jid, newId, NS, serialise, type StreamError } from "../core/mod.ts";
import { logOf } from "../../base/mod.ts";
import { Confirmations, type Confirmed } from "./stream/confirmations.ts";
import { HeldBack } from "./stream/held_back.ts";
import { Hook } from "./hooks.ts";
import type { StreamManagement } from "./stream/stream_management.ts";

/** Most requests of the server that wait for one client's answer. */
const MOST_ASKED = 100;

const REQUEST_ACK = serialise(el("r", { xmlns: NS.streamManagement }));

/** What a session needs of the stream below it. */
export interface Outlet {
  send(xml: string): void;
  /** Makes the client pay for work it caused, in bytes of its rate. */
  charge(bytes: number): void;
  /** Does the client read so slowly that nothing of others should be added? */
  readonly full: boolean;
  /** Ends the stream, and the session with it. */
  fail(error: StreamError): void;
  /** Ends the stream; the session goes on without it. */
  supersede(): void;
}

/**
 * One bound resource (RFC 6120 section 7). The stream below it can be lost and another one take its
 * place, when its client enabled that (XEP-0198); in between it is bound as before.
 */
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
  /** Those of whose nodes it was sent the newest items since it came online. */
  readonly greeted = new Set<string>();
  /** Set once its client has enabled stream management (XEP-0198). */
  management: StreamManagement | undefined;
  /** The stanza of its client that is being worked on. */
  working: Promise<void> | undefined;

  readonly jid: Jid;
  #outlet: Outlet | undefined;
  readonly #confirmations: Confirmations;
  #asked = new Map<string, (answer: Element | undefined) => void>();
  #held: HeldBack | undefined;
  #pinging = false;
  #open = true;

  /** @param mostUnconfirmed bytes remembered of what its client has not confirmed */
  constructor(jid: Jid, outlet: Outlet, mostUnconfirmed: number) {
    this.jid = jid;
    this.#outlet = outlet;
    this.#confirmations = new Confirmations(mostUnconfirmed);
  }

  /** Local part of its JID. */
  get account(): string {
    return this.jid.local;
  }
  /** May it still be written to? */
  get open(): boolean {
    return this.#open;
  }
  /** The stream below it; undefined while it waits for its client to come back. */
  get outlet(): Outlet | undefined {
    return this.#outlet;
  }

  /** Does it read, or acknowledge, so slowly that what others send must go elsewhere? */
  get full(): boolean {
    return (this.#outlet?.full ?? false) || (this.management?.full ?? false);
  }

  /** Writes what another caused, unless this one is full: nobody is to be dropped for others. */
  relay(stanza: Element): void {
    if (!this.full) this.send(stanza);
  }

  /** Writes a stanza. What cannot be written concerns this session alone, never the sender. */
  send(stanza: Element): void {
    if (!this.#open) return;
    try {
      this.sendXml(serialise(stanza), stanza);
    } catch (error) {
      logOf("xmpp-server").warn("a stanza could not be written: {error}", { error });
    }
  }

  /** Writes a stanza that was serialised before. @param stanza the same, if it is at hand */
  sendXml(xml: string, stanza?: Element): void {
    if (!this.#open) return;
    if (stanza !== undefined && this.#held?.keep(stanza, xml)) {
      if (this.#held.full) this.#writeHeld();
      return;
    }
    this.#writeHeld();
    this.#write(xml);
  }

  charge(bytes: number): void {
    this.#outlet?.charge(bytes);
  }

  /** Nobody looks at the client: what can wait is kept back until something comes that cannot. */
  setInactive(inactive: boolean): void {
    if (inactive) return void (this.#held ??= new HeldBack());
    this.#writeHeld();
    this.#held = undefined;
  }

  /**
   * Sends the client a request of the server's.
   * @param done gets the result or error stanza, or undefined when the session ended before
   */
  ask(payload: Element, done: (answer: Element | undefined) => void): void {
    if (!this.#open || this.#asked.size >= MOST_ASKED) return done(undefined);
    this.#ask(payload, done);
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

  /**
   * Waits until the client has shown that all written so far has come: by its acknowledgements
   * (XEP-0198), or else by answering a ping (XEP-0199).
   * @param size bytes to be remembered for it; see {@link Confirmations.add}
   */
  confirm(size: number, done: Confirmed): void {
    if (!this.#open) return done(false);
    this.#confirmations.add(size, done);
    if (this.management === undefined) this.#ping();
  }

  /** Takes the client's count of what it has. @throws StreamError when it is more than was sent */
  acknowledged(h: number): void {
    const management = this.management!;
    const progress = management.acknowledge(h) > 0;
    management.requested = false;
    this.#confirmations.confirm(this.#confirmations.written - management.unacknowledged);
    // Who counts nothing of it would be asked again and again: the next stanza will ask.
    if (progress && management.unacknowledged > 0) this.#requestAck();
  }

  /** Asks for a sign of life. */
  probe(): void {
    if (this.management !== undefined) this.#outlet?.send(REQUEST_ACK);
    else this.#ask(el("ping", { xmlns: NS.ping }), () => {});
  }

  /** Its stream was lost; its client may come back. What can wait does not fill its queue. */
  detach(): void {
    this.#outlet = undefined;
    this.setInactive(true);
  }

  /** Goes on on another stream, on which what is missing comes first. */
  attach(outlet: Outlet): void {
    const management = this.management!;
    this.#outlet = outlet;
    management.requested = false;
    for (const xml of management.missing) outlet.send(xml);
    if (management.unacknowledged > 0) this.#requestAck();
    this.setInactive(false);
  }

  /** No stream will be below it any more. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#outlet = undefined;
    this.#held = undefined;
    const waiting = new Hook<[]>();
    for (const done of this.#asked.values()) waiting.on(() => done(undefined));
    this.#asked.clear();
    waiting.on(() => this.#confirmations.end());
    waiting.run();
  }

  #ask(payload: Element, done: (answer: Element | undefined) => void): void {
    const id = newId();
    this.#asked.set(id, done);
    const from = this.jid.domain;
    this.send(el("iq", { type: "get", id, from, to: this.jid.toString() }, payload));
  }

  #write(xml: string): void {
    this.#confirmations.written++;
    this.management?.wrote(xml);
    this.#outlet?.send(xml);
    this.#requestAck();
  }

  #writeHeld(): void {
    for (const xml of this.#held?.take() ?? []) this.#write(xml);
  }

  /** One request at a time: the next one follows the answer, for all that was written meanwhile. */
  #requestAck(): void {
    const { management } = this;
    if (management === undefined || management.requested || this.#outlet === undefined) return;
    management.requested = true;
    this.#outlet.send(REQUEST_ACK);
  }

  /** One ping at a time, behind all that was written before it. */
  #ping(): void {
    if (this.#pinging) return;
    this.#pinging = true;
    const { written } = this.#confirmations;
    this.#ask(el("ping", { xmlns: NS.ping }), (answer) => {
      this.#pinging = false;
      if (answer === undefined) return;
      this.#confirmations.confirm(written);
      if (!this.#confirmations.empty && this.management === undefined) this.#ping();
    });
  }
}
