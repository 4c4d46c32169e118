import type { Migration } from "./schema.ts";

/** Archived messages of accounts and rooms (XEP-0313), and what accounts want archived. */
export const ARCHIVE: Migration = {
  sqlite: `
  CREATE TABLE archived_message (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    peer TEXT NOT NULL,
    resource TEXT NOT NULL,
    stanza TEXT NOT NULL,
    size INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX archived_message_owner ON archived_message (owner, id);
  CREATE INDEX archived_message_peer ON archived_message (owner, peer, id);

  CREATE TABLE archive_preference (
    account TEXT PRIMARY KEY REFERENCES account (name) ON DELETE CASCADE,
    preference TEXT NOT NULL,
    always TEXT NOT NULL,
    never TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  mysql: [
    `CREATE TABLE IF NOT EXISTS archived_message (
      id BIGINT PRIMARY KEY,
      owner VARCHAR(3071) NOT NULL,
      peer VARCHAR(3071) NOT NULL,
      resource VARCHAR(1023) NOT NULL,
      stanza LONGTEXT NOT NULL,
      size BIGINT NOT NULL,
      KEY (owner(150), id),
      KEY (owner(150), peer(150), id)
    )`,
    `CREATE TABLE IF NOT EXISTS archive_preference (
      account VARCHAR(100) PRIMARY KEY,
      preference VARCHAR(10) NOT NULL,
      always LONGTEXT NOT NULL,
      never LONGTEXT NOT NULL,
      FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
    )`,
  ],
};
