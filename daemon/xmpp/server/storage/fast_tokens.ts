import { type Bytes, toBase64Url, utf8 } from "../../../base/mod.ts";
import { sha256 } from "../../../crypto/mod.ts";
import { hashedToken } from "../../core/mod.ts";
import type { Database } from "./database.ts";

/** Random bytes of a token. */
const TOKEN_BYTES = 32;

/** Where a token of a client stands: the one that was used last, or one not used yet (XEP-0484). */
export type TokenSlot = "current" | "new";

/** What is kept of a token. */
export interface FastToken {
  readonly slot: TokenSlot;
  /** SHA-256 of the only message that proves the token. */
  readonly initiator: Bytes;
  /** The server's answer to it. */
  readonly responder: Bytes;
  /** Milliseconds since 1970. */
  readonly issued: number;
  readonly expires: number;
}

/** A token as its client gets it, once. */
export interface IssuedToken {
  readonly token: string;
  readonly expires: number;
}

/** What is kept of a client's proof: the proof itself would let in who reads the database. */
export function initiatorHash(proof: Uint8Array): Bytes {
  return sha256(proof);
}

/**
 * Tokens of clients that logged in before (XEP-0484), two slots for each. A token is a shared secret
 * by its mechanism, yet nothing kept here lets anybody in: both messages of a login depend on the
 * token and the certificate alone, so that their values are kept, the client's as a hash.
 */
export class FastTokens {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = statements(db);
  }

  /**
   * Makes a token for `client`, which takes the place of one it was given and did not use; past
   * `most` clients of the account the one goes whose token is oldest. Call inside a transaction.
   */
  issue(
    account: string,
    client: string,
    binding: Uint8Array,
    { now, lifeMs, most }: { now: number; lifeMs: number; most: number },
  ): IssuedToken {
    const token = toBase64Url(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));
    const expires = now + lifeMs;
    const initiator = initiatorHash(hashedToken("Initiator", token, binding));
    const responder = hashedToken("Responder", token, binding);
    const { removeSlot, insert, clients, removeKept } = this.#statements;
    removeSlot.run(account, idOf(client), "new");
    insert.run(account, idOf(client), initiator, responder, now, expires);
    for (const { client } of clients.all(account).slice(most)) removeKept.run(account, client);
    return { token, expires };
  }

  /** The tokens of a client, the unused one first. */
  find(account: string, client: string): FastToken[] {
    return this.#statements.find.all(account, idOf(client));
  }

  /** A token was used: when it is a new one, the one before it is void. */
  used(account: string, client: string, slot: TokenSlot): void {
    if (slot === "current") return;
    this.#statements.removeSlot.run(account, idOf(client), "current");
    this.#statements.promote.run(account, idOf(client));
  }

  /** No token of the client lets in any more. */
  revoke(account: string, client: string): void {
    this.#statements.removeKept.run(account, idOf(client));
  }

  /** No token of the account lets in any more: its password changed, or it was shut out. */
  revokeAll(account: string): void {
    this.#statements.removeAll.run(account);
  }
}

function statements(db: Database) {
  return {
    insert: db.prepare((
      q,
      account: string,
      client: string,
      initiator: Uint8Array,
      responder: Uint8Array,
      issued: number,
      expires: number,
    ) =>
      q.insertInto("fast_token")
        .values({ account, client, slot: "new", initiator, responder, issued, expires })
    ),
    find: db.prepare((q, account: string, client: string) =>
      q.selectFrom("fast_token")
        .select(["slot", "initiator", "responder", "issued", "expires"])
        .where("account", "=", account).where("client", "=", client)
        .orderBy("slot", "desc")
    ),
    clients: db.prepare((q, account: string) =>
      q.selectFrom("fast_token").select("client").where("account", "=", account)
        .groupBy("client").orderBy((eb) => eb.fn.max("issued"), "desc")
    ),
    promote: db.prepare((q, account: string, client: string) =>
      q.updateTable("fast_token").set({ slot: "current" })
        .where("account", "=", account).where("client", "=", client)
    ),
    removeSlot: db.prepare((q, account: string, client: string, slot: TokenSlot) =>
      q.deleteFrom("fast_token").where("account", "=", account)
        .where("client", "=", client).where("slot", "=", slot)
    ),
    removeKept: db.prepare((q, account: string, client: string) =>
      q.deleteFrom("fast_token").where("account", "=", account).where("client", "=", client)
    ),
    removeAll: db.prepare((q, account: string) =>
      q.deleteFrom("fast_token").where("account", "=", account)
    ),
  };
}

/** Clients name themselves as they like: this is short, and says nothing of them. */
function idOf(client: string): string {
  return toBase64Url(sha256(utf8(client)));
}
