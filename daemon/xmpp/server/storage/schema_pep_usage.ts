import type { Migration } from "./schema.ts";

/**
 * What each account's nodes and items fill, which every publication asks for: adding it up would
 * take the longer the more there is. It changes in the transactions of what it counts.
 */
export const PEP_USAGE: Migration = {
  sqlite: `
  CREATE TABLE pep_usage (
    account TEXT PRIMARY KEY REFERENCES account (name) ON DELETE CASCADE,
    bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO pep_usage
    SELECT account, SUM(bytes) FROM (
      SELECT account, size AS bytes FROM pep_item
      UNION ALL SELECT account, octet_length(node) FROM pep_node
    ) GROUP BY account;
  `,
  mysql: [
    `CREATE TABLE IF NOT EXISTS pep_usage (
      account VARCHAR(100) PRIMARY KEY,
      bytes BIGINT NOT NULL,
      FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
    )`,
    `REPLACE INTO pep_usage
      SELECT account, SUM(bytes) FROM (
        SELECT account, size AS bytes FROM pep_item
        UNION ALL SELECT account, OCTET_LENGTH(node) FROM pep_node
      ) AS parts GROUP BY account`,
  ],
};
