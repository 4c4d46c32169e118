import type { Migration } from "./schema.ts";

/** Invitations of nobody: the administrator's, to a server of its own. */
export const OPEN_INVITATIONS: Migration = {
  sqlite: `
  CREATE TABLE open_invitation (
    token_hash BLOB PRIMARY KEY,
    inviter TEXT REFERENCES account (name) ON DELETE CASCADE,
    expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO open_invitation SELECT token_hash, inviter, expires FROM invitation;
  DROP TABLE invitation;
  ALTER TABLE open_invitation RENAME TO invitation;
  `,
  mysql: [`ALTER TABLE invitation MODIFY inviter VARCHAR(100) NULL`],
};
