import { type Bytes, concat, toHex, utf8, WireReader, WireWriter } from "../base/mod.ts";
import {
  hkdf,
  hmacSha256,
  type KeyPair,
  OpenError,
  type Random,
  type Suite,
} from "../crypto/mod.ts";

/** Messages that may be missing in one chain before a message is refused. */
export const MAX_SKIP = 500;
/**
 * Keys kept for missing messages, over all chains; the oldest go first. They are stored anew with
 * each message: about 25 KB when a contact leaves out as many as that.
 */
export const MAX_KEPT = 500;
/** Random bytes in each header: a state that was copied never seals under one key and nonce twice. */
const SALT = 16;
/** Bytes of the two numbers and the salt behind the public key in a message's header. */
const BEHIND_KEY = 4 + 4 + SALT;
const ROOT = utf8("simpp ratchet root 2");
const MESSAGE = utf8("simpp message 2");

/**
 * The double ratchet (Signal's specification, revision 1, without header encryption): a value that
 * is replaced, never changed, so that a failed step leaves nothing behind.
 */
export interface Ratchet {
  readonly root: Bytes;
  readonly own: KeyPair;
  readonly theirs: Bytes | null;
  readonly sending: Chain | null;
  readonly receiving: Chain | null;
  /** Length of the sending chain before this one. */
  readonly previous: number;
  /** Message keys of messages not here yet, oldest first: `${ratchet public key in hex}/${n}`. */
  readonly kept: ReadonlyMap<string, Bytes>;
}

interface Chain {
  readonly key: Bytes;
  readonly next: number;
}

/** The initiator's start: `secret` from the handshake, `theirs` the responder's signed prekey. */
export function startSending(
  suite: Suite,
  secret: Bytes,
  theirs: Bytes,
  random: Random,
): Ratchet {
  const own = suite.dh.generate(random);
  const [root, key] = rootStep(secret, suite.dh.shared(own.secret, theirs));
  const sending = { key, next: 0 };
  return { root, own, theirs, sending, receiving: null, previous: 0, kept: new Map() };
}

/** The responder's start: `own` is the signed prekey the initiator used. */
export function startReceiving(secret: Bytes, own: KeyPair): Ratchet {
  return {
    root: secret,
    own,
    theirs: null,
    sending: null,
    receiving: null,
    previous: 0,
    kept: new Map(),
  };
}

/** Seals one message; `context` is bound as associated data. The new state must be stored first. */
export function ratchetSeal(
  suite: Suite,
  state: Ratchet,
  plaintext: Uint8Array,
  context: Uint8Array,
  random: Random,
): { state: Ratchet; message: Bytes } {
  if (state.sending === null) throw new RangeError("the responder speaks only after it has heard");
  const { key, next } = state.sending;
  const salt = random(SALT);
  const header = new WireWriter().raw(state.own.public).u32(state.previous).u32(next).raw(salt)
    .finish();
  const { sealKey, nonce } = messageKeys(suite, hmacSha256(key, Uint8Array.of(1)), salt);
  const sealed = suite.seal(sealKey, nonce, plaintext, concat(context, header));
  const sending = { key: hmacSha256(key, Uint8Array.of(2)), next: next + 1 };
  return { state: { ...state, sending }, message: concat(header, sealed) };
}

/** Opens one message. @throws OpenError; the given state is then still the valid one */
export function ratchetOpen(
  suite: Suite,
  state: Ratchet,
  message: Uint8Array,
  context: Uint8Array,
  random: Random,
): { state: Ratchet; plaintext: Bytes } {
  const { publicLength } = suite.dh;
  const headerLength = publicLength + BEHIND_KEY;
  if (message.length < headerLength) throw new OpenError();
  const header = message.subarray(0, headerLength);
  const reader = new WireReader(header);
  const theirs = reader.raw(publicLength);
  const previous = reader.u32();
  const n = reader.u32();
  const salt = reader.raw(SALT);
  const open = (key: Bytes) => {
    const { sealKey, nonce } = messageKeys(suite, key, salt);
    return suite.open(sealKey, nonce, message.subarray(headerLength), concat(context, header));
  };

  const name = `${toHex(theirs)}/${n}`;
  const keptKey = state.kept.get(name);
  if (keptKey !== undefined) {
    const plaintext = open(keptKey);
    const kept = new Map(state.kept);
    kept.delete(name);
    return { state: { ...state, kept }, plaintext };
  }

  const kept = new Map(state.kept);
  let next = state;
  if (state.theirs === null || toHex(state.theirs) !== toHex(theirs)) {
    if (state.receiving !== null) skip(kept, state.theirs!, state.receiving, previous);
    next = turn(suite, state, theirs, random);
  }
  const chain = skip(kept, theirs, next.receiving!, n);
  if (chain.next !== n) throw new OpenError();
  const plaintext = open(hmacSha256(chain.key, Uint8Array.of(1)));
  const receiving = { key: hmacSha256(chain.key, Uint8Array.of(2)), next: n + 1 };
  for (const oldest of kept.keys()) {
    if (kept.size <= MAX_KEPT) break;
    kept.delete(oldest);
  }
  return { state: { ...next, receiving, kept }, plaintext };
}

/** Advances `chain` to message `until`, keeping the keys passed over. @throws OpenError */
function skip(kept: Map<string, Bytes>, theirs: Bytes, chain: Chain, until: number): Chain {
  if (until - chain.next > MAX_SKIP) throw new OpenError();
  let { key, next } = chain;
  for (; next < until; next++) {
    kept.set(`${toHex(theirs)}/${next}`, hmacSha256(key, Uint8Array.of(1)));
    key = hmacSha256(key, Uint8Array.of(2));
  }
  return { key, next };
}

/** A new ratchet key of theirs: one root step to receive, one with a fresh key of ours to send. */
function turn(suite: Suite, state: Ratchet, theirs: Bytes, random: Random): Ratchet {
  const [half, receiveKey] = rootStep(state.root, suite.dh.shared(state.own.secret, theirs));
  const own = suite.dh.generate(random);
  const [root, sendKey] = rootStep(half, suite.dh.shared(own.secret, theirs));
  return {
    root,
    own,
    theirs,
    sending: { key: sendKey, next: 0 },
    receiving: { key: receiveKey, next: 0 },
    previous: state.sending?.next ?? 0,
    kept: state.kept,
  };
}

function rootStep(root: Bytes, shared: Bytes): [Bytes, Bytes] {
  const out = hkdf(shared, root, ROOT, 64);
  return [out.slice(0, 32), out.slice(32)];
}

function messageKeys(suite: Suite, key: Bytes, salt: Bytes): { sealKey: Bytes; nonce: Bytes } {
  const { keyLength, nonceLength } = suite;
  const out = hkdf(key, salt, MESSAGE, keyLength + nonceLength);
  return { sealKey: out.slice(0, keyLength), nonce: out.slice(keyLength) };
}
