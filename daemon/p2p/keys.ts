import { type Bytes, SimppdError, utf8 } from "../base/mod.ts";
import { equal, hkdf, sha256 } from "../crypto/mod.ts";

/**
 * The two 32-byte path keys of a call, one a direction, as this side sees them. A pair of keys
 * serves one path only: datagram numbers start anew with each path, and they are nonces.
 */
export interface PathKeys {
  send: Bytes;
  receive: Bytes;
}

/** What is derived from one direction's path key. */
export interface DirectionKeys {
  /** HMAC-SHA-256 key of every datagram; 32 bytes. */
  mac: Bytes;
  /** AES-256-GCM key of the sealed bodies; 32 bytes. */
  seal: Bytes;
}

/** HKDF of a path key, salted with the call's id, under one label a use. */
function directionKeys(pathKey: Bytes, callId: Bytes): DirectionKeys {
  return {
    mac: hkdf(pathKey, callId, utf8("simppd path v1 datagram mac"), 32),
    seal: hkdf(pathKey, callId, utf8("simppd path v1 body seal"), 32),
  };
}

/**
 * Keys for both directions.
 * @throws SimppdError `bad-path-keys` when a size is wrong or both directions share a key, because
 * then our own datagrams, echoed back, would be taken for the peer's
 */
export function pathDirections(
  keys: PathKeys,
  callId: Bytes,
): { send: DirectionKeys; receive: DirectionKeys } {
  if (callId.length !== 8) {
    throw new SimppdError("bad-path-keys", `A call id has 8 bytes, this one ${callId.length}.`);
  }
  if (keys.send.length !== 32 || keys.receive.length !== 32) {
    throw new SimppdError("bad-path-keys", "A path key has 32 bytes in each direction.");
  }
  if (equal(keys.send, keys.receive)) {
    throw new SimppdError("bad-path-keys", "Each direction of a path needs a key of its own.");
  }
  return { send: directionKeys(keys.send, callId), receive: directionKeys(keys.receive, callId) };
}

/** The four bytes by which an endpoint finds the call a datagram belongs to; not a secret. */
export function selectorOf(callId: Bytes): Bytes {
  return sha256(utf8("simppd path v1 selector"), callId).slice(0, 4);
}
