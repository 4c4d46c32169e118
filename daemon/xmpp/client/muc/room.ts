import { Emitter, logOf, SimppdError, steadyNow } from "../../../base/mod.ts";
import { el, type Element, Jid, newId, NS, StanzaError } from "../../core/mod.ts";
import type { XmppClient } from "../client.ts";
import { RoomAdministration } from "./administration.ts";
import { Entry } from "./entry.ts";
import type { Circumstances, Exit, Occupant, RoomEvent, RoomMessage, RoomState } from "./events.ts";
import {
  delayOf,
  occupantIdOf,
  readOccupant,
  readUserInfo,
  stanzaIdOf,
  textIn,
  type UserInfo,
} from "./reading.ts";

/** Occupants that are kept; what more a room claims is counted and not shown. */
const MAX_OCCUPANTS = 2_000;
/** Stanzas of one room within one window: a full one entered, and far less than a flood. */
const MOST_STANZAS = 10_000;
const WINDOW_MS = 10_000;

/** How one enters a room. */
export interface EnterOptions {
  readonly password?: string;
  /** Messages of before that are wanted; as many as the room likes when absent. */
  readonly history?: number;
  /** Only those said since then; milliseconds since 1970. */
  readonly since?: number;
  readonly timeoutMs?: number;
}

/**
 * One room (XEP-0045), from outside or from inside. All that it says about people is the word of the
 * service that runs it: addresses, roles, times and status codes can be lies.
 */
export class Room {
  readonly events: Emitter<RoomEvent> = new Emitter();
  readonly jid: Jid;
  /** What its owners, admins and moderators do. */
  readonly administration: RoomAdministration;
  readonly #client: XmppClient;
  #nick = "";
  #state: RoomState = "out";
  #occupants = new Map<string, Occupant>();
  #hidden = 0;
  #entry: Entry | undefined;
  #options: EnterOptions = {};
  #subject = { text: "", nick: "" };
  #codes: ReadonlySet<number> = new Set();
  #window = { since: 0, count: 0 };
  /** Newest message that was seen; milliseconds since 1970. */
  #newest: number | undefined;

  /** Made by `Rooms`, which hands it the stanzas of its address. */
  constructor(client: XmppClient, jid: Jid) {
    this.#client = client;
    this.jid = jid;
    this.administration = new RoomAdministration(client, jid);
  }

  get state(): RoomState {
    return this.#state;
  }
  /** Ours: as wished before we are in, then as the room gave it. */
  get nick(): string {
    return this.#nick;
  }
  /** In the order in which they came. */
  get occupants(): readonly Occupant[] {
    return [...this.#occupants.values()];
  }
  /** Occupants past those that are kept. */
  get hiddenOccupants(): number {
    return this.#hidden;
  }
  get self(): Occupant | undefined {
    return this.#occupants.get(this.#nick);
  }
  get subject(): { readonly text: string; readonly nick: string } {
    return this.#subject;
  }
  /** Does the room say that everybody sees our address (code 100), that it keeps a log (170)? */
  get claims(): { readonly nonAnonymous: boolean; readonly logged: boolean } {
    return { nonAnonymous: this.#codes.has(100), logged: this.#codes.has(170) };
  }
  occupant(nick: string): Occupant | undefined {
    return this.#occupants.get(nick);
  }

  /**
   * Enters the room, and stays in it over broken connections until {@link leave}; inside already it
   * takes the nick alone.
   * @returns whether the room was made by this: then it waits to be configured
   * @throws StanzaError such as `conflict`, `registration-required`, `not-authorized`, `forbidden`;
   * SimppdError `timeout`, `not-online`, `bad-jid`
   */
  async enter(nick: string, options: EnterOptions = {}): Promise<boolean> {
    if (this.#state === "in") {
      if (nick !== this.#nick) this.setNick(nick);
      return false;
    }
    this.#entry?.fail(new SimppdError("cancelled", "Entering the room was begun anew."));
    const address = this.jid.withResource(nick);
    const entry = new Entry(this.jid, options.timeoutMs);
    this.#entry = entry;
    this.#nick = nick;
    this.#options = options;
    this.#become("entering");
    try {
      this.#client.send(this.#entryPresence(address, options));
      return await entry.done;
    } catch (error) {
      if (this.#entry === entry) {
        this.#forget();
        this.#become("out");
      }
      // One who came in after all is not wanted there any more.
      if (error instanceof SimppdError && error.code === "timeout") this.#sendLeave(address);
      throw error;
    } finally {
      entry.end();
      if (this.#entry === entry) this.#entry = undefined;
    }
  }

  /** Leaves; nothing of the room is shown after it. */
  leave(status?: string): void {
    this.#entry?.fail(new SimppdError("cancelled", "The room was left."));
    if (this.#state === "in" || this.#state === "entering") {
      this.#sendLeave(this.jid.withResource(this.#nick), status);
    }
    this.#forget();
    this.#become("out");
  }

  /** Takes another nick; the event `nick` tells when it is ours. @throws SimppdError */
  setNick(nick: string): void {
    const presence = el("presence", { to: this.jid.withResource(nick).toString() });
    this.#client.hooks.dressPresence(presence);
    this.#client.send(presence);
  }

  /**
   * Says something to everybody; the event `message` with `own` tells when it was said.
   * @param content a text, or elements such as what is sealed
   * @returns its id. @throws SimppdError `not-online`, `bad-xml`
   */
  say(content: string | readonly Element[], id: string = newId()): string {
    return this.#speak(this.jid, "groupchat", content, id);
  }

  /** Says something to one occupant alone. @returns its id. @throws SimppdError */
  whisper(nick: string, content: string | readonly Element[], id: string = newId()): string {
    return this.#speak(this.jid.withResource(nick), "chat", content, id);
  }

  /** @throws SimppdError; what the room refuses is the event `refused` */
  setSubject(text: string): void {
    const attrs = { to: this.jid.toString(), type: "groupchat", id: newId() };
    this.#client.send(el("message", attrs, el("subject", {}, text)));
  }

  /**
   * Asks the room whether we are still in it (XEP-0410), and enters it anew when not. Does nothing
   * unless we believe to be in it.
   * @returns are we in it? @throws as {@link enter}
   */
  async check(timeoutMs?: number): Promise<boolean> {
    if (this.#state !== "in") return false;
    const to = this.jid.withResource(this.#nick);
    const ping = el("iq", { type: "get" }, el("ping", { xmlns: NS.ping }));
    try {
      await this.#client.iq(ping, { to, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
      return true;
    } catch (error) {
      // What else goes wrong says nothing about the room (section 3).
      if (!(error instanceof StanzaError) || INCONCLUSIVE.has(error.condition)) return true;
    }
    if (this.state !== "in") return false;
    this.#out("lost", {});
    await this.reenter();
    return true;
  }

  /** Enters anew as before, and asks for what was said since. @throws as {@link enter} */
  async reenter(): Promise<void> {
    const since = this.#newest === undefined ? {} : { since: this.#newest };
    await this.enter(this.#nick, { ...this.#options, ...since });
  }

  /** Our connection ended: called by `Rooms`. */
  suspend(): void {
    if (this.#state !== "in" && this.#state !== "entering") return;
    this.#entry?.fail(new SimppdError("not-online", "The connection ended meanwhile."));
    this.#forget();
    this.#become("waiting");
  }

  /** A presence of the room's or an occupant's address: called by `Rooms`. */
  takePresence(presence: Element, from: Jid): void {
    if (this.#state === "out" || this.#state === "waiting" || this.#floods()) return;
    const { type } = presence.attrs;
    const info = readUserInfo(presence);
    if (type === "error") this.#refused(presence, from);
    else if (from.resource === "" || info === undefined) return;
    else if (type === "unavailable") this.#gone(presence, from.resource, info);
    else if (type === undefined) this.#here(presence, from.resource, info);
  }

  /** A message of the room's or an occupant's address: called by `Rooms`. */
  takeMessage(message: Element, from: Jid): void {
    if (this.#state === "out" || this.#state === "waiting" || this.#floods()) return;
    const type = message.attrs.type ?? "normal";
    if (type === "error") {
      const { id } = message.attrs;
      return this.events.emit({ kind: "refused", id, error: StanzaError.fromElement(message) });
    }
    if (type === "groupchat") return this.#said(message, from);
    if (from.resource !== "") {
      if (message.getChildElements().length > 0) {
        this.events.emit({ kind: "private", message: this.#read(message, from) });
      }
      return;
    }
    this.#notice(message);
  }

  #here(presence: Element, nick: string, info: UserInfo): void {
    // Before we are in, the room may give us another nick; afterwards it is known which is ours.
    const self = this.#state === "in" ? nick === this.#nick : info.codes.has(110);
    if (self) this.#nick = nick;
    const before = this.#occupants.get(nick);
    const occupant = readOccupant(presence, nick, info, self);
    if (before === undefined && !self && this.#occupants.size >= MAX_OCCUPANTS) {
      this.#hidden++;
      return;
    }
    this.#occupants.set(nick, occupant);
    if (self && this.#state === "entering") {
      this.#codes = info.codes;
      this.#become("in");
      this.#entry?.succeed(info.codes.has(201));
    }
    const { circumstances } = info;
    if (before === undefined) this.events.emit({ kind: "joined", occupant });
    else this.events.emit({ kind: "changed", occupant, before, circumstances });
  }

  #gone(presence: Element, nick: string, info: UserInfo): void {
    const before = this.#occupants.get(nick);
    const self = nick === this.#nick;
    if (before === undefined && !self) {
      if (this.#hidden > 0) this.#hidden--;
      return;
    }
    const next = info.codes.has(303)
      ? Jid.tryParse(`${this.jid}/${info.newNick ?? ""}`)
      : undefined;
    const stolen = next?.resource === this.#nick && !self;
    if (next !== undefined && before !== undefined && next.resource !== "" && !stolen) {
      return this.#renamed(before, next.resource);
    }
    const why = exitOf(info);
    const { circumstances } = info;
    const said = textIn(presence, "status");
    const told = { ...circumstances, reason: circumstances.reason ?? said };
    if (!self) {
      this.#occupants.delete(nick);
      this.events.emit({ kind: "left", occupant: before!, why, circumstances: told });
      return;
    }
    if (this.#state !== "in") return;
    this.#out(why, told, Jid.tryParse(info.destroy?.attrs.jid));
  }

  #renamed(before: Occupant, nick: string): void {
    this.#occupants.delete(before.nick);
    const occupant = { ...before, nick };
    this.#occupants.set(nick, occupant);
    if (before.self) this.#nick = nick;
    this.events.emit({ kind: "nick", occupant, before: before.nick });
  }

  #refused(presence: Element, from: Jid): void {
    const error = StanzaError.fromElement(presence);
    // Of a nick we wished for while inside, it says only that we keep the one we have.
    if (this.#state === "in") {
      return this.events.emit({ kind: "refused", id: presence.attrs.id, error });
    }
    if (from.resource === this.#nick || from.resource === "") this.#entry?.fail(error);
  }

  #said(message: Element, from: Jid): void {
    const subject = message.getChild("subject");
    if (subject !== undefined && message.getChild("body") === undefined) {
      const text = textIn(message, "subject") ?? "";
      const at = delayOf(message, this.jid);
      this.#subject = { text, nick: from.resource };
      this.events.emit({ kind: "subject", text, nick: from.resource, at });
      return;
    }
    if (from.resource === "" && readUserInfo(message) !== undefined) return this.#notice(message);
    const read = this.#read(message, from);
    this.#newest = Math.max(this.#newest ?? 0, read.at ?? Date.now());
    this.events.emit({ kind: "message", message: read });
  }

  /** What the room itself says: that it is set up otherwise, or somebody's affiliation. */
  #notice(message: Element): void {
    const info = readUserInfo(message);
    if (info === undefined) return;
    const { codes, jid, affiliation, circumstances } = info;
    if (jid !== undefined) {
      this.events.emit({ kind: "affiliation", jid: jid.bare(), affiliation, circumstances });
    }
    if (codes.size > 0) this.events.emit({ kind: "config", codes: [...codes] });
  }

  #read(stanza: Element, from: Jid): RoomMessage {
    const at = delayOf(stanza, this.jid);
    const nick = from.resource;
    return {
      nick,
      occupant: at === undefined ? this.#occupants.get(nick) : undefined,
      occupantId: occupantIdOf(stanza),
      id: stanza.attrs.id,
      stanzaId: stanzaIdOf(stanza, this.jid),
      body: stanza.getChildText("body") ?? undefined,
      at,
      own: nick === this.#nick && at === undefined,
      stanza,
    };
  }

  #out(why: Exit | "flood", circumstances: Partial<Circumstances>, alternate?: Jid): void {
    this.#forget();
    this.#become("out");
    const told = { by: undefined, reason: undefined, ...circumstances };
    this.events.emit({ kind: "out", why, circumstances: told, alternate });
  }

  /** A room that says more than anybody can take in is left. */
  #floods(): boolean {
    const now = steadyNow();
    if (now - this.#window.since >= WINDOW_MS) this.#window = { since: now, count: 0 };
    if (++this.#window.count <= MOST_STANZAS) return false;
    this.#entry?.fail(new SimppdError("room-floods", `${this.jid} sends too much; it was left.`));
    this.#sendLeave(this.jid.withResource(this.#nick));
    this.#out("flood", {});
    return true;
  }

  #forget(): void {
    this.#occupants.clear();
    this.#hidden = 0;
    this.#codes = new Set();
  }

  #become(state: RoomState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.events.emit({ kind: "state", state });
  }

  #entryPresence(address: Jid, { password, history, since }: EnterOptions): Element {
    const wanted = history === undefined && since === undefined ? undefined : el("history", {
      maxstanzas: history?.toString(),
      since: since === undefined ? undefined : new Date(since).toISOString(),
    });
    const presence = el(
      "presence",
      { to: address.toString() },
      el(
        "x",
        { xmlns: NS.muc },
        password === undefined ? undefined : el("password", {}, password),
        wanted,
      ),
    );
    this.#client.hooks.dressPresence(presence);
    return presence;
  }

  #sendLeave(address: Jid, status?: string): void {
    const words = status === undefined ? undefined : el("status", {}, status);
    try {
      this.#client.send(el("presence", { to: address.toString(), type: "unavailable" }, words));
    } catch (error) {
      // Without a session we are in no room.
      logOf("xmpp").debug("a room was left without a word: {error}", { error });
    }
  }

  #speak(to: Jid, type: string, content: string | readonly Element[], id: string): string {
    const inside = typeof content === "string" ? [el("body", {}, content)] : content;
    // Section 7.5: so that the client of who gets it knows it for a private one.
    const mark = type === "chat" ? el("x", { xmlns: NS.mucUser }) : undefined;
    this.#client.send(el("message", { to: to.toString(), type, id }, ...inside, mark));
    return id;
  }
}

/** Errors of a ping to oneself after which one is still inside, or that say nothing of it. */
const INCONCLUSIVE = new Set([
  "service-unavailable",
  "feature-not-implemented",
  "item-not-found",
  "remote-server-not-found",
  "remote-server-timeout",
]);

function exitOf({ codes, destroy }: UserInfo): Exit {
  if (destroy !== undefined) return "destroyed";
  if (codes.has(301)) return "banned";
  if (codes.has(321) || codes.has(322)) return "not-member";
  if (codes.has(332)) return "shutdown";
  // Together with 307 it is a kick for a technical reason (section 15.6.2).
  if (codes.has(333)) return "lost";
  if (codes.has(307)) return "kicked";
  return "left";
}
