import { ARCHIVE } from "./schema_archive.ts";
import { FAST_TOKENS } from "./schema_fast_tokens.ts";
import { OPEN_INVITATIONS } from "./schema_open_invitations.ts";
import { PEP_USAGE } from "./schema_pep_usage.ts";
import { PUBSUB } from "./schema_pubsub.ts";
import { ROOMS } from "./schema_rooms.ts";
import { UPLOADS } from "./schema_uploads.ts";

/** One step of the schema, for each kind of database. */
export interface Migration {
  /** SQL of one or more statements; runs in a transaction. */
  readonly sqlite: string;
  /**
   * One statement each; MySQL commits after every one, so each must bear to be run again (`IF NOT
   * EXISTS`). To what ends with `)` of a `CREATE TABLE` engine, character set and an exact collation
   * are added. Keys have 3072 bytes at most, 4 a character: of long texts a generated column
   * `UNHEX(SHA2(text, 256))` is the unique key, beside a plain one of the text's first characters,
   * by which queries find it.
   */
  readonly mysql: readonly string[];
}

/**
 * `MIGRATIONS[i]` takes the server's database from version `i` to `i + 1`. Never edit; append, a
 * concept's tables from a file of their own (`schema_CONCEPT.ts`), and describe them in `tables.ts`.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    sqlite: `
  CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE account (
    name TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    roster_version INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE credential (
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    mechanism TEXT NOT NULL,
    salt BLOB NOT NULL,
    iterations INTEGER NOT NULL,
    stored_key BLOB NOT NULL,
    server_key BLOB NOT NULL,
    PRIMARY KEY (account, mechanism)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE invitation (
    token_hash BLOB PRIMARY KEY,
    inviter TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE roster_item (
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    contact TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    groups TEXT NOT NULL DEFAULT '[]',
    subscription TEXT NOT NULL DEFAULT 'none',
    ask INTEGER NOT NULL DEFAULT 0,
    approved INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, contact)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE subscription_request (
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    contact TEXT NOT NULL,
    stanza TEXT NOT NULL,
    PRIMARY KEY (account, contact)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE offline_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    stanza TEXT NOT NULL,
    size INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX offline_message_account ON offline_message (account, id);
  CREATE INDEX offline_message_size ON offline_message (account, size);

  CREATE TABLE pep_node (
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    node TEXT NOT NULL,
    access_model TEXT NOT NULL,
    max_items INTEGER NOT NULL,
    persist_items INTEGER NOT NULL,
    send_last TEXT NOT NULL,
    PRIMARY KEY (account, node)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pep_item (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    node TEXT NOT NULL,
    id TEXT NOT NULL,
    payload TEXT NOT NULL,
    published INTEGER NOT NULL,
    size INTEGER NOT NULL,
    UNIQUE (account, node, id),
    FOREIGN KEY (account, node) REFERENCES pep_node (account, node) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX pep_item_order ON pep_item (account, node, sequence);
  CREATE INDEX pep_item_size ON pep_item (account, size);

  CREATE TABLE blocked (
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    jid TEXT NOT NULL,
    PRIMARY KEY (account, jid)
  ) STRICT, WITHOUT ROWID;
  `,
    mysql: [
      `CREATE TABLE IF NOT EXISTS secret (
        name VARCHAR(100) PRIMARY KEY,
        value BLOB NOT NULL
      )`,
      `CREATE TABLE IF NOT EXISTS account (
        name VARCHAR(100) PRIMARY KEY,
        created BIGINT NOT NULL,
        roster_version BIGINT NOT NULL DEFAULT 0
      )`,
      `CREATE TABLE IF NOT EXISTS credential (
        account VARCHAR(100) NOT NULL,
        mechanism VARCHAR(100) NOT NULL,
        salt BLOB NOT NULL,
        iterations BIGINT NOT NULL,
        stored_key BLOB NOT NULL,
        server_key BLOB NOT NULL,
        PRIMARY KEY (account, mechanism),
        FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
      )`,
      `CREATE TABLE IF NOT EXISTS invitation (
        token_hash VARBINARY(64) PRIMARY KEY,
        inviter VARCHAR(100) NOT NULL,
        expires BIGINT NOT NULL,
        FOREIGN KEY (inviter) REFERENCES account (name) ON DELETE CASCADE
      )`,
      `CREATE TABLE IF NOT EXISTS roster_item (
        row_id BIGINT AUTO_INCREMENT PRIMARY KEY,
        account VARCHAR(100) NOT NULL,
        contact VARCHAR(3071) NOT NULL,
        contact_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(contact, 256))) STORED,
        name LONGTEXT NOT NULL,
        \`groups\` LONGTEXT NOT NULL,
        subscription VARCHAR(10) NOT NULL,
        ask BOOLEAN NOT NULL,
        approved BOOLEAN NOT NULL,
        UNIQUE KEY (account, contact_hash),
        KEY (account, contact(150)),
        FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
      )`,
      `CREATE TABLE IF NOT EXISTS subscription_request (
        row_id BIGINT AUTO_INCREMENT PRIMARY KEY,
        account VARCHAR(100) NOT NULL,
        contact VARCHAR(3071) NOT NULL,
        contact_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(contact, 256))) STORED,
        stanza LONGTEXT NOT NULL,
        UNIQUE KEY (account, contact_hash),
        KEY (account, contact(150)),
        FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
      )`,
      `CREATE TABLE IF NOT EXISTS offline_message (
        id BIGINT AUTO_INCREMENT PRIMARY KEY,
        account VARCHAR(100) NOT NULL,
        stanza LONGTEXT NOT NULL,
        size BIGINT NOT NULL,
        sender VARCHAR(3071) NOT NULL,
        KEY (account, id),
        KEY (account, size),
        FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
      )`,
      `CREATE TABLE IF NOT EXISTS pep_node (
        row_id BIGINT AUTO_INCREMENT PRIMARY KEY,
        account VARCHAR(100) NOT NULL,
        node VARCHAR(3071) NOT NULL,
        node_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(node, 256))) STORED,
        access_model VARCHAR(20) NOT NULL,
        max_items BIGINT NOT NULL,
        persist_items BOOLEAN NOT NULL,
        send_last VARCHAR(30) NOT NULL,
        UNIQUE KEY (account, node_hash),
        KEY (account, node(150)),
        FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
      )`,
      `CREATE TABLE IF NOT EXISTS pep_item (
        sequence BIGINT AUTO_INCREMENT PRIMARY KEY,
        account VARCHAR(100) NOT NULL,
        node VARCHAR(3071) NOT NULL,
        node_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(node, 256))) STORED,
        id VARCHAR(3071) NOT NULL,
        id_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(id, 256))) STORED,
        payload LONGTEXT NOT NULL,
        published BIGINT NOT NULL,
        size BIGINT NOT NULL,
        UNIQUE KEY (account, node_hash, id_hash),
        KEY (account, node(150), id(150)),
        KEY (account, size),
        FOREIGN KEY (account, node_hash) REFERENCES pep_node (account, node_hash)
          ON DELETE CASCADE
      )`,
      `CREATE TABLE IF NOT EXISTS blocked (
        row_id BIGINT AUTO_INCREMENT PRIMARY KEY,
        account VARCHAR(100) NOT NULL,
        jid VARCHAR(3071) NOT NULL,
        jid_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(jid, 256))) STORED,
        UNIQUE KEY (account, jid_hash),
        KEY (account, jid(150)),
        FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
      )`,
    ],
  },
  {
    sqlite: `
  CREATE TABLE login_key (
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    profile TEXT NOT NULL,
    public BLOB NOT NULL,
    PRIMARY KEY (account, profile)
  ) STRICT, WITHOUT ROWID;
  `,
    mysql: [
      `CREATE TABLE IF NOT EXISTS login_key (
        account VARCHAR(100) NOT NULL,
        profile VARCHAR(100) NOT NULL,
        public BLOB NOT NULL,
        PRIMARY KEY (account, profile),
        FOREIGN KEY (account) REFERENCES account (name) ON DELETE CASCADE
      )`,
    ],
  },
  {
    sqlite: `
  ALTER TABLE offline_message ADD COLUMN sender TEXT NOT NULL DEFAULT '';
  UPDATE pep_item SET size = length(CAST(id AS BLOB)) + length(CAST(payload AS BLOB));
  `,
    // MySQL's tables began with both.
    mysql: [],
  },
  ARCHIVE,
  FAST_TOKENS,
  ROOMS,
  UPLOADS,
  OPEN_INVITATIONS,
  PUBSUB,
  PEP_USAGE,
];
