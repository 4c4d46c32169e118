import type { Migration } from "./schema.ts";

/** For whom an invitation is, in words of who made it. */
export const INVITATION_NOTES: Migration = {
  sqlite: `
  CREATE TABLE invitation_note (
    token_hash BLOB PRIMARY KEY REFERENCES invitation (token_hash) ON DELETE CASCADE,
    note TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  mysql: [
    `CREATE TABLE IF NOT EXISTS invitation_note (
      token_hash VARBINARY(64) PRIMARY KEY,
      note VARCHAR(100) NOT NULL,
      FOREIGN KEY (token_hash) REFERENCES invitation (token_hash) ON DELETE CASCADE
    )`,
  ],
};
