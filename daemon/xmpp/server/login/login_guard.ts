import type { ServerLimits } from "../limits.ts";

interface Failures {
  count: number;
  /** Until when further tries are refused. */
  blockedUntil: number;
  /** When all is forgotten. */
  forgetAt: number;
}

/** What the guard keeps of; past it the oldest records go. */
const MOST_RECORDS = 10_000;

/**
 * Slows down guessing. Wrong passwords count for the account at that address (back-off, doubling),
 * for the account wherever they come from, and for the address whatever the account (ban). An
 * address from which an account has logged in before keeps its own count for that account, and waits
 * shortly, so that a stranger's guessing locks nobody out, not even on a loopback address that many
 * programs share. Only for what can be guessed: passwords, not keys or tokens.
 */
export class LoginGuard {
  #pairs = new Map<string, Failures>();
  #accounts = new Map<string, Failures>();
  #addresses = new Map<string, Failures>();
  #known = new Map<string, Set<string>>();
  readonly #limits: ServerLimits;

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  /** May `address` speak to us at all? False while it is banned and no account is known there. */
  admits(address: string, now: number): boolean {
    return !this.#blocked(this.#addresses, address, now) || this.#known.has(address);
  }

  /** May `account` be tried from `address` now? */
  mayTry(address: string, account: string, now: number): boolean {
    if (this.#blocked(this.#pairs, pair(address, account), now)) return false;
    if (this.#known.get(address)?.has(account)) return true;
    return !this.#blocked(this.#accounts, account, now) &&
      !this.#blocked(this.#addresses, address, now);
  }

  /** A wrong password; `account` is undefined when what was given cannot be a name. */
  failed(address: string, account: string | undefined, now: number): void {
    const { failuresBeforeBackoff, failuresBeforeBan, banMs } = this.#limits;
    const { longestBackoffMs, longestKnownBackoffMs } = this.#limits;
    if (account !== undefined) {
      const known = this.#known.get(address)?.has(account) ?? false;
      const longest = known ? longestKnownBackoffMs : longestBackoffMs;
      this.#count(this.#pairs, pair(address, account), now, failuresBeforeBackoff, longest);
      if (known) return;
      this.#count(this.#accounts, account, now, failuresBeforeBan, longestBackoffMs);
    }
    const record = this.#record(this.#addresses, address, now);
    record.count++;
    record.forgetAt = now + banMs;
    if (record.count >= failuresBeforeBan) record.blockedUntil = now + banMs;
  }

  /** A right password: the pair starts afresh and is known from now on. */
  succeeded(address: string, account: string): void {
    this.#pairs.delete(pair(address, account));
    let accounts = this.#known.get(address);
    if (accounts === undefined) {
      trim(this.#known);
      this.#known.set(address, accounts = new Set());
    }
    accounts.add(account);
  }

  /** Forgets what has run out. */
  sweep(now: number): void {
    for (const table of [this.#pairs, this.#accounts, this.#addresses]) {
      for (const [key, record] of table) if (record.forgetAt <= now) table.delete(key);
    }
  }

  /** Addresses banned at this moment. */
  banned(now: number): number {
    let count = 0;
    for (const record of this.#addresses.values()) if (record.blockedUntil > now) count++;
    return count;
  }

  #count(
    table: Map<string, Failures>,
    key: string,
    now: number,
    free: number,
    longest: number,
  ): void {
    const { backoffMs, longestBackoffMs } = this.#limits;
    const record = this.#record(table, key, now);
    record.count++;
    const over = record.count - free;
    const wait = over < 0 ? 0 : Math.min(backoffMs * 2 ** Math.min(over, 30), longest);
    record.blockedUntil = now + wait;
    record.forgetAt = now + Math.max(longestBackoffMs, 2 * wait);
  }

  #record(table: Map<string, Failures>, key: string, now: number): Failures {
    let record = table.get(key);
    if (record === undefined || record.forgetAt <= now) {
      trim(table);
      table.set(key, record = { count: 0, blockedUntil: 0, forgetAt: 0 });
    }
    return record;
  }

  #blocked(table: Map<string, Failures>, key: string, now: number): boolean {
    return (table.get(key)?.blockedUntil ?? 0) > now;
  }
}

function pair(address: string, account: string): string {
  return `${address} ${account}`;
}

function trim(table: Map<string, unknown>): void {
  if (table.size < MOST_RECORDS) return;
  const oldest = table.keys().next();
  if (!oldest.done) table.delete(oldest.value);
}
