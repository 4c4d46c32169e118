import { logOf, steadyNow, utf8 } from "../../../base/mod.ts";
import { sharesWithin } from "./archive_shares.ts";
import { archiveStatements } from "./archive_statements.ts";
import type { Database } from "./database.ts";

/** One message to be archived. */
export interface ArchiveEntry {
  /** Unique and growing; see {@link Archive.nextId}. */
  readonly id: number;
  /** Bare JID whose archive it is: an account or a room. */
  readonly owner: string;
  /** Bare JID of the other side; of rooms the speaker's address in the room. */
  readonly peer: string;
  readonly resource: string;
  /** XML. */
  readonly stanza: string;
}

/** One message out of the archive. */
export interface ArchivedMessage {
  readonly id: number;
  readonly stanza: string;
}

/** Which messages of an archive are asked for; bounds by id are exclusive. */
export interface ArchiveFilter {
  readonly owner: string;
  /** "" for all. */
  readonly peer: string;
  /** "" for all of the peer. */
  readonly resource: string;
  readonly after: number;
  readonly before: number;
}

/** Most an archive keeps. */
export interface ArchiveRoom {
  readonly messages: number;
  readonly bytes: number;
}

/** What an archive keeps where nothing else is said. */
export const ARCHIVE_ROOM: ArchiveRoom = { messages: 20_000, bytes: 64 << 20 };

/** How long a message may wait to be stored together with others, in ms. */
const GATHER_MS = 10;
/** What is stored at once, in messages and characters of them: what fails costs no more than this. */
const GATHER_MOST = 500;
const GATHER_SIZE = 4 << 20;
/** What cannot be stored, as on a full disk, is kept so far, in messages and characters of them. */
const WAITING_MOST = 5_000;
const WAITING_SIZE = 32 << 20;
/** So many times that is gathered before the oldest of it go: not at every message. */
const SLACK = 1.25;
/** So long after a failure it is not tried again, in ms, and so many times what the failure took. */
const RETRY_MS = 100;
const RETRY_TIMES = 10;
/** The log says it at most so often, in ms. */
const COMPLAIN_EVERY = 10_000;
/** Of an archive that is full so much goes at once. */
const TRIM = 0.1;
/** Ids are the time in microseconds; ms of a clock times this. */
const PER_MS = 1_000;

/** The id that a message archived at `ms` since 1970 has at least. */
export function idAt(ms: number): number {
  return Math.min(Math.max(0, Math.floor(ms)) * PER_MS, Number.MAX_SAFE_INTEGER);
}

/** When a message was archived, in ms since 1970. */
export function timeOf(id: number): number {
  return Math.floor(id / PER_MS);
}

/**
 * Archives of accounts and rooms (XEP-0313). Messages are gathered for a moment and stored together;
 * {@link settle} stores them at once, before anything is said to be safe.
 */
export class Archive {
  /** Does the owner of an archive know a peer? Both are bare JIDs; what strangers fill goes first. */
  familiar: (owner: string, peer: string) => boolean = () => true;
  readonly #db: Database;
  readonly #statements: ReturnType<typeof archiveStatements>;
  readonly #taken = new Map<string, { messages: number; bytes: number }>();
  readonly #room: ArchiveRoom;
  #gathered: ArchiveEntry[] = [];
  /** Characters of it. */
  #size = 0;
  #failure: { readonly error: unknown; readonly until: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: number;
  #complained = -Infinity;

  constructor(db: Database, room: ArchiveRoom) {
    this.#db = db;
    this.#room = room;
    this.#statements = archiveStatements(db);
    this.#last = this.#statements.last.get()?.id ?? 0;
  }

  /** The id of the next message: the time, or one more than the last where the clock went back. */
  nextId(now: number): number {
    return this.#last = Math.max(this.#last + 1, idAt(now));
  }

  add(entry: ArchiveEntry): void {
    this.#gathered.push(entry);
    this.#size += entry.stanza.length;
    const wait = this.#wait;
    const much = this.#gathered.length >= GATHER_MOST || this.#size >= GATHER_SIZE;
    if (much && wait === 0) this.tryToSettle();
    else this.#timer ??= setTimeout(() => this.tryToSettle(), Math.max(GATHER_MS, wait));
    const { length } = this.#gathered;
    if (length > SLACK * WAITING_MOST || this.#size > SLACK * WAITING_SIZE) {
      this.#gathered = newest(this.#gathered);
      this.#size = sizeOf(this.#gathered);
    }
  }

  /**
   * Stores what was gathered.
   * @throws SimppdError `database-full`, `database-unavailable`; the same for a moment afterwards
   * without trying
   */
  settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathered.length === 0) return;
    if (this.#failure !== undefined && this.#wait > 0) throw this.#failure.error;
    const grown = new Set<string>();
    while (this.#gathered.length > 0) {
      for (const { owner } of this.#storeSome()) grown.add(owner);
    }
    for (const owner of grown) this.#keepWithin(owner);
  }

  /** Stores some of the oldest that were gathered. */
  #storeSome(): ArchiveEntry[] {
    let size = 0;
    const over = this.#gathered.findIndex(({ stanza }, index) =>
      index === GATHER_MOST || (size += stanza.length) > GATHER_SIZE && index > 0
    );
    const entries = over < 0 ? this.#gathered : this.#gathered.slice(0, over);
    const begun = steadyNow();
    try {
      this.#db.transaction(() => {
        this.#statements.insert.runEach(
          entries.map(({ id, owner, peer, resource, stanza }) =>
            [id, owner, peer, resource, stanza, utf8(stanza).length] as const
          ),
        );
      });
    } catch (error) {
      const now = steadyNow();
      this.#failure = { error, until: now + Math.max(RETRY_MS, RETRY_TIMES * (now - begun)) };
      throw error;
    }
    this.#failure = undefined;
    this.#gathered = over < 0 ? [] : this.#gathered.slice(over);
    this.#size -= sizeOf(entries);
    for (const { owner, stanza } of entries) {
      const taken = this.#taken.get(owner);
      if (taken === undefined) continue;
      taken.messages++;
      taken.bytes += stanza.length;
    }
    return entries;
  }

  /** How long nothing is to be tried after a failure, in ms. */
  get #wait(): number {
    return this.#failure === undefined ? 0 : Math.max(0, this.#failure.until - steadyNow());
  }

  /**
   * As {@link settle}, but what goes wrong is told in the log, and tried again with what comes.
   * @returns whether all is stored
   */
  tryToSettle(): boolean {
    try {
      this.settle();
      return true;
    } catch (error) {
      const now = steadyNow();
      if (now - this.#complained > COMPLAIN_EVERY) {
        this.#complained = now;
        logOf("xmpp-server").error("messages could not be archived yet: {error}", { error });
      }
      return false;
    }
  }

  /** In order of id, at most `most`; from the end backwards when `last`. */
  page(filter: ArchiveFilter, most: number, last: boolean): ArchivedMessage[] {
    this.settle();
    const { owner, peer, resource, after, before } = filter;
    const query = peer === ""
      ? this.#statements.pages.all
      : resource === ""
      ? this.#statements.pages.peer
      : this.#statements.pages.resource;
    const rows = query[last ? "backwards" : "forwards"]
      .all(owner, after, before, most, peer, resource);
    return last ? rows.reverse() : rows;
  }

  count({ owner, peer, resource, after, before }: ArchiveFilter): number {
    this.settle();
    const { counts } = this.#statements;
    const query = peer === "" ? counts.all : resource === "" ? counts.peer : counts.resource;
    return query.get(owner, after, before, peer, resource)!.n;
  }

  /** Is there such a message in the archive? */
  has(owner: string, id: number): boolean {
    this.settle();
    return this.#statements.find.get(owner, id) !== undefined;
  }

  /** Bare JIDs at a domain that have archives. Reads through all of them. */
  ownersAt(domain: string): string[] {
    this.settle();
    return this.#statements.owners.all().map(({ owner }) => owner)
      .filter((owner) => owner.endsWith(`@${domain}`));
  }

  /** Forgets a whole archive. */
  remove(owner: string): void {
    this.settle();
    this.#statements.removeOwner.run(owner);
    this.#taken.delete(owner);
  }

  /** Forgets what is older than `at` (ms since 1970), of all archives. */
  removeBefore(at: number): void {
    this.settle();
    const { changes } = this.#statements.removeOld.run(idAt(at));
    if (changes > 0) this.#taken.clear();
  }

  /** All archives together. Reads through all of them. */
  totals(): { messages: number; bytes: number } {
    this.settle();
    return { ...this.#statements.totals.get()! };
  }

  close(): void {
    this.#failure = undefined;
    this.tryToSettle();
  }

  /**
   * When an archive is past its room the oldest messages go, of the peers that fill the most of it:
   * nobody pushes out what others wrote.
   */
  #keepWithin(owner: string): void {
    const { taken: counted, takenByPeer, oldest, removeUpTo } = this.#statements;
    let taken = this.#taken.get(owner);
    if (taken === undefined) {
      taken = { ...counted.get(owner)! };
      this.#taken.set(owner, taken);
    }
    const { messages, bytes } = this.#room;
    if (taken.messages <= messages && taken.bytes <= bytes) return;
    const peers = takenByPeer.all(owner);
    const most = { messages: messages * (1 - TRIM), bytes: bytes * (1 - TRIM) };
    const over = sharesWithin(peers, (peer) => this.familiar(owner, peer), most);
    for (const { peer, messages, bytes } of peers) {
      const share = over.get(peer);
      if (share === undefined) continue;
      let [many, much] = [messages - share.messages, bytes - share.bytes];
      let cut = 0;
      for (const { id, size } of oldest.all(owner, peer, messages)) {
        if (many <= 0 && much <= 0) break;
        cut = id;
        many--;
        much -= size;
      }
      removeUpTo.run(owner, peer, cut);
    }
    this.#taken.delete(owner);
  }
}

/** As many of the last as may wait. */
function newest(entries: readonly ArchiveEntry[]): ArchiveEntry[] {
  let size = 0;
  let first = entries.length;
  while (first > 0 && entries.length - first < WAITING_MOST) {
    size += entries[first - 1]!.stanza.length;
    if (size > WAITING_SIZE) break;
    first--;
  }
  return entries.slice(first);
}

function sizeOf(entries: readonly ArchiveEntry[]): number {
  return entries.reduce((size, { stanza }) => size + stanza.length, 0);
}
