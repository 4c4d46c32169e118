import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { domainToASCII } from "node:url";
import { logOf, SimppdError, toBase64Url } from "../../base/mod.ts";
import { sha256 } from "../../crypto/mod.ts";
import { makeServerCertificate, type ServerCertificate } from "../../xmpp/server/mod.ts";

/** Paths of a certificate (its chain behind it) and its key, PEM both. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * What a server that runs alone shows: the certificate it is given, else one of its own making that
 * is kept in its directory as `certificate.pem` and `key.pem`.
 * @param ran before: then clients know the key, and it is never made anew
 * @throws SimppdError `bad-certificate`
 */
export async function serverIdentity(
  folder: string,
  domain: string,
  given: CertificateFiles | undefined,
  ran: boolean,
): Promise<ServerCertificate> {
  const own = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
  if (given !== undefined || await exists(own.key)) {
    const files = given ?? own;
    const { certificate, identity } = await readIdentity(files);
    if (certificate.checkHost(domainToASCII(domain)) !== undefined) return identity;
    // A first start that failed may have left one for a domain that was misspelt.
    if (given !== undefined || ran) {
      throw bad(`${files.certificate} is not for ${domain}; get one that names it.`);
    }
  }
  const made = await makeServerCertificate(domain);
  await write(own.certificate, made.certificatePem);
  // Last: where there is a key there is all of it.
  await write(own.key, made.keyPem);
  return made;
}

/** Hashes of a whole certificate, as other programs show them where they ask: hex with colons. */
export interface Fingerprints {
  readonly certificateSha256: string;
  readonly certificateSha1: string;
}

/** @param certificatePem the first one in it counts */
export function fingerprintsOf(certificatePem: string): Fingerprints {
  const { fingerprint256, fingerprint } = new X509Certificate(certificatePem);
  return { certificateSha256: fingerprint256, certificateSha1: fingerprint };
}

/** Readable by its owner only from its first moment, and there whole or not at all. */
async function write(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  await Deno.remove(fresh).catch(() => {});
  await Deno.writeTextFile(fresh, text, { mode: 0o600, createNew: true });
  await Deno.rename(fresh, path);
}

async function readIdentity(
  files: CertificateFiles,
): Promise<{ certificate: X509Certificate; identity: ServerCertificate }> {
  const certificatePem = await read(files.certificate);
  const keyPem = await read(files.key);
  let certificate: X509Certificate;
  let fits: boolean;
  try {
    certificate = new X509Certificate(certificatePem);
    fits = certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch (error) {
    throw bad(
      `${files.certificate} and ${files.key} should be a certificate and a key, PEM.`,
      error,
    );
  }
  if (!fits) throw bad(`The key in ${files.key} is not that of ${files.certificate}.`);
  if (Date.parse(certificate.validTo) < Date.now()) {
    logOf("app").warn("the certificate ended on {end}: clients of other makes stay away", {
      end: certificate.validTo,
    });
  }
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  const pin = toBase64Url(sha256(Uint8Array.from(spki)));
  return { certificate, identity: { certificatePem, keyPem, pin } };
}

async function read(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw bad(`${path} cannot be read.`, error);
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

function bad(message: string, cause?: unknown): SimppdError {
  return new SimppdError("bad-certificate", message, cause);
}
