/**
 * Keystone's groups (LSIM): one key for all members, changed with every join and leave, kept by a
 * key server that the group names in its specification.
 * @module
 */
export * from "./channels.ts";
export { payloadHash } from "./data_message.ts";
export * from "./data_suites.ts";
export * from "./epoch_statement.ts";
export * from "./errors.ts";
export * from "./group_keys.ts";
export { type HostedGroup, refusalOf } from "./hosted_group.ts";
export * from "./key_server.ts";
export * from "./key_server_backup.ts";
export * from "./key_server_store.ts";
export { KeystoneGroup, type KeystoneGroupOptions } from "./keystone_group.ts";
export type { MemberStore } from "./member_store.ts";
export type { Question, Schedule } from "./pending_requests.ts";
export * from "./merkle.ts";
export * from "./messages.ts";
export * from "./registrar.ts";
export { readRegistrar } from "./spec_fields.ts";
export * from "./spec_text.ts";
export * from "./specification.ts";
export * from "./user_directory.ts";
export { SqliteMemberStore } from "./sqlite_member_store.ts";
export {
  type GraphHeader,
  MOST_DEGREE,
  MOST_MEMBERS,
  type NodeRow,
  type Shape,
} from "./graph_rows.ts";
export { type Joiner, KeyGraph, type Rekey } from "./key_graph.ts";
export { type MemberId, mostHeight } from "./key_tree.ts";
export { MemberKeys } from "./member_keys.ts";
export { type RekeyMessage, type Strategy } from "./rekeying.ts";
export { decodeWraps, encodeWraps, type KeyName, MOST_WRAPS, type Wrap } from "./wrap.ts";
