import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { Buffer } from "node:buffer";
import { type Bytes, concat, fromHex, toHex, utf8 } from "../base/mod.ts";
import { OpenError } from "./errors.ts";
import { framed } from "./hash.ts";
import type { DhGroup, KeyPair, Random, Signer } from "./keys.ts";

/** ASN.1 frames of RFC 8410 around the 32 raw bytes of a key. */
const PKCS8 = {
  x25519: "302e020100300506032b656e04220420",
  ed25519: "302e020100300506032b657004220420",
};
const SPKI = { x25519: "302a300506032b656e032100", ed25519: "302a300506032b6570032100" };
type Curve = keyof typeof PKCS8;

function secretKey(curve: Curve, secret: Bytes): KeyObject {
  if (secret.length !== 32) throw new OpenError();
  const key = Buffer.from(concat(fromHex(PKCS8[curve]), secret));
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

function publicKey(curve: Curve, bytes: Uint8Array): KeyObject {
  if (bytes.length !== 32) throw new OpenError();
  const key = Buffer.from(concat(fromHex(SPKI[curve]), bytes));
  return createPublicKey({ key, format: "der", type: "spki" });
}

function pairOf(curve: Curve, random: Random): KeyPair {
  const secret = random(32);
  // deno-lint-ignore no-explicit-any -- the types lack that a private key object gives its public one
  const derived = createPublicKey(secretKey(curve, secret) as any);
  const spki = derived.export({ format: "der", type: "spki" });
  return { secret, public: new Uint8Array(spki.subarray(spki.length - 32)) };
}

/** X25519 (RFC 7748). Low-order points are refused. */
export const x25519: DhGroup = {
  publicLength: 32,
  generate: (random) => pairOf("x25519", random),
  shared(secret, theirs) {
    try {
      return new Uint8Array(diffieHellman({
        privateKey: secretKey("x25519", secret),
        publicKey: publicKey("x25519", theirs),
      }));
    } catch {
      throw new OpenError();
    }
  },
};

/** Ed25519 (RFC 8032) over `framed(label, message)`. */
export const ed25519: Signer = {
  publicLength: 32,
  signatureLength: 64,
  generate: (random) => pairOf("ed25519", random),
  sign(secret, label, message) {
    return new Uint8Array(sign(null, framed(utf8(label), message), secretKey("ed25519", secret)));
  },
  verify: (key, label, message, signature) =>
    !isSmallOrder(key) && verifyBare(key, framed(utf8(label), message), signature),
};

/** Encodings of y of the points whose order divides 8, canonical or not, without the sign of x. */
const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** Is this Ed25519 key nobody's? A point of small order has signatures that fit any message. */
export function isSmallOrder(key: Uint8Array): boolean {
  if (key.length !== 32) return false;
  const y = new Uint8Array(key);
  y[31]! &= 0x7f;
  return SMALL_ORDER.has(toHex(y));
}

/** Ed25519 over exactly these bytes; for test vectors. */
export function verifyBare(key: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  try {
    return verify(null, signed, publicKey("ed25519", key), signature);
  } catch {
    return false;
  }
}
