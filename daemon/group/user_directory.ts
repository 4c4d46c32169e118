import { type Bytes, fromHex, SimppdError, toHex } from "../base/mod.ts";
import { checkCost, equal, passphraseKey, type Random, type ScryptCost } from "../crypto/mod.ts";
import { refused } from "./admission.ts";

/** What a guess costs: about a tenth of a second. */
const COST: ScryptCost = { logN: 15, r: 8, p: 1 };
/** Passwords that wait to be tried; each takes 32 MiB while it is. */
const MAX_WAITING = 16;
const MAX_USERS = 100_000;

interface User {
  readonly cost: ScryptCost;
  readonly salt: Bytes;
  readonly hash: Bytes;
}

/**
 * Users of a directory file: a line each, `JID:logN:r:p:salt:hash`, salt and scrypt hash in hex; `#`
 * begins a comment.
 */
export class UserDirectory {
  readonly #users: ReadonlyMap<string, User>;
  #waiting = 0;

  private constructor(users: ReadonlyMap<string, User>) {
    this.#users = users;
  }

  get size(): number {
    return this.#users.size;
  }

  /** @throws SimppdError `bad-directory` naming the line */
  static parse(text: string): UserDirectory {
    const users = new Map<string, User>();
    for (const [at, raw] of text.split("\n").entries()) {
      const line = raw.trim();
      if (line === "" || line.startsWith("#")) continue;
      const match = /^([^\s:/]+):(\d{1,2}):(\d{1,2}):(\d{1,2}):([0-9a-f]{32}):([0-9a-f]{64})$/
        .exec(line);
      if (match === null || users.has(match[1]!) || users.size >= MAX_USERS) throw badLine(at + 1);
      const [, jid, logN, r, p, salt, hash] = match as string[];
      const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
      try {
        checkCost(cost);
      } catch {
        throw badLine(at + 1);
      }
      users.set(jid!, { cost, salt: fromHex(salt!), hash: fromHex(hash!) });
    }
    return new UserDirectory(users);
  }

  /** The line of somebody with a new password. */
  static async line(jid: string, password: string, random: Random): Promise<string> {
    const salt = random(16);
    const hash = await passphraseKey(password, salt, COST);
    return [jid, COST.logN, COST.r, COST.p, toHex(salt), toHex(hash)].join(":");
  }

  /**
   * Is this their password? It takes as long for who is not there.
   * @throws SimppdError `busy` when too many ask at once
   */
  async knows(jid: string, password: string): Promise<boolean> {
    if (this.#waiting >= MAX_WAITING) {
      throw refused("busy", "The registrar has too much to do; try again in a moment.");
    }
    this.#waiting++;
    const { cost, salt, hash } = this.#users.get(jid) ?? NOBODY;
    try {
      return equal(await passphraseKey(password, salt, cost), hash) && this.#users.has(jid);
    } finally {
      this.#waiting--;
    }
  }
}

const NOBODY: User = { cost: COST, salt: new Uint8Array(16), hash: new Uint8Array(32) };

function badLine(line: number): SimppdError {
  return new SimppdError(
    "bad-directory",
    `Line ${line} of the directory is no user, or one that was before: expected ` +
      "JID:logN:r:p:salt:hash, as `simppd registrar user` writes it.",
  );
}
