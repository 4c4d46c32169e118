import { makeTestCertificate } from "./certificate.ts";

const PLUGINS = new URL("./prosody_plugins", import.meta.url).pathname;

/** A Prosody of this machine, alone in a scratch folder, listening on 127.0.0.1 only. */
export interface Prosody {
  readonly domain: string;
  readonly ports: {
    readonly direct: number;
    readonly starttls: number;
    /** HTTPS, with `/xmpp-websocket` (RFC 7395). */
    readonly websocket: number;
  };
  /** The authority that signed its certificate. */
  readonly caPem: string;
  /** base64url SHA-256 of the SPKI of its certificate. */
  readonly pin: string;
  /** A token that lets one account be made (XEP-0445). */
  invite(): Promise<string>;
  stop(): Promise<void>;
}

/** What {@link startProsody} may be told. */
export interface ProsodyOptions {
  /** Name to password. */
  readonly accounts: Record<string, string>;
  readonly domain?: string;
  /** Which SCRAM it offers; Prosody's own default is SHA-1. */
  readonly hash?: "SHA-1" | "SHA-256";
  /** Modules beyond the usual ones, such as those of the package `prosody-modules`. */
  readonly modules?: readonly string[];
  /**
   * Lets it bind SCRAM to tls-server-end-point, as newer versions do; and what mod_sasl2 needs.
   */
  readonly backports?: boolean;
  /** Seconds a cut stream can be resumed; Prosody's own default is 600. */
  readonly resumeSeconds?: number;
}

/** Is the Debian package `prosody-modules` here, with this module? */
export async function hasProsodyModule(name: string): Promise<boolean> {
  const file = `/usr/lib/prosody/modules/mod_${name}`;
  return await Deno.stat(file).then(() => true, () => false);
}

/**
 * Starts Prosody and waits until it listens.
 * @returns `undefined` when Prosody is not installed
 */
export async function startProsody(options: ProsodyOptions): Promise<Prosody | undefined> {
  if (!await installed()) return undefined;
  const domain = options.domain ?? "prosody.test";
  const folder = await Deno.makeTempDir({ prefix: "prosody-" });
  const certificate = await makeTestCertificate(domain);
  const ports = { direct: freePort(), starttls: freePort(), websocket: freePort() };
  await Deno.mkdir(`${folder}/data`);
  await Deno.writeTextFile(`${folder}/crt.pem`, certificate.certificatePem);
  await Deno.writeTextFile(`${folder}/key.pem`, certificate.keyPem);
  const config = `${folder}/prosody.cfg.lua`;
  const digest = await certificateDigest(certificate.certificatePem);
  await Deno.writeTextFile(config, configuration(folder, domain, ports, digest, options));

  for (const [name, password] of Object.entries(options.accounts)) {
    await control(config, "register", name, domain, password);
  }
  const child = new Deno.Command("prosody", {
    args: ["--config", config, "-F"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let exited = false;
  const status = child.status.then(() => exited = true);
  const stop = async () => {
    if (!exited) child.kill("SIGTERM");
    await status;
    await Deno.remove(folder, { recursive: true });
  };
  for (const port of Object.values(ports)) {
    if (!await listens(port, () => exited)) {
      const log = await Deno.readTextFile(`${folder}/prosody.log`).catch(() => "no log");
      await stop();
      throw new Error(`Prosody does not listen on port ${port}:\n${log.slice(-3000)}`);
    }
  }
  const invite = async () => {
    const printed = await control(config, "mod_invites", "generate", domain);
    const token = /preauth=([\w-]+)/.exec(printed)?.[1];
    if (token === undefined) throw new Error(`prosodyctl made no invitation: ${printed}`);
    return token;
  };
  return { domain, ports, caPem: certificate.caPem, pin: certificate.pin, invite, stop };
}

function configuration(
  folder: string,
  domain: string,
  ports: Prosody["ports"],
  digest: string,
  { hash = "SHA-1", modules = [], resumeSeconds = 600, backports = false }: ProsodyOptions,
): string {
  return `
run_as_root = true
daemonize = false
pidfile = "${folder}/prosody.pid"
plugin_paths = { "${PLUGINS}" }
${backports ? `end_point_digest = "${digest}"` : ""}
data_path = "${folder}/data"
log = { info = "${folder}/prosody.log" }
interfaces = { "127.0.0.1" }
c2s_ports = { ${ports.starttls} }
c2s_direct_tls_ports = { ${ports.direct} }
s2s_ports = {}
http_ports = {}
https_ports = { ${ports.websocket} }
http_default_host = "${domain}"
https_ssl = { certificate = "${folder}/crt.pem", key = "${folder}/key.pem" }
smacks_hibernation_time = ${resumeSeconds}
modules_enabled = { ${
    backports ? `"backports", ` : ""
  }"roster", "saslauth", "tls", "disco", "pep", "ping", "carbons", "invites",
  "invites_register", "register_ibr", "smacks", "csi_simple", "websocket"${
    modules.map((name) => `, "${name}"`).join("")
  } }
modules_disabled = { "s2s", "offline" }
authentication = "internal_hashed"
password_hash = "${hash}"
c2s_require_encryption = true
allow_registration = true
registration_invite_only = true
c2s_direct_tls_ssl = { certificate = "${folder}/crt.pem", key = "${folder}/key.pem" }
ssl = { certificate = "${folder}/crt.pem", key = "${folder}/key.pem" }
VirtualHost "${domain}"
`;
}

/** Hex SHA-256 of a certificate's DER. */
async function certificateDigest(pem: string): Promise<string> {
  const der = Uint8Array.fromBase64(pem.replace(/-----[^-]+-----/g, ""));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", der)).toHex();
}

async function control(config: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("prosodyctl", {
    args: ["--root", "--config", config, ...args],
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) throw new Error(`prosodyctl ${args[0]} failed: ${text}`);
  return text;
}

async function installed(): Promise<boolean> {
  try {
    const found = await new Deno.Command("which", { args: ["prosodyctl"], stdout: "null" })
      .output();
    return found.success;
  } catch {
    return false;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function listens(port: number, exited: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 200 && !exited(); tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return false;
}
