import { createHash } from "node:crypto";
import type { Bytes } from "../../base/mod.ts";

/** Hash of a signature algorithm, by the hex of its OID; MD5 and SHA-1 count as SHA-256. */
const HASHES: Record<string, "sha224" | "sha256" | "sha384" | "sha512"> = {
  // RSA, PKCS #1 v1.5
  "2a864886f70d010104": "sha256",
  "2a864886f70d010105": "sha256",
  "2a864886f70d01010e": "sha224",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  // ECDSA
  "2a8648ce3d0401": "sha256",
  "2a8648ce3d040301": "sha224",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
};

/**
 * `tls-server-end-point` of a certificate in DER (RFC 5929 section 4): its digest by the hash of its
 * own signature.
 * @returns `undefined` where the type is not defined, as for Ed25519, or the bytes are no certificate
 */
export function tlsServerEndPoint(certificate: Uint8Array): Bytes | undefined {
  const hash = HASHES[signatureAlgorithm(certificate) ?? ""];
  return hash && new Uint8Array(createHash(hash).update(certificate).digest());
}

/** Certificate ::= SEQUENCE { tbsCertificate, SEQUENCE { OID … }, … } (RFC 5280 section 4.1). */
function signatureAlgorithm(der: Uint8Array): string | undefined {
  const outer = header(der, 0, 0x30);
  const toBeSigned = outer && header(der, outer.start, 0x30);
  const algorithm = toBeSigned && header(der, toBeSigned.end, 0x30);
  const oid = algorithm && header(der, algorithm.start, 0x06);
  return oid && der.slice(oid.start, oid.end).toHex();
}

/** Where the content of the element at `at` begins and ends, if it has this tag and is whole. */
function header(
  der: Uint8Array,
  at: number,
  tag: number,
): { start: number; end: number } | undefined {
  if (der[at] !== tag) return undefined;
  let start = at + 2;
  let length = der[at + 1] ?? Infinity;
  if (length > 0x83) return undefined;
  if (length >= 0x80) {
    const bytes = length - 0x80;
    length = der.slice(start, start + bytes).reduce((sum, byte) => sum * 256 + byte, 0);
    start += bytes;
  }
  const end = start + length;
  return end <= der.length ? { start, end } : undefined;
}
