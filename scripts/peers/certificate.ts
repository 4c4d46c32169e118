import "reflect-metadata";
import * as x509 from "@peculiar/x509";

/** A certificate authority made for one test, and one server certificate signed by it. */
export interface TestCertificate {
  readonly caPem: string;
  readonly certificatePem: string;
  /** PKCS #8. */
  readonly keyPem: string;
  /** base64url SHA-256 of the server's SubjectPublicKeyInfo. */
  readonly pin: string;
}

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A server certificate for `domain` under a fresh authority, valid for an hour around now. */
export async function makeTestCertificate(domain: string): Promise<TestCertificate> {
  const notBefore = new Date(Date.now() - 3_600_000);
  const notAfter = new Date(Date.now() + 3_600_000);
  const authority = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Test authority",
    keys: authority,
    notBefore,
    notAfter,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const keys = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${domain}`,
    issuer: ca.subject,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: domain }]),
    ],
  });
  const spki = await crypto.subtle.exportKey("spki", keys.publicKey);
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    caPem: ca.toString("pem"),
    certificatePem: certificate.toString("pem"),
    keyPem: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"),
    pin: new Uint8Array(await crypto.subtle.digest("SHA-256", spki)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    }),
  };
}
