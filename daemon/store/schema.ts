import { SimppdError } from "../base/mod.ts";
import type { DatabaseSync, Migration } from "./database.ts";

/**
 * `MIGRATIONS[i]` takes `simppd.db` from schema version i to i + 1. Never edit one that was
 * released: add another. Columns named `sealed` hold values of the Vault.
 */
export const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE settings (
    name   TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
  ) STRICT;

  CREATE TABLE prekeys (
    kind    INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    created INTEGER NOT NULL,          -- ms since 1970
    public  BLOB NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT;

  CREATE TABLE one_time_prekeys (
    kind    INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    created INTEGER NOT NULL,
    public  BLOB NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (id, kind)
  ) STRICT;

  CREATE TABLE trust (
    jid      TEXT PRIMARY KEY,         -- bare
    state    TEXT NOT NULL,            -- first-use | verified | changed
    account  BLOB NOT NULL,            -- pinned account key
    number   INTEGER NOT NULL,         -- newest device list's
    list     BLOB NOT NULL,            -- that list, encoded
    offered  BLOB                      -- the list that contradicts it, while state is changed
  ) STRICT;

  CREATE TABLE bundles (
    device  TEXT PRIMARY KEY,
    counter INTEGER NOT NULL           -- highest seen
  ) STRICT;

  CREATE TABLE sessions (
    session TEXT PRIMARY KEY,          -- hex of the opening's hash
    jid     TEXT NOT NULL,
    device  TEXT NOT NULL,             -- 16 hex digits
    active  INTEGER NOT NULL,          -- 1: the one to send on
    updated INTEGER NOT NULL,
    sealed  BLOB NOT NULL
  ) STRICT;
  CREATE INDEX sessions_by_peer ON sessions (jid, device);

  CREATE TABLE seen (                  -- hashes of opened packets and accepted openings
    hash BLOB PRIMARY KEY,
    at   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_by_age ON seen (at);

  CREATE TABLE contacts (
    jid          TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    subscription TEXT NOT NULL,
    blocked      INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE messages (
    row      INTEGER PRIMARY KEY,
    id       TEXT NOT NULL,
    contact  TEXT NOT NULL,
    mine     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    unread   INTEGER NOT NULL,
    delivery TEXT,
    problem  TEXT,
    revision INTEGER NOT NULL DEFAULT 0,  -- corrections so far
    suite    TEXT,
    sealed   BLOB NOT NULL,
    UNIQUE (contact, mine, id)
  ) STRICT;
  CREATE INDEX messages_by_contact ON messages (contact, row);
  CREATE INDEX messages_pending ON messages (delivery) WHERE delivery = 'pending';
  `,
  `
  ALTER TABLE contacts ADD COLUMN plain INTEGER NOT NULL DEFAULT 0;  -- chat in clear was chosen
  `,
  `
  CREATE TABLE pictures (
    jid    TEXT PRIMARY KEY,
    hash   TEXT NOT NULL,              -- SHA-1 in hex
    sealed BLOB NOT NULL
  ) STRICT;
  `,
  sealWhole,
  `
  CREATE TABLE rooms (
    jid        TEXT PRIMARY KEY,
    state      TEXT NOT NULL,          -- joined | out | invited | declined
    at         INTEGER NOT NULL,       -- since when, ms since 1970
    bookmarked INTEGER NOT NULL,       -- 1: the account's bookmarks have it
    archived   TEXT,                   -- newest message of the room's archive that is here
    sealed     BLOB NOT NULL           -- name, nick, password, invitation, problem
  ) STRICT;

  CREATE TABLE room_messages (
    row      INTEGER PRIMARY KEY,
    room     TEXT NOT NULL,
    key      TEXT NOT NULL,            -- the room's id of it, or what stands for one
    said     TEXT NOT NULL,            -- what its sender called it
    mine     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    unread   INTEGER NOT NULL,
    mention  INTEGER NOT NULL,
    delivery TEXT,
    sealed   BLOB NOT NULL,            -- kind, nick, sender, address, text, problem
    UNIQUE (room, key)
  ) STRICT;
  CREATE INDEX room_messages_by_room ON room_messages (room, at);
  CREATE INDEX room_messages_unread ON room_messages (room) WHERE unread = 1;
  `,
  `
  ALTER TABLE messages ADD COLUMN link BLOB;  -- sealed: a URL beside the text
  CREATE INDEX room_messages_by_name ON room_messages (room, said);
  `,
  `
  CREATE TABLE group_states (          -- of groups whose member this device is or was
    grp     TEXT PRIMARY KEY,          -- id in hex
    counter INTEGER NOT NULL,          -- first one that no message of ours has
    sealed  BLOB                       -- the control manager's state
  ) STRICT;

  CREATE TABLE group_firsts (          -- the first epoch we were in; older ones are not for us
    grp         TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    number      INTEGER NOT NULL,
    PRIMARY KEY (grp, incarnation)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE group_epochs (
    grp         TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    number      INTEGER NOT NULL,
    at          INTEGER NOT NULL,      -- when it began here, ms since 1970
    sealed      BLOB NOT NULL,         -- suite and key
    PRIMARY KEY (grp, incarnation, number)
  ) STRICT;

  CREATE TABLE group_members (         -- a row a member and span of epochs
    row         INTEGER PRIMARY KEY,
    grp         TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    device      TEXT NOT NULL,
    place       INTEGER NOT NULL,      -- their order in a list
    first       INTEGER NOT NULL,
    last        INTEGER,               -- null: still a member
    sealed      BLOB NOT NULL
  ) STRICT;
  CREATE INDEX group_members_by_device ON group_members (grp, incarnation, device, first);
  CREATE INDEX group_members_now ON group_members (grp, incarnation) WHERE last IS NULL;

  CREATE TABLE group_opened (          -- messages that were opened, so that none is twice
    grp         TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    number      INTEGER NOT NULL,
    device      TEXT NOT NULL,
    counter     INTEGER NOT NULL,
    PRIMARY KEY (grp, incarnation, number, device, counter)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE group_persons (         -- who is or was a member, with the account key seen first
    grp    TEXT NOT NULL,
    jid    TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (grp, jid)
  ) STRICT;
  `,
  `
  CREATE TABLE groups (
    jid    TEXT PRIMARY KEY,           -- the group's room
    sealed BLOB NOT NULL               -- id, state, specification, invitation, what was refused
  ) STRICT;
  `,
  `
  CREATE TABLE transfers (
    id     TEXT PRIMARY KEY,           -- ours, 32 hex digits; the file lies under this name
    mine   INTEGER NOT NULL,           -- 1: sent from here
    peer   TEXT NOT NULL,              -- contact or room, bare
    sender TEXT NOT NULL,              -- who sent it; "" when it is ours
    file   TEXT NOT NULL,              -- the descriptor's id
    state  TEXT NOT NULL,
    at     INTEGER NOT NULL,           -- ms since 1970
    bytes  INTEGER NOT NULL,           -- of the sealed file: what it may take on the disk
    sealed BLOB NOT NULL,              -- descriptor, key, problem, where it came from
    UNIQUE (mine, peer, sender, file)
  ) STRICT;
  CREATE INDEX transfers_by_peer ON transfers (peer, at);
  CREATE INDEX transfers_by_file ON transfers (file);
  `,
  `
  CREATE INDEX messages_by_time ON messages (contact, at);
  CREATE INDEX messages_unread ON messages (contact) WHERE unread = 1;
  `,
  `
  ALTER TABLE transfers ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;   -- 1: a person wants it
  ALTER TABLE transfers ADD COLUMN missing INTEGER NOT NULL DEFAULT 0; -- of bytes: not here yet
  UPDATE transfers SET asked = 1 WHERE mine = 1;
  CREATE INDEX transfers_by_sender ON transfers (peer, sender, at);
  `,
];

/**
 * From here on pins and both halves of prekeys are sealed, and sessions bound to their rows. What an
 * older file says of them may be anybody's: it is not carried over.
 */
function sealWhole(db: DatabaseSync): void {
  if (db.prepare("SELECT 1 FROM prekeys UNION ALL SELECT 1 FROM trust LIMIT 1").get()) {
    throw new SimppdError(
      "schema-older",
      "This state directory was written by an early simppd that did not seal all of its keys, and " +
        "they are not taken over. Make a backup with that simppd, and restore it in another " +
        "--state directory.",
    );
  }
  db.exec(`
    DROP TABLE prekeys;
    CREATE TABLE prekeys (
      kind    INTEGER NOT NULL,
      id      INTEGER NOT NULL,
      created INTEGER NOT NULL,        -- ms since 1970
      sealed  BLOB NOT NULL,
      PRIMARY KEY (kind, id)
    ) STRICT;

    DROP TABLE one_time_prekeys;
    CREATE TABLE one_time_prekeys (
      kind    INTEGER NOT NULL,
      id      INTEGER NOT NULL,
      created INTEGER NOT NULL,
      sealed  BLOB NOT NULL,
      PRIMARY KEY (id, kind)
    ) STRICT;

    DROP TABLE trust;
    CREATE TABLE trust (
      jid    TEXT PRIMARY KEY,         -- bare
      sealed BLOB NOT NULL
    ) STRICT;

    DROP TABLE bundles;
    CREATE TABLE bundles (
      jid     TEXT NOT NULL,
      device  TEXT NOT NULL,
      counter INTEGER NOT NULL,        -- highest seen
      PRIMARY KEY (jid, device)
    ) STRICT;

    DELETE FROM sessions;
  `);
}
