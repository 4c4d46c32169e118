import "reflect-metadata";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as x509 from "@peculiar/x509";
import fc from "fast-check";
import { tlsServerEndPoint } from "./end_point.ts";

async function certificate(
  algorithm: EcKeyGenParams | RsaHashedKeyGenParams | { name: "Ed25519" },
  hash: string,
): Promise<Uint8Array> {
  const keys = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test",
    keys,
    signingAlgorithm: { ...algorithm, hash } as EcdsaParams,
  });
  return new Uint8Array(made.rawData);
}

Deno.test("tlsServerEndPoint() takes the hash of the certificate's signature", async () => {
  const rsa = (hash: string) => ({
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash,
  });
  const cases = [
    [{ name: "ECDSA", namedCurve: "P-256" }, "SHA-256", "sha256"],
    [{ name: "ECDSA", namedCurve: "P-384" }, "SHA-384", "sha384"],
    [rsa("SHA-256"), "SHA-256", "sha256"],
    [rsa("SHA-512"), "SHA-512", "sha512"],
    // RFC 5929 section 4.1: SHA-1 counts as SHA-256.
    [rsa("SHA-1"), "SHA-1", "sha256"],
  ] as const;
  for (const [algorithm, hash, expected] of cases) {
    const der = await certificate(algorithm, hash);
    const digest = createHash(expected).update(der).digest("hex");
    assert.equal(tlsServerEndPoint(der)?.toHex(), digest, hash);
  }
  assert.equal(tlsServerEndPoint(await certificate({ name: "Ed25519" }, "")), undefined);
});

Deno.test("tlsServerEndPoint() takes any bytes for what they are", async () => {
  const der = await certificate({ name: "ECDSA", namedCurve: "P-256" }, "SHA-256");
  for (let length = 0; length < der.length; length++) tlsServerEndPoint(der.subarray(0, length));
  assert.equal(tlsServerEndPoint(der.subarray(0, 40)), undefined);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    const found = tlsServerEndPoint(bytes);
    return found === undefined || found.length >= 28;
  }));
});
