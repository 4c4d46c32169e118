import { type Bytes, fromBase64Url, SimppdError, toBase64Url, toHex } from "../../../base/mod.ts";
import { sha256 } from "../../../crypto/mod.ts";
import type { Database } from "./database.ts";

/** A single-use right to make an account (XEP-0445). */
export interface Invitation {
  /** As in {@link OpenInvitation}. */
  id: string;
  /** base64url of 16 random bytes; a secret. */
  token: string;
  /** Milliseconds since 1970. */
  expires: number;
}

/** An invitation that can still be used, without the secret that uses it. */
export interface OpenInvitation {
  /** Names it: 16 hex digits of the token's hash. */
  id: string;
  /** The account that invites, null: the server's administrator. */
  inviter: string | null;
  /** Milliseconds since 1970. */
  expires: number;
  /** For whom it is, in words of who made it; may be empty. */
  note: string;
}

/** The longest a note may be, in UTF-16 units. */
const MOST_NOTE = 60;

/** Open invitations. Only hashes of tokens are kept: who reads the database can use none. */
export class Invitations {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = statements(db);
  }

  /**
   * @param inviter an account; null for the server's administrator
   * @param note for whom it is; may be empty
   * @throws SimppdError `too-many-invitations`, `bad-input`
   */
  create(
    { inviter, ttlSeconds, note }: { inviter: string | null; ttlSeconds: number; note: string },
    most: number,
    now: number,
  ): Invitation {
    if (note.length > MOST_NOTE) {
      throw new SimppdError("bad-input", `A note has ${MOST_NOTE} characters at most.`);
    }
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
    const hash = sha256(token);
    this.#statements.insert.run(hash, inviter, expires);
    if (note !== "") this.#statements.insertNote.run(hash, note.toWellFormed());
    return { id: idOf(hash), token: toBase64Url(token), expires };
  }

  /** How many can be used. */
  total(now: number): number {
    return this.#statements.total.get(now)!.n;
  }

  /** All that can be used, the soonest to run out first. */
  list(now: number): OpenInvitation[] {
    return this.#statements.open.all(now)
      .map(({ token_hash, note, ...rest }) => ({
        id: idOf(token_hash),
        ...rest,
        note: note ?? "",
      }));
  }

  /** Takes one back: nobody can use it any more. @returns whether there was one */
  revoke(id: string, now: number): boolean {
    const found = this.#statements.open.all(now).find(({ token_hash }) => idOf(token_hash) === id);
    if (found !== undefined) this.#statements.remove.run(Uint8Array.from(found.token_hash));
    return found !== undefined;
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
    open: db.prepare((q, now: number) =>
      q.selectFrom("invitation")
        .leftJoin("invitation_note", "invitation_note.token_hash", "invitation.token_hash")
        .select(["invitation.token_hash", "inviter", "expires", "note"])
        .where("expires", ">", now).orderBy("expires")
    ),
    insert: db.prepare((q, token_hash: Bytes, inviter: string | null, expires: number) =>
      q.insertInto("invitation").values({ token_hash, inviter, expires })
    ),
    insertNote: db.prepare((q, token_hash: Bytes, note: string) =>
      q.insertInto("invitation_note").values({ token_hash, note })
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

function idOf(hash: Uint8Array): string {
  return toHex(hash.subarray(0, 8));
}

function hashOf(token: string): Bytes | undefined {
  if (!/^[A-Za-z0-9_-]{22}$/.test(token)) return undefined;
  try {
    return sha256(fromBase64Url(token));
  } catch {
    return undefined;
  }
}
