/**
 * One device of a direct transfer in a process of its own, for tests and benches:
 * `testing_direct_peer.ts JID [tcp|udp]`. Lines of JSON come and go: whoever started it carries
 * the signals, says what is to be offered or fetched, and hears how it went.
 * @module
 */
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { stdin } from "node:process";
import { publicError, sleep } from "../base/mod.ts";
import { type StreamKind, UdpEndpoint } from "../p2p/mod.ts";
import { LIMITS_AFTER_AUTH, parseElement, serialise } from "../xmpp/core/mod.ts";
import { type DirectPeer, DirectWay } from "./way_direct.ts";
import type { OutgoingFile, Source } from "./ways.ts";

/** What the peer is told. */
export type ToPeer =
  | { type: "signal"; from: DirectPeer; xml: string }
  | { type: "offer"; id: string; peer: string; path: string }
  | { type: "fetch"; id: string; from: string; size: number; source: Source; path: string };

/** What it says. */
export type FromPeer =
  | { type: "signal"; to: DirectPeer; xml: string }
  | { type: "offered"; source: Source; size: number }
  | { type: "failed"; code: string; at: number }
  | { type: "fetched"; ms: number; rss: number; hash: string };

const READ = 256 * 1_024;
const ATTEMPTS = 100;

function say(value: FromPeer): void {
  const line = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  for (let at = 0; at < line.length;) at += Deno.stdout.writeSync(line.subarray(at));
}

function offered(id: string, peer: string, path: string): OutgoingFile {
  return {
    id,
    peer,
    sealedSize: Deno.statSync(path).size,
    hash: new Uint8Array(32),
    async *read(offset) {
      using file = await Deno.open(path);
      await file.seek(offset, Deno.SeekMode.Start);
      const buffer = new Uint8Array(READ);
      for (let count; (count = await file.read(buffer)) !== null;) yield buffer.subarray(0, count);
    },
  };
}

/** Fetches into a file from its length on, again and again until all of it is there. */
async function fetchInto(way: DirectWay, told: Extract<ToPeer, { type: "fetch" }>): Promise<void> {
  const { id, from, size, source, path } = told;
  const wanted = { id, peer: from, from, sealedSize: size, hash: new Uint8Array(32) };
  const never = new AbortController().signal;
  const begin = performance.now();
  for (let attempts = 0; attempts < ATTEMPTS; attempts++) {
    using file = await Deno.open(path, { create: true, append: true, read: true });
    let at = (await file.stat()).size;
    const hash = createHash("sha256");
    const buffer = new Uint8Array(READ);
    for (let count; (count = await file.read(buffer)) !== null;) {
      hash.update(buffer.subarray(0, count));
    }
    try {
      await way.fetch(
        source,
        wanted,
        at,
        async (bytes) => {
          hash.update(bytes);
          for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
          at += bytes.length;
        },
        never,
        () => {},
      );
      const { rss } = Deno.memoryUsage();
      return say({
        type: "fetched",
        ms: performance.now() - begin,
        rss,
        hash: hash.digest("hex"),
      });
    } catch (error) {
      say({ type: "failed", code: publicError(error).code, at });
      await sleep(100);
    }
  }
}

if (import.meta.main) {
  const [jid, kind] = Deno.args;
  const self = { jid: jid!, device: "only" };
  const way = new DirectWay({
    device: () => self.device,
    send: (to, content) => {
      say({ type: "signal", to, xml: serialise(content) });
      return Promise.resolve();
    },
    isThere: () => true,
    openEndpoint: () => UdpEndpoint.open({ hosts: ["127.0.0.1"] }),
    answerMs: 1_000,
    ...(kind === undefined ? {} : { kinds: [kind as StreamKind] }),
  });
  for await (const line of createInterface({ input: stdin })) {
    const told: ToPeer = JSON.parse(line);
    if (told.type === "signal") {
      way.receive(told.from, parseElement(told.xml, LIMITS_AFTER_AUTH));
    } else if (told.type === "offer") {
      const file = offered(told.id, told.peer, told.path);
      const source = await way.offer(file, new AbortController().signal, () => {});
      say({ type: "offered", source, size: file.sealedSize });
    } else {
      fetchInto(way, told);
    }
  }
  await way.close();
}
