import { type ServerOptions, startCarriedServer } from "../../daemon/xmpp/server/mod.ts";
import { makeTestCertificate } from "../../scripts/peers/certificate.ts";
import { startEjabberd } from "../../scripts/peers/ejabberd.ts";
import { startProsody } from "../../scripts/peers/prosody.ts";
import { absent } from "../real_parts.ts";

const ACCOUNTS = { romeo: "pass of romeo" };
const HOST = "127.0.0.1";

/** A server that takes uploads, with an account for romeo; the carried one names a relay, too. */
export interface UploadServer {
  readonly domain: string;
  readonly host: string;
  /** Direct TLS. */
  readonly port: number;
  readonly pin: string;
  stop(): Promise<void>;
}

/** The servers there are; `limits` are heard by the carried one alone. */
export const UPLOAD_SERVERS: readonly {
  readonly name: string;
  readonly ignore: boolean;
  start(limits?: ServerOptions["limits"]): Promise<UploadServer>;
}[] = [
  { name: "the carried server", ignore: false, start: carried },
  {
    name: "Prosody",
    ignore: absent("prosodyctl"),
    async start() {
      const prosody = (await startProsody({ accounts: ACCOUNTS, hash: "SHA-256" }))!;
      return { ...prosody, host: HOST, port: prosody.ports.direct };
    },
  },
  {
    name: "ejabberd",
    ignore: absent("ejabberdctl"),
    async start() {
      const ejabberd = (await startEjabberd({ accounts: ACCOUNTS }))!;
      return { ...ejabberd, host: HOST, port: ejabberd.ports.direct };
    },
  },
];

async function carried(limits: ServerOptions["limits"] = {}): Promise<UploadServer> {
  const domain = "carried.test";
  const { certificatePem, keyPem, pin } = await makeTestCertificate(domain);
  const folder = await Deno.makeTempDir({ prefix: "carried-" });
  const server = await startCarriedServer({
    database: `${folder}/server.db`,
    domain,
    host: HOST,
    port: 0,
    httpsPort: 0,
    turn: [{ host: "turn.test", port: 3478, transport: "udp", secret: "shared" }],
    certificatePem,
    keyPem,
    limits,
  });
  await server.createAccount("romeo", ACCOUNTS.romeo);
  const stop = async () => {
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  };
  return { domain, host: HOST, port: server.port, pin, stop };
}
