import { fromUtf8, utf8 } from "../base/mod.ts";
import type { Problem, RoomInvitationView } from "../views/mod.ts";
import type { DatabaseSync } from "./database.ts";
import type { Vault } from "./vault.ts";

/** A client certificate for a registrar, PEM. */
export interface StoredCertificate {
  readonly certificate: string;
  readonly key: string;
  /** Of the authority that the registrar's own certificate is of, where the system knows it not. */
  readonly ca?: string;
}

/** What is remembered of an encrypted group beside its keys. */
export interface StoredGroup {
  /** Its room. */
  readonly jid: string;
  /** 32 hex digits. */
  readonly id: string;
  /** declined: kept for a while so that the same invitation does not come again and again. */
  readonly state: "invited" | "joined" | "out" | "declined";
  /** When that began, ms since 1970. */
  readonly at: number;
  /** Text of the specification; the key server's key in it is pinned. */
  readonly specification: string;
  readonly invitation: RoomInvitationView | null;
  /** Why we are out. */
  readonly problem: Problem | null;
  /** Whom we let in and who has not come, by bare JID. */
  readonly admitted: readonly string[];
  /** What some of them answered, by bare JID. */
  readonly answers?: Readonly<Record<string, "later" | "declined">>;
  /** Data suites allowed in it; those allowed everywhere when absent. */
  readonly suites?: readonly ("aes-256-gcm" | "aes-128-cbc-hmac" | "lsim-2003")[];
  /** What was not shown, by cause. */
  readonly refused: Readonly<Record<string, number>>;
  /** What one shows to a registrar; a password is never kept. */
  readonly certificate?: StoredCertificate;
}

/** Encrypted groups one is in, was in, or is invited to; all but the address of the room sealed. */
export class StoredGroups {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  all(): StoredGroup[] {
    return this.#db.prepare("SELECT * FROM groups ORDER BY jid").all()
      .map((row) => this.#view(row));
  }

  get(jid: string): StoredGroup | undefined {
    const row = this.#db.prepare("SELECT * FROM groups WHERE jid = ?").get(jid);
    return row === undefined ? undefined : this.#view(row);
  }

  /**
   * A group by its id: where it is known under several rooms, the one that we are in before those we
   * are invited to, and these before what was declined.
   */
  byId(id: string): StoredGroup | undefined {
    const states: StoredGroup["state"][] = ["joined", "out", "invited", "declined"];
    return this.all().filter((group) => group.id === id)
      .sort((one, other) => states.indexOf(one.state) - states.indexOf(other.state))[0];
  }

  /** The same group under another room, where we are in it: one device is in it once. */
  twin({ id, jid }: Pick<StoredGroup, "id" | "jid">): StoredGroup | undefined {
    const found = this.all().filter((one) => one.id === id && one.jid !== jid);
    return found.find(({ state }) => state === "joined" || state === "out");
  }

  put(group: StoredGroup): void {
    const { jid, ...inside } = group;
    const sealed = this.#vault.seal(`groups/${jid}`, utf8(JSON.stringify(inside)));
    this.#db.prepare("INSERT OR REPLACE INTO groups (jid, sealed) VALUES (?, ?)").run(jid, sealed);
  }

  remove(jid: string): void {
    this.#db.prepare("DELETE FROM groups WHERE jid = ?").run(jid);
  }

  #view(row: Record<string, unknown>): StoredGroup {
    const jid = String(row.jid);
    const inside = this.#vault.open(`groups/${jid}`, row.sealed as Uint8Array);
    return { ...JSON.parse(fromUtf8(inside)), jid };
  }
}
