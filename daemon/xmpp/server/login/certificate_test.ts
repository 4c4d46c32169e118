import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { toBase64Url } from "../../../base/mod.ts";
import { makeServerCertificate } from "./certificate.ts";

Deno.test("makeServerCertificate() names the domain, lasts ten years and pins its key", async () => {
  const { certificatePem, keyPem, pin } = await makeServerCertificate("a1b2c3.simppd");
  const certificate = new X509Certificate(certificatePem);
  assert.equal(certificate.checkHost("a1b2c3.simppd"), "a1b2c3.simppd");
  assert.equal(certificate.checkHost("other.simppd"), undefined);
  const years = (Date.parse(certificate.validTo) - Date.now()) / (365.25 * 86_400_000);
  assert.ok(years > 9.9 && years < 10.1, `${years}`);
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(spki));
  assert.equal(pin, toBase64Url(new Uint8Array(digest)));
  assert.match(keyPem, /^-----BEGIN PRIVATE KEY-----/);
});
