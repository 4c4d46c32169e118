import type { Migration } from "./schema.ts";

/**
 * Who else has to do with an account's nodes (XEP-0060): further settings of a node (JSON), explicit
 * affiliations and subscriptions, and who published an item that its owner did not. `person` and
 * `publisher` are local parts, with or without an account; a subscriber is an account and its
 * subscriptions go with it.
 */
export const PUBSUB: Migration = {
  sqlite: `
  CREATE TABLE pep_node_option (
    account TEXT NOT NULL,
    node TEXT NOT NULL,
    options TEXT NOT NULL,
    PRIMARY KEY (account, node),
    FOREIGN KEY (account, node) REFERENCES pep_node (account, node) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pep_affiliation (
    account TEXT NOT NULL,
    node TEXT NOT NULL,
    person TEXT NOT NULL,
    affiliation TEXT NOT NULL,
    PRIMARY KEY (account, node, person),
    FOREIGN KEY (account, node) REFERENCES pep_node (account, node) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pep_affiliation_person ON pep_affiliation (person, account);

  CREATE TABLE pep_subscription (
    account TEXT NOT NULL,
    node TEXT NOT NULL,
    subscriber TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    resource TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (account, node, subscriber, resource),
    FOREIGN KEY (account, node) REFERENCES pep_node (account, node) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pep_subscription_subscriber ON pep_subscription (subscriber, account);
  CREATE INDEX pep_subscription_state ON pep_subscription (account, state);

  CREATE TABLE pep_item_publisher (
    sequence INTEGER PRIMARY KEY REFERENCES pep_item (sequence) ON DELETE CASCADE,
    publisher TEXT NOT NULL
  ) STRICT;
  `,
  mysql: [
    `CREATE TABLE IF NOT EXISTS pep_node_option (
      row_id BIGINT AUTO_INCREMENT PRIMARY KEY,
      account VARCHAR(100) NOT NULL,
      node VARCHAR(3071) NOT NULL,
      node_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(node, 256))) STORED,
      options LONGTEXT NOT NULL,
      UNIQUE KEY (account, node_hash),
      KEY (account, node(150)),
      FOREIGN KEY (account, node_hash) REFERENCES pep_node (account, node_hash)
        ON DELETE CASCADE
    )`,
    `CREATE TABLE IF NOT EXISTS pep_affiliation (
      row_id BIGINT AUTO_INCREMENT PRIMARY KEY,
      account VARCHAR(100) NOT NULL,
      node VARCHAR(3071) NOT NULL,
      node_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(node, 256))) STORED,
      person VARCHAR(100) NOT NULL,
      affiliation VARCHAR(20) NOT NULL,
      UNIQUE KEY (account, node_hash, person),
      KEY (account, node(150), person),
      KEY (person, account),
      FOREIGN KEY (account, node_hash) REFERENCES pep_node (account, node_hash)
        ON DELETE CASCADE
    )`,
    `CREATE TABLE IF NOT EXISTS pep_subscription (
      row_id BIGINT AUTO_INCREMENT PRIMARY KEY,
      account VARCHAR(100) NOT NULL,
      node VARCHAR(3071) NOT NULL,
      node_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(node, 256))) STORED,
      subscriber VARCHAR(100) NOT NULL,
      resource VARCHAR(1023) NOT NULL,
      resource_hash BINARY(32) GENERATED ALWAYS AS (UNHEX(SHA2(resource, 256))) STORED,
      state VARCHAR(20) NOT NULL,
      UNIQUE KEY (account, node_hash, subscriber, resource_hash),
      KEY (account, node(150), subscriber),
      KEY (subscriber, account),
      KEY (account, state),
      FOREIGN KEY (account, node_hash) REFERENCES pep_node (account, node_hash)
        ON DELETE CASCADE,
      FOREIGN KEY (subscriber) REFERENCES account (name) ON DELETE CASCADE
    )`,
    `CREATE TABLE IF NOT EXISTS pep_item_publisher (
      sequence BIGINT PRIMARY KEY,
      publisher VARCHAR(100) NOT NULL,
      FOREIGN KEY (sequence) REFERENCES pep_item (sequence) ON DELETE CASCADE
    )`,
  ],
};
