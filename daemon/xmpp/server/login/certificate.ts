import { toBase64Url } from "../../../base/mod.ts";

const YEARS = 10;

/** What a carried server shows its clients, and the pin by which they know it again. */
export interface ServerCertificate {
  certificatePem: string;
  /** PKCS #8; a secret. */
  keyPem: string;
  /** SHA-256 of the public key (SPKI, so that a renewed certificate keeps it), base64url. */
  pin: string;
}

/**
 * Makes a self-signed ECDSA P-256 certificate for `domain`, valid for ten years (RFC 5280; names as
 * RFC 6120 section 13.7.1.2 has them).
 */
export async function makeServerCertificate(domain: string): Promise<ServerCertificate> {
  const x509 = await loadX509();
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const notBefore = new Date(Date.now() - 86_400_000);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS);
  // A serial number is a positive integer: the top bit stays clear (RFC 5280 section 4.1.2.2).
  const serial = crypto.getRandomValues(new Uint8Array(16));
  serial[0] = serial[0]! & 0x7f | 0x40;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial.toHex(),
    // A common name holds 64 characters; the alternative name is what clients compare.
    name: [{ CN: [domain.slice(0, 64)] }],
    notBefore,
    notAfter,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: domain }]),
    ],
  });
  const spki = await crypto.subtle.exportKey("spki", keys.publicKey);
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificatePem: certificate.toString("pem"),
    keyPem: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"),
    pin: toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", spki))),
  };
}

// Loaded when a certificate is made, which is once in a server's life: its megabytes are not for
// every daemon, and not for the Worker.
async function loadX509() {
  await import("reflect-metadata"); // must stand before the other is evaluated
  return await import("@peculiar/x509");
}
