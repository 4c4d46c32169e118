import { fromBase64Url, SimppdError, toBase64Url } from "../../base/mod.ts";
import { sha256 } from "../../crypto/mod.ts";
import type { Statements } from "./statements.ts";

/** A single-use right to make an account (XEP-0445). */
export interface Invitation {
  /** base64url of 16 random bytes; a secret. */
  token: string;
  /** Milliseconds since 1970. */
  expires: number;
}

/** Open invitations. Only hashes of tokens are kept: who reads the database can use none. */
export class Invitations {
  readonly #db: Statements;

  constructor(db: Statements) {
    this.#db = db;
  }

  /** @throws SimppdError `too-many-invitations` */
  create(inviter: string, ttlSeconds: number, most: number, now: number): Invitation {
    this.#db.prepare("DELETE FROM invitation WHERE expires <= ?").run(now);
    const row = this.#db.prepare("SELECT count(*) AS n FROM invitation WHERE inviter = ?")
      .get(inviter) as { n: number };
    if (row.n >= most) {
      throw new SimppdError(
        "too-many-invitations",
        `${most} invitations are open already; wait until one is used or runs out.`,
      );
    }
    const token = crypto.getRandomValues(new Uint8Array(16));
    const expires = now + ttlSeconds * 1000;
    this.#db.prepare("INSERT INTO invitation VALUES (?, ?, ?)")
      .run(sha256(token), inviter, expires);
    return { token: toBase64Url(token), expires };
  }

  /** Who invited with `token`; undefined when it is unknown, used or too old. */
  inviterOf(token: string, now: number): string | undefined {
    const hash = hashOf(token);
    if (hash === undefined) return undefined;
    const row = this.#db.prepare(
      "SELECT inviter FROM invitation WHERE token_hash = ? AND expires > ?",
    ).get(hash, now) as { inviter: string } | undefined;
    return row?.inviter;
  }

  /** Uses `token` up. Call inside the transaction that makes the account. */
  redeem(token: string, now: number): string | undefined {
    const inviter = this.inviterOf(token, now);
    if (inviter !== undefined) {
      this.#db.prepare("DELETE FROM invitation WHERE token_hash = ?").run(hashOf(token)!);
    }
    return inviter;
  }
}

function hashOf(token: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]{22}$/.test(token)) return undefined;
  try {
    return sha256(fromBase64Url(token));
  } catch {
    return undefined;
  }
}
