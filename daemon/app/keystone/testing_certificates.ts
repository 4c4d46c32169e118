import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 86_400_000;

/** Who issues certificates in tests. */
export interface Authority {
  readonly pem: string;
  readonly keys: CryptoKeyPair;
}

/** A new one. */
export async function authority(): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Test",
    keys,
    signingAlgorithm: ALGORITHM,
    notAfter: new Date(Date.now() + DAY),
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  return { pem: certificate.toString("pem"), keys };
}

/** A certificate for these names, PEM. */
export async function issued(by: Authority, names: x509.JsonGeneralNames) {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: "CN=somebody",
    issuer: "CN=Test",
    publicKey: keys.publicKey,
    signingKey: by.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    notAfter: new Date(Date.now() + DAY),
    extensions: [new x509.SubjectAlternativeNameExtension(names)],
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  const key = x509.PemConverter.encode(pkcs8, "PRIVATE KEY");
  return { certificate: certificate.toString("pem"), key };
}
