import { toBase64Url, toHex, utf8 } from "../base/mod.ts";
import { equal, hmacSha256, sha256 } from "../crypto/mod.ts";

/** How long a launch link is good for, in ms. */
export const LAUNCH_LIFE = 2 * 60_000;
const LAUNCHES = 16;
const SESSION_IDLE = 24 * 3600_000;
/** How long a browser stays let in, in ms. */
export const SESSION_LIFE = 7 * 24 * 3600_000;
const SESSIONS = 32;
const TICKET_LIFE = 30_000;
const TICKETS = 32;

function random(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}
/** Secrets are kept and looked up by hash: neither memory nor a lookup's time gives one away. */
function nameOf(secret: string): string {
  return toHex(sha256(utf8(secret)));
}

/**
 * What a door answers to a nonce: HMAC-SHA-256 under the token, over the port it listens on, so that
 * whoever listens on another port cannot pass the question on.
 */
export function doorProof(token: string, port: number, nonce: string): string {
  return toBase64Url(hmacSha256(utf8(token), utf8(`simppd door\0${port}\0${nonce}`)));
}

/** The CLI's token: compared by hash, in constant time. */
export class BearerToken {
  readonly #hash: Uint8Array;
  readonly #token: string;
  constructor(token: string) {
    this.#hash = sha256(utf8(token));
    this.#token = token;
  }
  /** Shows on `port` that we know it, without saying it. */
  proof(port: number, nonce: string): string {
    return doorProof(this.#token, port, nonce);
  }
  matches(presented: string): boolean {
    return equal(this.#hash, sha256(utf8(presented)));
  }
}

/** Tokens that open the dashboard once, within two minutes; at most 16 at a time, oldest out. */
export class LaunchTokens {
  #expiries = new Map<string, number>();
  readonly #now: () => number;
  constructor(now: () => number) {
    this.#now = now;
  }

  make(): string {
    const token = random();
    this.#expiries.set(nameOf(token), this.#now() + LAUNCH_LIFE);
    dropOldest(this.#expiries, LAUNCHES);
    return token;
  }

  /** @returns whether the token was good; it is not any more */
  use(token: string): boolean {
    const name = nameOf(token);
    const expiry = this.#expiries.get(name);
    this.#expiries.delete(name);
    return expiry !== undefined && this.#now() < expiry;
  }
}

/** One browser page that was let in. `signal` aborts when it is signed out or pushed out. */
export interface Session {
  readonly signal: AbortSignal;
  /** Opens one picture each; they end with the session. */
  readonly tickets: Tickets;
}

interface HeldSession extends Session {
  ended: AbortController;
  page: Uint8Array;
  usedAt: number;
  madeAt: number;
}

/**
 * Pages let in by a launch token: 32 at most, a week long, a day without use. A session has two
 * secrets. The cookie goes to every port of this host, so to whoever listens on one; the page token
 * stays within the origin, port included, and only both together are a session.
 */
export class Sessions {
  #sessions = new Map<string, HeldSession>();
  readonly #now: () => number;
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns the cookie's value and the token the page keeps */
  make(): { cookie: string; page: string } {
    const cookie = random();
    const page = random();
    const now = this.#now();
    const ended = new AbortController();
    this.#sessions.set(nameOf(cookie), {
      ended,
      signal: ended.signal,
      tickets: new Tickets(this.#now),
      page: sha256(utf8(page)),
      usedAt: now,
      madeAt: now,
    });
    for (const session of dropOldest(this.#sessions, SESSIONS)) session.ended.abort();
    return { cookie, page };
  }

  /** The session of cookie and page token, now used; undefined when either is not its own. */
  use(cookie: string, page: string): Session | undefined {
    const session = this.#find(cookie);
    if (session === undefined || !equal(session.page, sha256(utf8(page)))) return undefined;
    session.usedAt = this.#now();
    // Re-inserted, so that "oldest out" means least recently used.
    const name = nameOf(cookie);
    this.#sessions.delete(name);
    this.#sessions.set(name, session);
    return session;
  }

  /** The session of cookie and a ticket for just this, which is spent; it does not count as use. */
  redeem(cookie: string, ticket: string, what: string): Session | undefined {
    const session = this.#find(cookie);
    return session?.tickets.use(ticket, what) === true ? session : undefined;
  }

  end(cookie: string): void {
    const name = nameOf(cookie);
    this.#sessions.get(name)?.ended.abort();
    this.#sessions.delete(name);
  }

  endAll(): void {
    for (const session of this.#sessions.values()) session.ended.abort();
    this.#sessions.clear();
  }

  #find(cookie: string): HeldSession | undefined {
    const session = this.#sessions.get(nameOf(cookie));
    if (session === undefined) return undefined;
    const now = this.#now();
    if (now < session.usedAt + SESSION_IDLE && now < session.madeAt + SESSION_LIFE) return session;
    this.end(cookie);
    return undefined;
  }
}

/**
 * Stand in a URL for the page token, where an <img> or a WebSocket can send no header: each opens
 * one thing, once, within 30 seconds; at most 32 at a time, oldest out.
 */
export class Tickets {
  #held = new Map<string, { what: string; expiry: number }>();
  readonly #now: () => number;
  constructor(now: () => number) {
    this.#now = now;
  }

  make(what: string): string {
    const ticket = random();
    this.#held.set(nameOf(ticket), { what, expiry: this.#now() + TICKET_LIFE });
    dropOldest(this.#held, TICKETS);
    return ticket;
  }

  /** @returns whether the ticket was good for `what`; it is good for nothing any more */
  use(ticket: string, what: string): boolean {
    const name = nameOf(ticket);
    const held = this.#held.get(name);
    this.#held.delete(name);
    return held !== undefined && held.what === what && this.#now() < held.expiry;
  }
}

/** Drops the first entries of `map` until `most` are left; @returns what was dropped */
function dropOldest<T>(map: Map<string, T>, most: number): T[] {
  const dropped: T[] = [];
  for (const [name, value] of map) {
    if (map.size <= most) break;
    map.delete(name);
    dropped.push(value);
  }
  return dropped;
}

/** Counts how often something happens within a window of time. */
export class Rate {
  #count = 0;
  #since = -Infinity;
  readonly #most: number;
  readonly #window: number;
  readonly #now: () => number;
  constructor(most: number, window: number, now: () => number) {
    this.#most = most;
    this.#window = window;
    this.#now = now;
  }
  /** Counts one. @returns whether there have been too many */
  add(): boolean {
    const now = this.#now();
    if (now >= this.#since + this.#window) {
      this.#since = now;
      this.#count = 0;
    }
    return ++this.#count > this.#most;
  }
}
