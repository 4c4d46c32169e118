/**
 * A person in a process of their own: seals a file, sends it by the server's upload, fetches it again
 * as its receiver would, and says what that took. Its argument is {@link Errand} as JSON.
 * @module
 */
import { UploadWay } from "../../../daemon/files/mod.ts";
import type { Transfer, Transfers, TransferState } from "../../../daemon/files/mod.ts";
import { desk } from "../../../daemon/files/testing.ts";
import { HttpUpload, XmppClient } from "../../../daemon/xmpp/client/mod.ts";

/** What is to be done. */
export interface Errand {
  readonly domain: string;
  readonly port: number;
  readonly pin: string;
  /** The file to be sent. */
  readonly path: string;
}

/** What it took, in ms; and the most memory, in bytes. */
export interface Took {
  readonly seal: number;
  readonly upload: number;
  readonly download: number;
  readonly peak: number;
}

const HOST = "127.0.0.1";
const PEER = "juliet@else.test";

/** When a transfer was in a state for the first time. */
function reached(
  transfers: Transfers,
  state: TransferState,
): Promise<{ at: number; it: Transfer }> {
  return new Promise((resolve, reject) => {
    transfers.changed.on((it) => {
      if (it.state === "failed") reject(new Error(`${it.problem?.code}`));
      if (it.state === state) resolve({ at: performance.now(), it });
    });
  });
}

/** The most memory this process had (proc(5) VmHWM). */
function peak(): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
  return Number(kib) * 1024;
}

if (import.meta.main) {
  const { domain, port, pin, path } = JSON.parse(Deno.args[0]!) as Errand;
  const trust = { kind: "pin", pin } as const;
  const client = new XmppClient({
    jid: `romeo@${domain}`,
    password: "pass of romeo",
    endpoints: [{ host: HOST, port, tls: "direct" }],
    trust,
  });
  await client.connect();
  const upload = new HttpUpload(client, { domain, trust, host: HOST });
  const way = new UploadWay(() => upload);
  const [sender, receiver] = [await desk([way]), await desk([way])];
  try {
    const [going, gone] = [
      reached(sender.transfers, "transferring"),
      reached(sender.transfers, "done"),
    ];
    const begun = performance.now();
    await sender.transfers.send({ peer: PEER, from: path, name: "a", suite: "chacha20-poly1305" });
    const { at: sealed } = await going;
    const { at: sent, it: { descriptor } } = await gone;
    const come = reached(receiver.transfers, "done");
    const asked = performance.now();
    await receiver.transfers.receive(descriptor, { peer: PEER, sender: PEER, accept: true });
    const took: Took = {
      seal: sealed - begun,
      upload: sent - sealed,
      download: (await come).at - asked,
      peak: peak(),
    };
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(took)));
  } finally {
    await receiver.close();
    await sender.close();
    await client.close();
  }
}
