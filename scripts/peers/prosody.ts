import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { makeTestCertificate } from "./certificate.ts";
import { freePort, installed, PeerProcess } from "./process.ts";

const PLUGINS = new URL("./prosody_plugins", import.meta.url).pathname;

/** A Prosody of this machine, alone in a scratch folder, listening on 127.0.0.1 only. */
export interface Prosody {
  readonly domain: string;
  readonly ports: {
    readonly direct: number;
    readonly starttls: number;
    /** HTTPS: `/xmpp-websocket` (RFC 7395), `/file_share` what XEP-0363 points to. */
    readonly https: number;
    readonly component: number;
  };
  /** The authority that signed its certificate. */
  readonly caPem: string;
  /** base64url SHA-256 of the SPKI of its certificate. */
  readonly pin: string;
  readonly pid: number;
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
  /** Keep every message (XEP-0313)? It does when not told. */
  readonly archive?: boolean;
  /** Modules beyond the usual ones, such as those of the package `prosody-modules`. */
  readonly modules?: readonly string[];
  /**
   * Lets it bind SCRAM to tls-server-end-point, as newer versions do; and what mod_sasl2 needs.
   */
  readonly backports?: boolean;
  /** Seconds a cut stream can be resumed; Prosody's own default is 600. */
  readonly resumeSeconds?: number;
  /** A TURN server on 127.0.0.1 that it tells accounts of (XEP-0215). */
  readonly turn?: { readonly port: number; readonly secret: string };
  /** The largest file it takes (XEP-0363); Prosody's own default is 10 MiB. */
  readonly uploadBytes?: number;
}

/** Is the Debian package `prosody-modules` here, with this module? */
export async function hasProsodyModule(name: string): Promise<boolean> {
  const file = `/usr/lib/prosody/modules/mod_${name}`;
  return await Deno.stat(file).then(() => true, () => false);
}

type Configured = ProsodyOptions & { hash: string; archive: boolean };

/** PBKDF2 rounds, Prosody's own default. */
const ITERATIONS = 10_000;

/** The password the component `component.DOMAIN` shows (XEP-0114). */
export const COMPONENT_SECRET = "component secret";

/**
 * Starts Prosody and waits until it listens. Its rates are not limited.
 * @returns `undefined` when Prosody is not installed
 */
export async function startProsody(options: ProsodyOptions): Promise<Prosody | undefined> {
  if (!installed("prosodyctl")) return undefined;
  const domain = options.domain ?? "prosody.test";
  const folder = await Deno.makeTempDir({ prefix: "prosody-" });
  const certificate = await makeTestCertificate(domain);
  const ports = {
    direct: freePort(),
    starttls: freePort(),
    https: freePort(),
    component: freePort(),
  };
  await Deno.mkdir(`${folder}/data`);
  await Deno.writeTextFile(`${folder}/crt.pem`, certificate.certificatePem);
  await Deno.writeTextFile(`${folder}/key.pem`, certificate.keyPem);
  const config = `${folder}/prosody.cfg.lua`;
  const wanted = { hash: "SHA-1" as const, archive: true, ...options };
  const digest = await certificateDigest(certificate.certificatePem);
  await Deno.writeTextFile(config, configuration(folder, domain, ports, digest, wanted));

  const store = `${folder}/data/${encoded(domain)}/accounts`;
  await Deno.mkdir(store, { recursive: true });
  for (const [name, password] of Object.entries(options.accounts)) {
    await Deno.writeTextFile(`${store}/${encoded(name)}.dat`, account(password, wanted.hash));
  }
  const command = new Deno.Command("prosody", {
    args: ["--config", config, "-F"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  const child = new PeerProcess(command.spawn(), folder);
  await child.listens(Object.values(ports), `${folder}/prosody.log`);
  const invite = async () => {
    const printed = await control(config, "mod_invites", "generate", domain);
    const token = /preauth=([\w-]+)/.exec(printed)?.[1];
    if (token === undefined) throw new Error(`prosodyctl made no invitation: ${printed}`);
    return token;
  };
  return {
    domain,
    ports,
    caPem: certificate.caPem,
    pin: certificate.pin,
    pid: child.pid,
    invite,
    stop: () => child.stop(),
  };
}

function configuration(
  folder: string,
  domain: string,
  ports: Prosody["ports"],
  digest: string,
  { hash, archive, modules = [], resumeSeconds = 600, backports = false, turn, uploadBytes }:
    Configured,
): string {
  const tls = `{ certificate = "${folder}/crt.pem", key = "${folder}/key.pem" }`;
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
https_ports = { ${ports.https} }
https_ssl = ${tls}
http_external_url = "https://127.0.0.1:${ports.https}/"
http_default_host = "${domain}"
component_ports = { ${ports.component} }
component_interfaces = { "127.0.0.1" }
smacks_hibernation_time = ${resumeSeconds}
modules_enabled = { ${
    backports ? `"backports", ` : ""
  }"roster", "saslauth", "tls", "disco", "pep", "ping", "carbons", "smacks",
  "csi", "csi_simple", "blocklist", "vcard_legacy", "bookmarks", "websocket", "http",
  "invites", "invites_register", "register_ibr"${archive ? ', "mam"' : ""}${
    turn ? ', "turn_external"' : ""
  }${modules.map((name) => `, "${name}"`).join("")} }
modules_disabled = { "s2s"${archive ? "" : ', "offline"'} }
default_archive_policy = true
${turn ? `turn_external_host = "127.0.0.1"\nturn_external_port = ${turn.port}` : ""}
${turn ? `turn_external_secret = "${turn.secret}"` : ""}
authentication = "internal_hashed"
password_hash = "${hash}"
c2s_require_encryption = true
consider_websocket_secure = true
allow_registration = true
registration_invite_only = true
c2s_direct_tls_ssl = ${tls}
https_ssl = ${tls}
ssl = ${tls}
VirtualHost "${domain}"
disco_items = { { "rooms.${domain}" }, { "upload.${domain}" } }
Component "rooms.${domain}" "muc"
modules_enabled = { ${archive ? '"muc_mam"' : ""} }
Component "upload.${domain}" "http_file_share"
${uploadBytes === undefined ? "" : `http_file_share_size_limit = ${uploadBytes}`}
http_host = "${domain}"
Component "component.${domain}"
component_secret = "${COMPONENT_SECRET}"
`;
}

/** A name as Prosody's file store writes it. */
function encoded(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** What Prosody's mod_auth_internal_hashed keeps of a password (RFC 5802 section 3). */
function account(password: string, hash: "SHA-1" | "SHA-256"): string {
  const [name, size] = hash === "SHA-1" ? ["sha1", 20] as const : ["sha256", 32] as const;
  const salt = crypto.randomUUID();
  const salted = pbkdf2Sync(password, salt, ITERATIONS, size, name);
  const key = (text: string) => createHmac(name, salted).update(text).digest();
  const stored = createHash(name).update(key("Client Key")).digest("hex");
  return `return { iteration_count = ${ITERATIONS}; salt = "${salt}"; stored_key = "${stored}"; ` +
    `server_key = "${key("Server Key").toString("hex")}"; }\n`;
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
