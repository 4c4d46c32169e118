import { Accounts } from "./accounts.ts";
import { Archive, ARCHIVE_ROOM, type ArchiveRoom } from "./archive.ts";
import { ArchivePreferences } from "./archive_preferences.ts";
import { Blocklists } from "./blocklists.ts";
import type { Database } from "./database.ts";
import { FastTokens } from "./fast_tokens.ts";
import { Invitations } from "./invitations.ts";
import { isMysql } from "./location.ts";
import { MysqlDatabase } from "./mysql_database.ts";
import { OfflineMessages } from "./offline_messages.ts";
import { PepAffiliations } from "./pep_affiliations.ts";
import { PepNodes } from "./pep_nodes.ts";
import { PepSubscriptions } from "./pep_subscriptions.ts";
import { StoredRooms } from "./rooms.ts";
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
  readonly pepAffiliations: PepAffiliations;
  readonly pepSubscriptions: PepSubscriptions;
  readonly blocklists: Blocklists;
  readonly rooms: StoredRooms;
  readonly tokens: FastTokens;
  readonly archive: Archive;
  readonly archivePreferences: ArchivePreferences;
  readonly uploads: Uploads;

  /**
   * @param location path of an SQLite file, `:memory:`, or a `mysql://` URL
   * @param room most that one archive keeps
   * @throws SimppdError `schema-newer`; of a URL what {@link MysqlDatabase} throws
   */
  constructor(location: string, room: ArchiveRoom = ARCHIVE_ROOM) {
    const db = this.database = isMysql(location)
      ? new MysqlDatabase(location)
      : new SqliteDatabase(location);
    this.accounts = new Accounts(db);
    this.invitations = new Invitations(db);
    this.rosters = new Rosters(db);
    this.offline = new OfflineMessages(db);
    this.pep = new PepNodes(db);
    this.pepAffiliations = new PepAffiliations(db);
    this.pepSubscriptions = new PepSubscriptions(db);
    this.blocklists = new Blocklists(db);
    this.rooms = new StoredRooms(db);
    this.tokens = new FastTokens(db);
    this.archive = new Archive(db, room);
    this.archivePreferences = new ArchivePreferences(db);
    this.uploads = new Uploads(db);
    this.accounts.onRemoved((name) => {
      this.offline.forget(name);
      this.blocklists.forget(name);
      this.pepAffiliations.forget(name);
      this.pep.forget(name);
      this.archivePreferences.forget(name);
    });
  }

  /** All of `work` is stored, or nothing when it throws. Not to be nested. */
  transaction<T>(work: () => T): T {
    return this.database.transaction(work);
  }

  /**
   * Stores what waits to be stored together with more; called before a client is told that
   * something is done.
   * @returns false when that cannot be now, as on a full disk: it goes on waiting
   */
  settle(): boolean {
    return this.archive.tryToSettle();
  }

  close(): void {
    this.archive.close();
    this.database.close();
  }
}
