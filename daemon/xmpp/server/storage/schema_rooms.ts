import type { Migration } from "./schema.ts";

/** Rooms and who belongs to them (XEP-0045). Configuration and subject are JSON. */
export const ROOMS: Migration = {
  sqlite: `
  CREATE TABLE room (
    name TEXT PRIMARY KEY,
    creator TEXT NOT NULL,
    listed INTEGER NOT NULL,
    config TEXT NOT NULL,
    subject TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX room_creator ON room (creator);
  CREATE INDEX room_listed ON room (listed);

  CREATE TABLE room_affiliation (
    room TEXT NOT NULL REFERENCES room (name) ON DELETE CASCADE,
    jid TEXT NOT NULL,
    affiliation TEXT NOT NULL,
    PRIMARY KEY (room, jid)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX room_affiliation_jid ON room_affiliation (jid);
  `,
  mysql: [
    `CREATE TABLE IF NOT EXISTS room (
      name VARCHAR(128) PRIMARY KEY,
      creator VARCHAR(100) NOT NULL,
      listed BOOLEAN NOT NULL,
      config LONGTEXT NOT NULL,
      subject LONGTEXT,
      KEY (creator),
      KEY (listed)
    )`,
    `CREATE TABLE IF NOT EXISTS room_affiliation (
      row_id BIGINT AUTO_INCREMENT PRIMARY KEY,
      room VARCHAR(128) NOT NULL,
      jid VARCHAR(3071) NOT NULL,
      jid_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(jid, 256))) STORED,
      affiliation VARCHAR(10) NOT NULL,
      UNIQUE KEY (room, jid_hash),
      KEY (jid(150)),
      FOREIGN KEY (room) REFERENCES room (name) ON DELETE CASCADE
    )`,
  ],
};
