import { type DatabaseSync, openDatabase, transaction } from "../../store/mod.ts";
import { Accounts } from "./accounts.ts";
import { Blocklists } from "./blocklists.ts";
import { Invitations } from "./invitations.ts";
import { OfflineMessages } from "./offline_messages.ts";
import { PepNodes } from "./pep_nodes.ts";
import { Rosters } from "./rosters.ts";
import { MIGRATIONS } from "./schema.ts";
import { Statements } from "./statements.ts";

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
    const statements = new Statements(db);
    this.accounts = new Accounts(statements);
    this.invitations = new Invitations(statements);
    this.rosters = new Rosters(statements);
    this.offline = new OfflineMessages(statements);
    this.pep = new PepNodes(statements);
    this.blocklists = new Blocklists(statements);
  }

  /** All of `work` is stored, or nothing when it throws. Not to be nested. */
  transaction<T>(work: () => T): T {
    return transaction(this.#db, work);
  }

  close(): void {
    this.#db.close();
  }
}
