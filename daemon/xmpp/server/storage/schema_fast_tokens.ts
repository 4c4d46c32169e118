import type { Migration } from "./schema.ts";

/** Tokens of clients that logged in before (XEP-0484). */
export const FAST_TOKENS: Migration = {
  sqlite: `
  CREATE TABLE fast_token (
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    client TEXT NOT NULL,
    slot TEXT NOT NULL,
    initiator BLOB NOT NULL,
    responder BLOB NOT NULL,
    issued INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (account, client, slot)
  ) STRICT, WITHOUT ROWID;
  `,
  mysql: [
    `CREATE TABLE IF NOT EXISTS fast_token (
      account VARCHAR(100) NOT NULL,
      client VARCHAR(43) NOT NULL,
      slot VARCHAR(10) NOT NULL,
      initiator BLOB NOT NULL,
      responder BLOB NOT NULL,
      issued BIGINT NOT NULL,
      expires BIGINT NOT NULL,
      PRIMARY KEY (account, client, slot),
      FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
    )`,
  ],
};
