import { toBase64Url, toHex, utf8 } from "../base/mod.ts";
import { equal, sha256 } from "../crypto/mod.ts";

const LAUNCH_LIFE = 2 * 60_000;
const LAUNCHES = 16;
const SESSION_IDLE = 24 * 3600_000;
/** How long a browser stays let in, in ms. */
export const SESSION_LIFE = 7 * 24 * 3600_000;
const SESSIONS = 32;

function random(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}
/** Secrets are kept and looked up by hash: neither memory nor a lookup's time gives one away. */
function nameOf(secret: string): string {
  return toHex(sha256(utf8(secret)));
}

/** The CLI's token: compared by hash, in constant time. */
export class BearerToken {
  readonly #hash: Uint8Array;
  constructor(token: string) {
    this.#hash = sha256(utf8(token));
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

/** One browser that was let in. `signal` aborts when it is signed out or pushed out. */
export interface Session {
  readonly signal: AbortSignal;
}

interface HeldSession {
  ended: AbortController;
  usedAt: number;
  madeAt: number;
}

/** Browsers let in by a launch token: 32 at most, a week long, a day without use. */
export class Sessions {
  #sessions = new Map<string, HeldSession>();
  readonly #now: () => number;
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns the cookie's value */
  make(): string {
    const secret = random();
    const now = this.#now();
    this.#sessions.set(nameOf(secret), { ended: new AbortController(), usedAt: now, madeAt: now });
    for (const session of dropOldest(this.#sessions, SESSIONS)) session.ended.abort();
    return secret;
  }

  /** The session behind a cookie, now used; undefined when there is none or it expired. */
  use(secret: string): Session | undefined {
    const name = nameOf(secret);
    const session = this.#sessions.get(name);
    if (session === undefined) return undefined;
    const now = this.#now();
    if (now >= session.usedAt + SESSION_IDLE || now >= session.madeAt + SESSION_LIFE) {
      this.end(secret);
      return undefined;
    }
    session.usedAt = now;
    // Re-inserted, so that "oldest out" means least recently used.
    this.#sessions.delete(name);
    this.#sessions.set(name, session);
    return { signal: session.ended.signal };
  }

  end(secret: string): void {
    const name = nameOf(secret);
    this.#sessions.get(name)?.ended.abort();
    this.#sessions.delete(name);
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

/**
 * Counts wrong credentials: 30 a minute are answered 401, more 429. Right ones always pass: every
 * secret here has 256 bits, so a bound on guessing protects nothing that locking the owner out
 * would be worth.
 */
export class WrongAttempts {
  #count = 0;
  #since = -Infinity;
  readonly #now: () => number;
  constructor(now: () => number) {
    this.#now = now;
  }
  /** Counts one. @returns whether there have been too many */
  add(): boolean {
    const now = this.#now();
    if (now >= this.#since + 60_000) {
      this.#since = now;
      this.#count = 0;
    }
    return ++this.#count > 30;
  }
}
