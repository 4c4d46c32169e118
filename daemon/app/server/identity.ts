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
 * @throws SimppdError `bad-certificate`
 */
export async function serverIdentity(
  folder: string,
  domain: string,
  given: CertificateFiles | undefined,
): Promise<ServerCertificate> {
  const own = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
  if (given === undefined && !await exists(own.key)) {
    const made = await makeServerCertificate(domain);
    await Deno.writeTextFile(own.certificate, made.certificatePem, { mode: 0o600 });
    // Last: where there is a key there is all of it.
    await Deno.writeTextFile(own.key, made.keyPem, { mode: 0o600, createNew: true });
    return made;
  }
  return await readIdentity(given ?? own, domain);
}

async function readIdentity(files: CertificateFiles, domain: string): Promise<ServerCertificate> {
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
  if (certificate.checkHost(domainToASCII(domain)) === undefined) {
    throw bad(`${files.certificate} is not for ${domain}; get one that names it.`);
  }
  if (Date.parse(certificate.validTo) < Date.now()) {
    logOf("app").warn("the certificate ended on {end}: clients of other makes stay away", {
      end: certificate.validTo,
    });
  }
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  return { certificatePem, keyPem, pin: toBase64Url(sha256(Uint8Array.from(spki))) };
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
