import { makeTestCertificate } from "../../../scripts/peers/certificate.ts";
import { startEjabberd } from "../../../scripts/peers/ejabberd.ts";
import { PeerProcess } from "../../../scripts/peers/process.ts";
import { startProsody } from "../../../scripts/peers/prosody.ts";
import { type ServerOptions, XmppServer } from "../../../daemon/xmpp/server/mod.ts";
import type { Target } from "./load_client.ts";
import { names } from "./load.ts";

/** A server under load, alone in its process. */
export interface LoadedServer extends Target {
  readonly pid: number;
  stop(): Promise<void>;
}

/** What a server is started with. */
export interface Setting {
  /** How many accounts it has. */
  readonly accounts: number;
  /** Whether it keeps every message (XEP-0313). */
  readonly archive: boolean;
}

/** Ours first, then the peers; undefined for one that is not installed. */
export const SERVERS: Readonly<
  Record<string, (setting: Setting) => Promise<LoadedServer | undefined>>
> = { simppd: startOurs, prosody, ejabberd };

/** The flags the program itself runs with. */
const V8 = "--v8-flags=--heap-growing-percent=10,--max-semi-space-size=4";
const DOMAIN = "simppd.test";

const password = (name: string) => `pass of ${name}`;

function accounts(count: number): Record<string, string> {
  return Object.fromEntries(names(count).map((name) => [name, password(name)]));
}

async function prosody({ accounts: count, archive }: Setting): Promise<LoadedServer | undefined> {
  const server = await startProsody({ accounts: accounts(count), hash: "SHA-256", archive });
  return server && { ...server, port: server.ports.direct, password };
}

async function ejabberd({ accounts: count, archive }: Setting): Promise<LoadedServer | undefined> {
  const server = await startEjabberd({ accounts: accounts(count), archive });
  return server && { ...server, port: server.ports.direct, password };
}

/** The carried server on a file, its rates lifted as the peers' are. */
async function startOurs({ accounts: count, archive }: Setting): Promise<LoadedServer> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-bench-" });
  const { caPem, certificatePem, keyPem } = await makeTestCertificate(DOMAIN);
  const options: ServerOptions = {
    database: `${folder}/server.db`,
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
    archive,
    limits: { bytesPerSecond: 1e9, burstBytes: 1e9 },
  };
  const empty = await XmppServer.start(options);
  for (const name of names(count)) await empty.createAccount(name, password(name));
  await empty.stop();

  const program = new URL("../../../daemon/xmpp/server/testing_process.ts", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", V8, program.pathname, JSON.stringify(options)],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const running = new PeerProcess(child, folder);
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  let said = "";
  for await (const text of lines) if ((said += text).includes("\n")) break;
  const port = Number(said);
  if (!(port > 0)) {
    await running.stop();
    throw new Error(`the carried server did not start: ${said}`);
  }
  return { domain: DOMAIN, port, caPem, password, pid: running.pid, stop: () => running.stop() };
}
