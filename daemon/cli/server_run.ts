import { join } from "node:path";
import {
  KeyServerHome,
  type KeyServerView,
  readHost,
  type StandaloneOptions,
  StandaloneServer,
  type StandaloneView,
} from "../app/mod.ts";
import { databaseLocation, type ExternalService, isMysql, readLimits } from "../xmpp/server/mod.ts";
import { toBase64Url } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { componentOf, needed, secretIn } from "./component_option.ts";
import { loginProfiles } from "./run.ts";
import { endWithin, untilSignal } from "./signals.ts";
import { expectWords, type Invocation, text, texts, UsageError, whole } from "./verb.ts";
import { VERSION } from "./version.ts";

/** Where servers listen whose clients look for them there. */
const PORTS = { direct: 5223, starttls: 5222, https: 5443, component: 5347 };
/** Longest that clients are waited for at the end, in ms. */
const ENDING = 5_000;
const DAY_MS = 86_400_000;

export const RUN_OPTIONS = {
  domain: { type: "string" },
  host: { type: "string" },
  port: { type: "string" },
  "starttls-port": { type: "string" },
  "no-starttls": { type: "boolean" },
  "https-port": { type: "string" },
  "no-https": { type: "boolean" },
  "https-url": { type: "string" },
  "web-origin": { type: "string", multiple: true },
  turn: { type: "string", multiple: true },
  address: { type: "string", multiple: true },
  component: { type: "string", multiple: true },
  "component-port": { type: "string" },
  database: { type: "string" },
  certificate: { type: "string" },
  key: { type: "string" },
  limit: { type: "string", multiple: true },
  "archive-days": { type: "string" },
  "no-archive": { type: "boolean" },
  plain: { type: "boolean" },
  keyserver: { type: "boolean" },
  login: { type: "string" },
} as const;

export const RUN_USAGE: readonly string[] = [
  "server run --data DIR --domain DOMAIN [OPTION …]   until it is told to end",
  "                  --host ADDRESS          127.0.0.1; 0.0.0.0 or :: lets others in",
  "                  --port N                direct TLS, 5223; 0: any free one",
  "                  --starttls-port N       5222; --no-starttls: none",
  "                  --https-port N          uploads, WebSocket, 5443; --no-https: none",
  "                  --https-url URL         where others reach that, as behind a proxy",
  "                  --web-origin URL        pages that may use the WebSocket; may be repeated",
  "                  --turn HOST:PORT=@FILE  coturn's shared secret; may be repeated",
  "                  --address HOST[:PORT]   what invitations name; may be repeated",
  "                  --certificate FILE --key FILE   PEM; one of its own making if absent",
  "                  --component DOMAIN=@FILE   the secret is FILE's first line; may be repeated",
  "                  --component-port N      of 127.0.0.1, 5347",
  "                  --database mysql://…|@FILE   MariaDB or MySQL; SQLite in DIR if absent",
  "                  --limit NAME=VALUE      see server limits; may be repeated",
  "                  --archive-days N | --no-archive",
  "                  --keyserver             groups' keys are kept here too, by keys.DOMAIN",
  "                  --login PROFILE,…       simpp-modern, simpp-2009 (the paper's)",
  "                  --plain                 passwords in the open to this server, for old programs",
];

/** Runs the server alone, in the foreground. */
export async function serverRun(invocation: Invocation): Promise<null> {
  expectWords(invocation.words);
  const options = optionsOf(invocation);
  const ending = untilSignal();
  try {
    const { server, keys } = await startBoth(options, invocation.options.keyserver === true);
    try {
      const { io, json } = invocation;
      const keyServer = keys?.view;
      const view = { ...server.view, ...(keyServer === undefined ? {} : { keyServer }) };
      io.out(json ? JSON.stringify(view) : shown(server.view, keyServer));
      await ending.signal;
    } finally {
      await endWithin(ENDING, (keys?.stop() ?? Promise.resolve()).then(() => server.stop()));
    }
  } finally {
    ending.stop();
  }
  return null;
}

/** The server and, where it is wanted, the key server as its component with a secret of their own. */
async function startBoth(
  options: StandaloneOptions,
  keyServer: boolean,
): Promise<{ server: StandaloneServer; keys?: KeyServerHome }> {
  if (!keyServer) return { server: await StandaloneServer.start(options) };
  const domain = `keys.${options.domain}`;
  const secret = toBase64Url(systemRandom(24));
  const { port = 0, domains = [] } = options.components ?? {};
  const components = { port, domains: [...domains, { domain, secret }] };
  const server = await StandaloneServer.start({ ...options, components });
  try {
    const keys = await KeyServerHome.start({
      state: join(server.view.data, "keyserver"),
      for: [server.view.domain],
      component: { domain, secret, host: "127.0.0.1", port: server.view.componentPort! },
    });
    return { server, keys };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function optionsOf(invocation: Invocation): StandaloneOptions {
  const port = whole(invocation, "port", 0, 65_535) ?? PORTS.direct;
  const components = texts(invocation, "component").map(componentOf);
  const componentPort = whole(invocation, "component-port", 0, 65_535);
  if (componentPort !== undefined && components.length === 0) {
    throw new UsageError("--component-port goes with --component");
  }
  const certificate = text(invocation, "certificate");
  const key = text(invocation, "key");
  if ((certificate === undefined) !== (key === undefined)) {
    throw new UsageError("--certificate and --key go together");
  }
  const database = databaseOf(text(invocation, "database"));
  const httpsUrl = httpsUrlOf(text(invocation, "https-url"));
  const limits = limitsOf(invocation);
  const addresses = texts(invocation, "address").map((address) => addressOf(address, port));
  const rest = {
    host: text(invocation, "host") ?? "127.0.0.1",
    port,
    starttlsPort: portOf(invocation, "starttls"),
    httpsPort: portOf(invocation, "https"),
    ...(httpsUrl === undefined ? {} : { httpsUrl }),
    webOrigins: texts(invocation, "web-origin").map(originOf),
    turn: texts(invocation, "turn").map(turnOf),
    addresses,
    archive: invocation.options["no-archive"] !== true,
    plain: invocation.options.plain === true,
    limits,
    version: VERSION,
    ...loginProfiles(text(invocation, "login")),
    ...(database === undefined ? {} : { database }),
    ...(certificate === undefined ? {} : { certificate: { certificate, key: key! } }),
    ...(components.length === 0
      ? {}
      : { components: { port: componentPort ?? PORTS.component, domains: components } }),
  };
  const data = needed(invocation, "data", "DIR");
  return { data, domain: needed(invocation, "domain", "DOMAIN"), ...rest };
}

/** `--NAME-port`; null where `--no-NAME` says that there is none. */
function portOf(invocation: Invocation, name: "starttls" | "https"): number | null {
  const port = whole(invocation, `${name}-port`, 0, 65_535);
  if (invocation.options[`no-${name}`] !== true) return port ?? PORTS[name];
  if (port === undefined) return null;
  throw new UsageError(`--${name}-port does not go with --no-${name}`);
}

function limitsOf(invocation: Invocation): ReturnType<typeof readLimits> {
  const limits = readLimits(texts(invocation, "limit"));
  const days = whole(invocation, "archive-days", 1, 36_525);
  if (days === undefined) return limits;
  if (invocation.options["no-archive"] === true || limits.archiveAgeMs !== undefined) {
    throw new UsageError("--archive-days goes with neither --no-archive nor archiveAgeMs");
  }
  return { ...limits, archiveAgeMs: days * DAY_MS };
}

/** `HOST:PORT=@FILE`: a TURN server over UDP that shares a secret with this one. */
function turnOf(text: string): ExternalService {
  const match = /^([^=]+)=@(.+)$/.exec(text);
  const at = readHost(match?.[1] ?? "");
  if (match === null || at === undefined) {
    throw new UsageError(`--turn takes HOST:PORT=@FILE, not "${text}"`);
  }
  return { ...at, transport: "udp", secret: secretIn(match[2]!) };
}

function databaseOf(option: string | undefined): string | undefined {
  const location = databaseLocation(option);
  if (location === undefined || isMysql(location)) return location;
  throw new UsageError(
    "--database takes mysql://USER:PASSWORD@HOST:PORT/DATABASE, or @FILE with it",
  );
}

function httpsUrlOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (URL.parse(text)?.protocol === "https:" && !/[?#]/.test(text)) return text.replace(/\/+$/, "");
  throw new UsageError(`--https-url takes a URL such as https://chat.example.org, not "${text}"`);
}

function originOf(text: string): string {
  if (URL.parse(text)?.origin === text) return text;
  throw new UsageError(
    `--web-origin takes an origin such as https://web.example.org, not "${text}"`,
  );
}

/** HOST or HOST:PORT, an IPv6 address in brackets. */
function addressOf(text: string, port: number): { host: string; port: number } {
  const found = readHost(text) ?? readHost(`${text}:${port || PORTS.direct}`);
  if (found !== undefined) return found;
  throw new UsageError(`--address takes HOST or HOST:PORT, not "${text}"`);
}

function shown(view: StandaloneView, keyServer?: KeyServerView): string {
  const { domain, host, data, pin, certificateSha256, certificateSha1, ...ports } = view;
  const lines = [
    `simppd ${VERSION} serves ${domain} from ${data}`,
    `direct TLS   ${host}:${ports.port}`,
  ];
  if (ports.starttlsPort !== null) lines.push(`STARTTLS     ${host}:${ports.starttlsPort}`);
  if (ports.httpsUrl !== null) {
    lines.push(`HTTPS        ${host}:${ports.httpsPort} (${ports.httpsUrl})`);
  }
  if (ports.componentPort !== null) lines.push(`components   127.0.0.1:${ports.componentPort}`);
  if (keyServer !== undefined) lines.push(`key server   ${keyServer.jid} ${keyServer.key}`);
  return [
    ...lines,
    `pinned key   ${pin}`,
    `certificate  SHA-256 ${certificateSha256}`,
    `             SHA-1 ${certificateSha1}`,
  ].join("\n");
}
