import type { Migration } from "./schema.ts";

/**
 * Uploaded files and slots for them. They outlive the row of their account, so that their files are
 * found and removed after it.
 */
export const UPLOADS: Migration = {
  sqlite: `
  CREATE TABLE upload (
    path_hash BLOB PRIMARY KEY,
    secret_hash BLOB NOT NULL,
    account TEXT NOT NULL,
    file TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    state TEXT NOT NULL,
    since INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX upload_account ON upload (account, state, size, since);
  CREATE INDEX upload_since ON upload (state, since);
  `,
  mysql: [
    `CREATE TABLE IF NOT EXISTS upload (
      path_hash BINARY(32) PRIMARY KEY,
      secret_hash BINARY(32) NOT NULL,
      account VARCHAR(100) NOT NULL,
      file VARCHAR(100) NOT NULL,
      name VARCHAR(1000) NOT NULL,
      type VARCHAR(200) NOT NULL,
      size BIGINT NOT NULL,
      state VARCHAR(10) NOT NULL,
      since BIGINT NOT NULL,
      KEY (account, state, size, since),
      KEY (state, since)
    )`,
  ],
};
