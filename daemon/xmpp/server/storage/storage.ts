import { Accounts } from "./accounts.ts";
import { Blocklists } from "./blocklists.ts";
import type { Database } from "./database.ts";
import { Invitations } from "./invitations.ts";
import { isMysql } from "./location.ts";
import { MysqlDatabase } from "./mysql_database.ts";
import { OfflineMessages } from "./offline_messages.ts";
import { PepNodes } from "./pep_nodes.ts";
import { Rosters } from "./rosters.ts";
import { SqliteDatabase } from "./sqlite_database.ts";
import { Uploads } from "./uploads.ts";

/** What the server remembers: one database, a repository for each concept. */
export class Storage {
  readonly database: Database;
  readonly accounts: Accounts;
  readonly invitations: Invitations;
  readonly rosters: Rosters;
  readonly offline: OfflineMessages;
  readonly pep: PepNodes;
  readonly blocklists: Blocklists;
  readonly uploads: Uploads;

  /**
   * @param location path of an SQLite file, `:memory:`, or a `mysql://` URL
   * @throws SimppdError `schema-newer`; of a URL what {@link MysqlDatabase} throws
   */
  constructor(location: string) {
    const db = this.database = isMysql(location)
      ? new MysqlDatabase(location)
      : new SqliteDatabase(location);
    this.accounts = new Accounts(db);
    this.invitations = new Invitations(db);
    this.rosters = new Rosters(db);
    this.offline = new OfflineMessages(db);
    this.pep = new PepNodes(db);
    this.blocklists = new Blocklists(db);
    this.uploads = new Uploads(db);
  }

  /** All of `work` is stored, or nothing when it throws. Not to be nested. */
  transaction<T>(work: () => T): T {
    return this.database.transaction(work);
  }

  close(): void {
    this.database.close();
  }
}
