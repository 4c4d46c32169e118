import { makeTestCertificate } from "./certificate.ts";
import { freePort, installed, PeerProcess } from "./process.ts";

/** An ejabberd of this machine, alone in a scratch folder, listening on 127.0.0.1 only. */
export interface Ejabberd {
  readonly domain: string;
  readonly ports: {
    readonly direct: number;
    readonly starttls: number;
    /** HTTPS: `/ws` is the WebSocket (RFC 7395), `/upload` what XEP-0363 points to. */
    readonly https: number;
    readonly component: number;
  };
  /** The authority that signed its certificate. */
  readonly caPem: string;
  /** base64url SHA-256 of the SPKI of its certificate. */
  readonly pin: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** What {@link startEjabberd} may be told. */
export interface EjabberdOptions {
  /** Name to password. */
  readonly accounts: Record<string, string>;
  readonly domain?: string;
  /** Keep every message (XEP-0313)? It does when not told. */
  readonly archive?: boolean;
}

/** The password components of `component.DOMAIN` show (XEP-0114). */
export const COMPONENT_SECRET = "component secret";

/**
 * Starts ejabberd and waits until it listens. It runs as an Erlang node without a name: so there is
 * no epmd, no cookie, and nothing that outlives its process. Its rates are not shaped.
 * @returns `undefined` when ejabberd is not installed
 */
export async function startEjabberd(options: EjabberdOptions): Promise<Ejabberd | undefined> {
  if (!installed("ejabberdctl") || !installed("erl")) return undefined;
  const domain = options.domain ?? "ejabberd.test";
  const folder = await Deno.makeTempDir({ prefix: "ejabberd-" });
  const certificate = await makeTestCertificate(domain);
  const ports = {
    direct: freePort(),
    starttls: freePort(),
    https: freePort(),
    component: freePort(),
  };
  const api = freePort();
  await Deno.writeTextFile(`${folder}/ca.pem`, certificate.caPem);
  const identity = `${certificate.certificatePem}\n${certificate.keyPem}\n`;
  await Deno.writeTextFile(`${folder}/identity.pem`, identity);
  const config = configuration(folder, domain, ports, api, options.archive ?? true);
  await Deno.writeTextFile(`${folder}/ejabberd.yml`, JSON.stringify(config));

  const command = new Deno.Command("erl", {
    args: ["-noinput", "-mnesia", "dir", `"${folder}/data"`, "-ejabberd", "quiet", "true"]
      .concat("-s", "ejabberd"),
    env: {
      EJABBERD_CONFIG_PATH: `${folder}/ejabberd.yml`,
      EJABBERD_LOG_PATH: `${folder}/ejabberd.log`,
      EJABBERD_PID_PATH: `${folder}/ejabberd.pid`,
      ERL_CRASH_DUMP_BYTES: "0",
      ERL_LIBS: "/usr/lib/x86_64-linux-gnu:/usr/lib/aarch64-linux-gnu",
      HOME: folder,
    },
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  const child = new PeerProcess(command.spawn(), folder);
  await child.listens([...Object.values(ports), api], `${folder}/ejabberd.log`);
  for (const [user, password] of Object.entries(options.accounts)) {
    const answer = await fetch(`http://127.0.0.1:${api}/api/register`, {
      method: "POST",
      body: JSON.stringify({ user, host: domain, password }),
    });
    const text = await answer.text();
    if (answer.ok) continue;
    await child.stop();
    throw new Error(`ejabberd did not register ${user}: ${answer.status} ${text}`);
  }
  return {
    domain,
    ports,
    caPem: certificate.caPem,
    pin: certificate.pin,
    pid: child.pid,
    stop: () => child.stop(),
  };
}

/** ejabberd.yml as JSON, which is YAML. */
function configuration(
  folder: string,
  domain: string,
  ports: Ejabberd["ports"],
  api: number,
  archive: boolean,
): unknown {
  const listen = (port: number, module: string, more: object) => ({
    port,
    ip: "127.0.0.1",
    module,
    ...more,
  });
  const stream = { max_stanza_size: 262_144 };
  const websocket = { "/ws": "ejabberd_http_ws" };
  const component = { [`component.${domain}`]: { password: COMPONENT_SECRET } };
  const modules: Record<string, object> = {
    mod_adhoc: {},
    mod_admin_extra: {},
    mod_avatar: {},
    mod_blocking: {},
    mod_caps: {},
    mod_carboncopy: {},
    mod_client_state: {},
    mod_disco: {},
    mod_http_api: {},
    mod_http_upload: {
      put_url: `https://127.0.0.1:${ports.https}/upload`,
      docroot: `${folder}/upload`,
    },
    mod_muc: { default_room_options: { mam: archive } },
    mod_offline: {},
    mod_privacy: {},
    mod_private: {},
    mod_pubsub: { plugins: ["flat", "pep"] },
    mod_roster: {},
    mod_stream_mgmt: { resend_on_timeout: "if_offline" },
    mod_stun_disco: {
      services: [{ host: "127.0.0.1", port: 3478, type: "stun", transport: "udp" }],
    },
    mod_vcard: {},
    mod_vcard_xupdate: {},
    mod_version: {},
  };
  if (archive) modules.mod_mam = { default: "always", assume_mam_usage: true };
  return {
    hosts: [domain],
    loglevel: "warning",
    log_rotate_count: 0,
    certfiles: [`${folder}/identity.pem`],
    ca_file: `${folder}/ca.pem`,
    auth_password_format: "scram",
    auth_scram_hash: "sha256",
    disable_sasl_mechanisms: ["digest-md5", "X-OAUTH2"],
    listen: [
      listen(ports.starttls, "ejabberd_c2s", { ...stream, starttls_required: true }),
      listen(ports.direct, "ejabberd_c2s", { ...stream, tls: true }),
      listen(ports.https, "ejabberd_http", {
        tls: true,
        request_handlers: { ...websocket, "/upload": "mod_http_upload" },
      }),
      listen(ports.component, "ejabberd_service", { hosts: component }),
      listen(api, "ejabberd_http", { request_handlers: { "/api": "mod_http_api" } }),
    ],
    acl: { local: { user_regexp: "" } },
    access_rules: { local: { allow: "local" } },
    api_permissions: {
      accounts: { from: ["mod_http_api"], who: { ip: "127.0.0.1/8" }, what: ["register"] },
    },
    modules,
  };
}
