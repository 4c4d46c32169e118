import { type Bytes, fromBase64Url, SimppdError, toBase64Url } from "../../../base/mod.ts";
import { sha256 } from "../../../crypto/mod.ts";
import type { Database } from "./database.ts";

/** A single-use right to make an account (XEP-0445). */
export interface Invitation {
  /** base64url of 16 random bytes; a secret. */
  token: string;
  /** Milliseconds since 1970. */
  expires: number;
}

/** Open invitations. Only hashes of tokens are kept: who reads the database can use none. */
export class Invitations {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = statements(db);
  }

  /**
   * @param inviter an account; null for the server's administrator
   * @throws SimppdError `too-many-invitations`
   */
  create(inviter: string | null, ttlSeconds: number, most: number, now: number): Invitation {
    this.#statements.removeExpired.run(now);
    const { n } = inviter === null
      ? this.#statements.countOpen.get()!
      : this.#statements.count.get(inviter)!;
    if (n >= most) {
      throw new SimppdError(
        "too-many-invitations",
        `${most} invitations are open already; wait until one is used or runs out.`,
      );
    }
    const token = crypto.getRandomValues(new Uint8Array(16));
    const expires = now + ttlSeconds * 1000;
    this.#statements.insert.run(sha256(token), inviter, expires);
    return { token: toBase64Url(token), expires };
  }

  /** How many can be used. */
  total(now: number): number {
    return this.#statements.total.get(now)!.n;
  }

  /** Who invited with `token`, null: the administrator; undefined: it is unknown, used or too old. */
  inviterOf(token: string, now: number): string | null | undefined {
    const hash = hashOf(token);
    return hash && this.#statements.inviter.get(hash, now)?.inviter;
  }

  /** Uses `token` up. Call inside the transaction that makes the account. */
  redeem(token: string, now: number): string | null | undefined {
    const inviter = this.inviterOf(token, now);
    if (inviter !== undefined) this.#statements.remove.run(hashOf(token)!);
    return inviter;
  }
}

function statements(db: Database) {
  return {
    removeExpired: db.prepare((q, now: number) =>
      q.deleteFrom("invitation").where("expires", "<=", now)
    ),
    count: db.prepare((q, inviter: string) =>
      q.selectFrom("invitation").select(q.fn.countAll<number>().as("n"))
        .where("inviter", "=", inviter)
    ),
    countOpen: db.prepare((q) =>
      q.selectFrom("invitation").select(q.fn.countAll<number>().as("n"))
        .where("inviter", "is", null)
    ),
    total: db.prepare((q, now: number) =>
      q.selectFrom("invitation").select(q.fn.countAll<number>().as("n")).where("expires", ">", now)
    ),
    insert: db.prepare((q, token_hash: Bytes, inviter: string | null, expires: number) =>
      q.insertInto("invitation").values({ token_hash, inviter, expires })
    ),
    inviter: db.prepare((q, hash: Bytes, now: number) =>
      q.selectFrom("invitation").select("inviter")
        .where("token_hash", "=", hash).where("expires", ">", now)
    ),
    remove: db.prepare((q, hash: Bytes) =>
      q.deleteFrom("invitation").where("token_hash", "=", hash)
    ),
  };
}

function hashOf(token: string): Bytes | undefined {
  if (!/^[A-Za-z0-9_-]{22}$/.test(token)) return undefined;
  try {
    return sha256(fromBase64Url(token));
  } catch {
    return undefined;
  }
}
