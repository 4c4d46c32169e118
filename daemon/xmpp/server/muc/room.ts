import { hmacSha256 } from "../../../crypto/mod.ts";
import { steadyNow, toBase64Url, utf8 } from "../../../base/mod.ts";
import { el, type Element, type Jid, NS, StanzaError } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import type { Session } from "../session.ts";
import { TokenBucket } from "../stream/token_bucket.ts";
import { Circular, hand } from "./circular.ts";
import { type Occupant, Occupants } from "./occupants.ts";
import { occupantPresence, type Occurrence } from "./presence_stanza.ts";
import type { Actor, Affiliation } from "./privileges.ts";
import { RelayedRequests } from "./relayed_requests.ts";
import type { RoomArchive } from "./room_archive.ts";
import type { RoomConfig } from "./room_config.ts";
import type { RoomRecord, RoomStore, Subject } from "./room_store.ts";

/** Who sent something to a room; the session is missing for services. */
export interface Sender {
  readonly jid: Jid;
  readonly session: Session | undefined;
}

/** What all rooms share. */
export interface Surroundings {
  readonly host: Host;
  readonly store: RoomStore;
  readonly archive: RoomArchive;
  /** What occupant ids are made with. */
  readonly idKey: Uint8Array;
  /** The room has no occupants any more. */
  emptied(room: Room): void;
  /** The room is no more, or is not kept any more. */
  destroyed(room: Room): void;
}

/** One room (XEP-0045): who belongs to it, who is in it, and how they are reached. */
export class Room {
  readonly around: Surroundings;
  readonly jid: Jid;
  readonly creator: string;
  config: RoomConfig;
  subject: Subject | undefined;
  /** Being made: only its owner is let in until it is configured (section 10.1). */
  locked: boolean;
  readonly affiliations: Map<string, Exclude<Affiliation, "none">>;
  readonly occupants = new Occupants();
  readonly relayed: RelayedRequests;
  /** Occupants as they stand, for those who see addresses and those who do not. */
  #standing = new WeakMap<Occupant, { open?: Circular; masked?: Circular }>();
  #paces = new Map<string, TokenBucket>();
  readonly #pace: TokenBucket;
  /** Sessions found gone while something was written to all. */
  #lost: string[] = [];

  constructor(
    around: Surroundings,
    jid: Jid,
    { creator, config, subject }: RoomRecord,
    affiliations: Map<string, Exclude<Affiliation, "none">>,
    locked: boolean,
  ) {
    this.around = around;
    this.jid = jid;
    this.creator = creator;
    this.config = config;
    this.subject = subject;
    this.affiliations = affiliations;
    this.locked = locked;
    const { roomMessagesPerSecond, roomMessageBurst, roomRequests } = around.host.limits;
    this.#pace = new TokenBucket(roomMessagesPerSecond, roomMessageBurst, steadyNow());
    this.relayed = new RelayedRequests(roomRequests);
  }

  /** Is it kept when everybody leaves? */
  get kept(): boolean {
    return this.config.persistent && !this.locked;
  }

  affiliationOf(jid: Jid): Affiliation {
    return this.affiliations.get(jid.bare().toString()) ?? "none";
  }

  /** What who sends something may do here. */
  actor({ jid }: Sender): Actor & { readonly occupant: Occupant | undefined } {
    const occupant = this.occupants.bySession(jid);
    return { affiliation: this.affiliationOf(jid), role: occupant?.role ?? "none", occupant };
  }

  /** @throws StanzaError `not-acceptable` when the sender is not in the room */
  occupant({ jid }: Sender): Occupant {
    const occupant = this.occupants.bySession(jid);
    if (occupant !== undefined) return occupant;
    throw new StanzaError("modify", "not-acceptable", "you are not in this room");
  }

  /** Opaque, the same for one account in this room, another in every other room (XEP-0421). */
  occupantId(bare: Jid): string {
    return toBase64Url(hmacSha256(this.around.idKey, utf8(`${this.jid}\0${bare}`)));
  }

  /** May this occupant see addresses? */
  sees(occupant: Occupant): boolean {
    return this.config.nonAnonymous || occupant.role === "moderator";
  }

  /** Sets the subject, and keeps it. */
  setSubject(subject: Subject | undefined): void {
    if (this.kept) this.around.store.put({ ...this.#record, subject });
    this.subject = subject;
  }

  /** Sets the room up: from now on it is open, and kept or not as the configuration says. */
  setConfig(config: RoomConfig): void {
    const { store, host } = this.around;
    const before = this.kept;
    if (!config.persistent) {
      if (before) store.remove(this.jid.local);
    } else {
      host.storage.transaction(() => {
        store.put({ ...this.#record, config });
        if (before) return;
        for (const [jid, affiliation] of this.affiliations) {
          store.setAffiliation(this.jid.local, jid, affiliation);
        }
      });
    }
    this.config = config;
    this.locked = false;
  }

  get #record(): RoomRecord {
    const { config, creator, subject } = this;
    return { name: this.jid.local, creator, config, subject };
  }

  /** Sets an affiliation, and keeps it; what follows for those in the room is the caller's. */
  affiliate(bare: string, affiliation: Affiliation): void {
    if (this.kept) this.around.store.setAffiliation(this.jid.local, bare, affiliation);
    if (affiliation === "none") this.affiliations.delete(bare);
    else this.affiliations.set(bare, affiliation);
  }

  /**
   * Counts one thing that a sender does.
   * @param message does it count for the room as well?
   * @param weight how much it counts for the sender
   * @throws StanzaError `resource-constraint` when it is too much
   */
  pace(sender: Sender, message = false, weight = 1): void {
    const now = steadyNow();
    const { occupantStanzasPerSecond, occupantStanzaBurst, roomOccupants } =
      this.around.host.limits;
    const bare = sender.jid.bare().toString();
    let own = this.#paces.get(bare);
    if (own === undefined) {
      // There is no end of those who come and go.
      if (this.#paces.size >= 2 * roomOccupants) this.#paces.clear();
      own = new TokenBucket(occupantStanzasPerSecond, occupantStanzaBurst, now);
      this.#paces.set(bare, own);
    }
    if (own.spend(0, now) > 0 || (message && this.#pace.spend(0, now) > 0)) {
      throw new StanzaError("wait", "resource-constraint", "too much at once for this room");
    }
    own.spend(weight, now);
    if (message) this.#pace.spend(1, now);
  }

  /** Writes a stanza without `to` to all sessions of some occupants. @param from parsed */
  send(stanza: Element, from: Jid, to: Iterable<Occupant>, payer?: Session): void {
    this.#write(new Circular(stanza), from, to, payer);
    this.#dropLost();
  }

  /** Writes a stanza without `to` to one session. */
  sendTo(stanza: Element, from: Jid, to: Jid): void {
    hand(this.around.host, new Circular(stanza), from, to);
  }

  /** Writes to one session how an occupant is. @returns characters written */
  showTo(occupant: Occupant, open: boolean, to: Jid): number {
    let known = this.#standing.get(occupant);
    if (known === undefined) this.#standing.set(occupant, known = {});
    const circular = known[open ? "open" : "masked"] ??= new Circular(
      occupantPresence(this.jid, occupant, this.affiliationOf(occupant.jid), {}, { open }),
    );
    hand(this.around.host, circular, this.jid.withResource(occupant.nick), to);
    return circular.size;
  }

  /** A message of the room itself with status codes, such as that its configuration changed. */
  announce(...codes: number[]): void {
    const status = codes.map((code) => el("status", { code: String(code) }));
    const stanza = el(
      "message",
      { from: this.jid.toString(), type: "groupchat" },
      el("x", { xmlns: NS.mucUser }, ...status),
    );
    this.send(stanza, this.jid, this.occupants);
  }

  /**
   * Tells everybody how an occupant is now, or that it is gone.
   * @param self codes for the occupant itself, beside 110
   */
  show(
    occupant: Occupant,
    what: Occurrence,
    { self = [], payer }: { self?: readonly number[]; payer?: Session | undefined } = {},
  ): void {
    this.#standing.delete(occupant);
    const affiliation = this.affiliationOf(occupant.jid);
    const from = this.jid.withResource(occupant.nick);
    const views = { open: [] as Occupant[], masked: [] as Occupant[] };
    for (const other of this.occupants) {
      if (other !== occupant) views[this.sees(other) ? "open" : "masked"].push(other);
    }
    for (const view of ["open", "masked"] as const) {
      if (views[view].length === 0) continue;
      const stanza = occupantPresence(this.jid, occupant, affiliation, what, {
        open: view === "open",
      });
      this.#write(new Circular(stanza), from, views[view], payer);
    }
    // The last thing who leaves hears is its own leaving.
    const own = occupantPresence(this.jid, occupant, affiliation, what, { open: true, self });
    this.#write(new Circular(own), from, [occupant], payer);
    this.#dropLost();
  }

  /** Takes an occupant out, and tells everybody why; the room may be gone after it. */
  expel(occupant: Occupant, what: Occurrence, payer?: Session): void {
    this.occupants.remove(occupant);
    this.show(occupant, { ...what, gone: true }, { payer });
    if (this.occupants.size === 0) this.around.emptied(this);
  }

  /** Takes everybody out, each told of itself alone: nobody stays whom the others would concern. */
  dismiss(what: Occurrence): void {
    const all = [...this.occupants];
    for (const occupant of all) this.occupants.remove(occupant);
    for (const occupant of all) this.show(occupant, { ...what, gone: true });
  }

  #write(circular: Circular, from: Jid, to: Iterable<Occupant>, payer: Session | undefined): void {
    let written = 0;
    for (const { sessions } of to) {
      for (const { jid } of sessions.values()) {
        written++;
        if (!hand(this.around.host, circular, from, jid)) this.#lost.push(jid.toString());
      }
    }
    payer?.charge(written * circular.size);
  }

  /** Sessions that ended without a word leave (section 7.14 of XEP-0045, status 333). */
  #dropLost(): void {
    const lost = this.#lost;
    this.#lost = [];
    for (const jid of lost) {
      const occupant = this.occupants.bySession(jid);
      if (occupant === undefined) continue;
      if (occupant.sessions.size === 1) this.expel(occupant, { codes: [333] });
      else this.occupants.removeSession(jid);
    }
  }
}
