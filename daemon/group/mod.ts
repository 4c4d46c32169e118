/**
 * Keystone groups: a group key that changes with the group's members. The key graph is pure:
 * randomness comes in as an argument, and what it says is sent and kept by others.
 * @module
 */
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
