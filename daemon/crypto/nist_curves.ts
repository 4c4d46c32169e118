import { ecdsa, weierstrass, type WeierstrassOpts } from "@noble/curves/abstract/weierstrass.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, utf8 } from "../base/mod.ts";
import { OpenError } from "./errors.ts";
import { framed } from "./hash.ts";
import type { DhGroup, KeyPair, Random, Signer } from "./keys.ts";

/** FIPS 186-4 appendix D.1.2.1. */
const P192: WeierstrassOpts<bigint> = {
  p: 0xfffffffffffffffffffffffffffffffeffffffffffffffffn,
  n: 0xffffffffffffffffffffffff99def836146bc9b1b4d22831n,
  h: 1n,
  a: 0xfffffffffffffffffffffffffffffffefffffffffffffffcn,
  b: 0x64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1n,
  Gx: 0x188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012n,
  Gy: 0x07192b95ffc8da78631011ed6b24cdd573f977a11e794811n,
};

/** FIPS 186-4 appendix D.1.2.2. */
const P224: WeierstrassOpts<bigint> = {
  p: 0xffffffffffffffffffffffffffffffff000000000000000000000001n,
  n: 0xffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3dn,
  h: 1n,
  a: 0xfffffffffffffffffffffffffffffffefffffffffffffffffffffffen,
  b: 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n,
  Gx: 0xb70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21n,
  Gy: 0xbd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34n,
};

/**
 * The paper's curves y² = x³ − 3x + b over GF(p) as a Diffie-Hellman group (the shared secret is the x
 * coordinate) and as ECDSA with SHA-256 and RFC 6979 nonces. Public keys are compressed points
 * (SEC 1), signatures r ‖ s.
 */
function curveOf(params: WeierstrassOpts<bigint>, size: number): { dh: DhGroup; signer: Signer } {
  const Point = weierstrass(params);
  const scheme = ecdsa(Point, sha256, { lowS: false });
  const publicLength = size + 1;
  const generate = (random: Random): KeyPair => {
    // 16 bytes more than the order has: reducing them leaves no bias worth naming (FIPS 186-4 B.5.1).
    const { secretKey, publicKey } = scheme.keygen(random(scheme.lengths.seed!));
    return { secret: new Uint8Array(secretKey), public: new Uint8Array(publicKey) };
  };
  const dh: DhGroup = {
    publicLength,
    generate,
    shared(secret, theirs) {
      if (theirs.length !== publicLength) throw new OpenError();
      try {
        return new Uint8Array(scheme.getSharedSecret(secret, theirs).subarray(1));
      } catch {
        throw new OpenError();
      }
    },
  };
  const signer: Signer = {
    publicLength,
    signatureLength: 2 * size,
    generate,
    sign: (secret, label, message) =>
      new Uint8Array(scheme.sign(framed(utf8(label), message), secret)),
    verify: (key, label, message, signature) =>
      verifyWith(scheme, key, framed(utf8(label), message), signature, publicLength),
  };
  return { dh, signer };
}

function verifyWith(
  scheme: ReturnType<typeof ecdsa>,
  key: Uint8Array,
  signed: Uint8Array,
  signature: Uint8Array,
  publicLength: number,
): boolean {
  if (key.length !== publicLength) return false;
  try {
    return scheme.verify(signature, signed, key, { lowS: false });
  } catch {
    return false;
  }
}

/** NIST P-192, the paper's curve between clients. */
export const p192 = curveOf(P192, 24);
/** NIST P-224, the paper's curve for login. */
export const p224 = curveOf(P224, 28);

/** ECDSA over exactly these bytes, r ‖ s; for test vectors. */
export function verifyEcdsaBare(
  curve: "p192" | "p224",
  key: Bytes,
  signed: Bytes,
  signature: Bytes,
): boolean {
  const params = curve === "p192" ? P192 : P224;
  return ecdsa(weierstrass(params), sha256, { lowS: false })
    .verify(signature, signed, key, { lowS: false });
}
