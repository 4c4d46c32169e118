import type { ColumnType, Generated } from "kysely";
import type { Bytes } from "../../../base/mod.ts";

/** 0 or 1; written as a boolean. */
export type Flag = ColumnType<0 | 1, boolean, boolean>;

/** Bytes; any `Uint8Array` when written. */
export type Blob = ColumnType<Bytes, Uint8Array, Uint8Array>;

/** Milliseconds since 1970. */
export type Time = number;

/** The columns of the server's tables, as queries see them; `schema.ts` makes them. */
export interface Tables {
  secret: { name: string; value: Blob };
  account: { name: string; created: Time; roster_version: Generated<number> };
  credential: {
    account: string;
    mechanism: string;
    salt: Blob;
    iterations: number;
    stored_key: Blob;
    server_key: Blob;
  };
  login_key: { account: string; profile: string; public: Blob };
  /** `inviter` null: the server's administrator. */
  invitation: { token_hash: Blob; inviter: string | null; expires: Time };
  roster_item: {
    account: string;
    contact: string;
    name: string;
    /** JSON, an array of strings. */
    groups: string;
    subscription: "none" | "to" | "from" | "both";
    ask: Flag;
    approved: Flag;
  };
  subscription_request: { account: string; contact: string; stanza: string };
  offline_message: {
    id: Generated<number>;
    account: string;
    sender: string;
    stanza: string;
    /** Bytes of the stanza. */
    size: number;
  };
  pep_node: {
    account: string;
    node: string;
    access_model: "open" | "presence" | "roster" | "authorize" | "whitelist";
    max_items: number;
    persist_items: Flag;
    send_last: "never" | "on_sub_and_presence";
  };
  pep_item: {
    sequence: Generated<number>;
    account: string;
    node: string;
    id: string;
    payload: string;
    published: Time;
    /** Bytes of id and payload. */
    size: number;
  };
  /** JSON, what a `PepConfig` has beyond the columns of its node. */
  pep_node_option: { account: string; node: string; options: string };
  /** `person`: local part, of an account or not. */
  pep_affiliation: {
    account: string;
    node: string;
    person: string;
    affiliation: "publisher" | "publish-only" | "member" | "outcast";
  };
  pep_subscription: {
    account: string;
    node: string;
    /** Local part of an account. */
    subscriber: string;
    resource: string;
    state: "subscribed" | "pending";
  };
  /** Items that another than the account published: the local part of who did. */
  pep_item_publisher: { sequence: number; publisher: string };
  /** Bytes of an account's items, ids included, and of its nodes' names. */
  pep_usage: { account: string; bytes: number };
  archived_message: {
    id: number;
    owner: string;
    peer: string;
    resource: string;
    stanza: string;
    /** Bytes of the stanza. */
    size: number;
  };
  archive_preference: {
    account: string;
    preference: "always" | "never" | "roster";
    /** JSON, arrays of bare JIDs. */
    always: string;
    never: string;
  };
  blocked: { account: string; jid: string };
  room: {
    name: string;
    /** Local part of an account. */
    creator: string;
    listed: Flag;
    /** JSON, a `RoomConfig`. */
    config: string;
    /** JSON, a `Subject`. */
    subject: string | null;
  };
  room_affiliation: {
    room: string;
    jid: string;
    affiliation: "owner" | "admin" | "member" | "outcast";
  };
  fast_token: {
    account: string;
    /** base64url of a hash. */
    client: string;
    slot: "current" | "new";
    initiator: Blob;
    responder: Blob;
    issued: Time;
    expires: Time;
  };
  upload: {
    /** SHA-256 of the part of its URL that nobody guesses, and of what allows to put it there. */
    path_hash: Blob;
    secret_hash: Blob;
    account: string;
    /** Its name in the folder, random. */
    file: string;
    /** What it is called in its URL. */
    name: string;
    type: string;
    size: number;
    state: "slot" | "receiving" | "stored";
    /** When the slot was given; since when it is stored. */
    since: Time;
  };
}
