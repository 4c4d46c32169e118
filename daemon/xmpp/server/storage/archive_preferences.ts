import type { Database } from "./database.ts";
import { upsert } from "./upsert.ts";

/** What an account wants archived (XEP-0441). */
export interface ArchivePreference {
  readonly preference: "always" | "never" | "roster";
  /** Bare JIDs, whatever the preference. */
  readonly always: readonly string[];
  readonly never: readonly string[];
}

/** Until an account says something else. */
export const DEFAULT_PREFERENCE: ArchivePreference = {
  preference: "always",
  always: [],
  never: [],
};

/** Most accounts whose preferences are remembered. */
const MOST_KEPT = 10_000;

/** What accounts want archived, by the local part of their JID. */
export class ArchivePreferences {
  readonly #statements;
  /** Asked for with every message, hence kept. */
  readonly #kept = new Map<string, ArchivePreference>();

  constructor(db: Database) {
    this.#statements = statements(db);
    db.onRollback(() => this.#kept.clear());
  }

  get(account: string): ArchivePreference {
    let preference = this.#kept.get(account);
    if (preference === undefined) {
      const row = this.#statements.find.get(account);
      preference = row === undefined ? DEFAULT_PREFERENCE : {
        preference: row.preference,
        always: JSON.parse(row.always),
        never: JSON.parse(row.never),
      };
      if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
      this.#kept.set(account, preference);
    }
    return preference;
  }

  set(account: string, { preference, always, never }: ArchivePreference): void {
    const [a, n] = [JSON.stringify(always), JSON.stringify(never)];
    this.#statements.put.run(account, preference, a, n);
    this.#kept.delete(account);
  }

  /** The account is gone. */
  forget(account: string): void {
    this.#kept.delete(account);
  }
}

function statements(db: Database) {
  return {
    find: db.prepare((q, account: string) =>
      q.selectFrom("archive_preference").select(["preference", "always", "never"])
        .where("account", "=", account)
    ),
    put: db.prepare((
      q,
      account: string,
      preference: ArchivePreference["preference"],
      always: string,
      never: string,
    ) =>
      upsert(
        db,
        q.insertInto("archive_preference").values({ account, preference, always, never }),
        ["account"],
        ["preference", "always", "never"],
      )
    ),
  };
}
