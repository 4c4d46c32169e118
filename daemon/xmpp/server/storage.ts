import { type DatabaseSync, openDatabase, transaction } from "../../store/mod.ts";
import { Accounts } from "./accounts.ts";
import { Blocklists } from "./blocklists.ts";
import { Invitations } from "./invitations.ts";
import { OfflineMessages } from "./offline_messages.ts";
import { PepNodes } from "./pep_nodes.ts";
import { Rosters } from "./rosters.ts";
import { MIGRATIONS } from "./schema.ts";

/** What the server remembers: one SQLite database, a repository for each concept. */
export class Storage {
  readonly accounts: Accounts;
  readonly invitations: Invitations;
  readonly rosters: Rosters;
  readonly offline: OfflineMessages;
  readonly pep: PepNodes;
  readonly blocklists: Blocklists;
  readonly #db: DatabaseSync;

  /** @param path a file, or `:memory:`. @throws SimppdError `schema-newer` */
  constructor(path: string) {
    const db = this.#db = openDatabase(path, MIGRATIONS);
    this.accounts = new Accounts(db);
    this.invitations = new Invitations(db);
    this.rosters = new Rosters(db);
    this.offline = new OfflineMessages(db);
    this.pep = new PepNodes(db);
    this.blocklists = new Blocklists(db);
  }

  /** All of `work` is stored, or nothing when it throws. Not to be nested. */
  transaction<T>(work: () => T): T {
    return transaction(this.#db, work);
  }

  close(): void {
    this.#db.close();
  }
}
