/** `MIGRATIONS[i]` takes the server's database from version `i` to `i + 1`. Never edit; append. */
export const MIGRATIONS: readonly string[] = [
  `
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
  `
  CREATE TABLE login_key (
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    profile TEXT NOT NULL,
    public BLOB NOT NULL,
    PRIMARY KEY (account, profile)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE offline_message ADD COLUMN sender TEXT NOT NULL DEFAULT '';
  UPDATE pep_item SET size = length(CAST(id AS BLOB)) + length(CAST(payload AS BLOB));
  `,
];
