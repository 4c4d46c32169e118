import { fromUtf8 } from "../../../daemon/base/mod.ts";
import { HttpUpload, XmppClient } from "../../../daemon/xmpp/client/mod.ts";
import { type ServerOptions, XmppServer } from "../../../daemon/xmpp/server/mod.ts";
import { makeTestCertificate } from "../../../scripts/peers/certificate.ts";
import { freePort, installed, PeerProcess } from "../../../scripts/peers/process.ts";
import { startProsody } from "../../../scripts/peers/prosody.ts";
import type { Errand, Took } from "./upload_person.ts";

/** A server that takes large files, alone in its process. */
export interface UploadPeer {
  readonly domain: string;
  readonly port: number;
  readonly pin: string;
  stop(): Promise<void>;
}

/** The flags the program itself runs with. */
export const V8 = "--v8-flags=--heap-growing-percent=10,--max-semi-space-size=4";
const HOST = "127.0.0.1";
const LARGE = 4e9;

/** The carried server. */
export async function startOurs(): Promise<UploadPeer> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-bench-" });
  const domain = "simppd.test";
  const { certificatePem, keyPem, pin } = await makeTestCertificate(domain);
  const options: ServerOptions = {
    database: `${folder}/server.db`,
    domain,
    host: HOST,
    port: 0,
    httpsPort: freePort(),
    certificatePem,
    keyPem,
    limits: { uploadFileBytes: LARGE, uploadBytes: 4 * LARGE, uploadBytesInAll: 4 * LARGE },
  };
  const empty = await XmppServer.start(options);
  await empty.createAccount("romeo", "pass of romeo");
  await empty.stop();
  const program = new URL("../../../daemon/xmpp/server/testing_process.ts", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", V8, program.pathname, JSON.stringify(options)],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const running = new PeerProcess(child, folder);
  let said = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    if ((said += text).includes("\n")) break;
  }
  return { domain, port: Number(said), pin, stop: () => running.stop() };
}

/** Prosody; undefined when it is not installed. */
export async function startProsodyUploads(): Promise<UploadPeer | undefined> {
  const prosody = await startProsody({
    accounts: { romeo: "pass of romeo" },
    hash: "SHA-256",
    uploadBytes: LARGE,
  });
  return prosody && { ...prosody, port: prosody.ports.direct };
}

/** A file of so many bytes that do not repeat within a megabyte. */
export async function makeFile(path: string, bytes: number): Promise<void> {
  using file = await Deno.open(path, { create: true, truncate: true, write: true });
  const block = new Uint8Array(1 << 20);
  for (let at = 0; at < block.length; at += 65_536) {
    crypto.getRandomValues(block.subarray(at, at + 65_536));
  }
  for (let left = bytes; left > 0;) {
    left -= await file.write(block.subarray(0, Math.min(left, block.length)));
  }
}

/** Has a person in a process of their own send and fetch a file. */
export async function errand(peer: UploadPeer, path: string): Promise<Took> {
  const program = new URL("./upload_person.ts", import.meta.url).pathname;
  const { domain, port, pin } = peer;
  const what: Errand = { domain, port, pin, path };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", V8, program, JSON.stringify(what)],
    stdin: "null",
  }).output();
  if (code !== 0) throw new Error(`the person failed: ${fromUtf8(stderr)}`);
  return JSON.parse(fromUtf8(stdout)) as Took;
}

/** Milliseconds `curl` takes to put a file into a slot of the server; undefined without curl. */
export async function curl(peer: UploadPeer, path: string): Promise<number | undefined> {
  if (!installed("curl")) return undefined;
  const trust = { kind: "pin", pin: peer.pin } as const;
  const client = new XmppClient({
    jid: `romeo@${peer.domain}`,
    password: "pass of romeo",
    endpoints: [{ host: HOST, port: peer.port, tls: "direct" }],
    trust,
  });
  await client.connect();
  try {
    const upload = new HttpUpload(client, { domain: peer.domain, trust, host: HOST });
    const service = (await upload.find())!;
    const { size } = await Deno.stat(path);
    const type = "application/octet-stream";
    const { put, headers } = await upload.slot(service, { name: "a.bin", size, type });
    const url = new URL(put);
    const given = Object.entries({ ...headers, "content-type": type, expect: "" })
      .flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
    const { stdout } = await new Deno.Command("curl", {
      args: [
        ...["-sk", "--resolve", `${url.hostname}:${url.port}:${HOST}`, "-T", path, ...given],
        ...["-o", "/dev/null", "-w", "%{http_code} %{time_total}", put],
      ],
    }).output();
    const [status, seconds] = fromUtf8(stdout).split(" ");
    if (status !== "201" && status !== "200") throw new Error(`curl was answered ${status}`);
    return Number(seconds) * 1000;
  } finally {
    await client.close();
  }
}
