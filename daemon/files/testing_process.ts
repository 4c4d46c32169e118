/**
 * A process that a test kills: one person's transfers on a folder, over a way that reads another
 * file slowly. `deno run testing_process.ts FOLDER send PATH | receive DESCRIPTOR_XML | go`
 * @module
 */
import { sleep } from "../base/mod.ts";
import { LIMITS_AFTER_AUTH, parseElement, serialise } from "../xmpp/core/mod.ts";
import { readDescriptor, writeDescriptor } from "./descriptor.ts";
import { desk, reaches } from "./testing.ts";
import type { OutgoingFile, Source, WantedFile, Way } from "./ways.ts";

const [folder, verb, argument, ms = "1"] = Deno.args as [string, string, string, string?];

/** Copies to and from a path that the source names. */
class CopyingWay implements Way {
  readonly kind = "direct";
  usable(): boolean {
    return true;
  }
  async offer(file: OutgoingFile): Promise<Source> {
    const path = `${folder}/offered`;
    using copy = await Deno.open(path, { create: true, truncate: true, write: true });
    for await (const piece of file.read(0)) {
      for (let at = 0; at < piece.length;) at += await copy.write(piece.subarray(at));
    }
    return { kind: "direct", params: { path } };
  }
  withdraw(): void {}
  async fetch(
    source: Source,
    _file: WantedFile,
    offset: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    using file = await Deno.open(source.kind === "upload" ? source.url : source.params.path!);
    await file.seek(offset, Deno.SeekMode.Start);
    const piece = new Uint8Array(20_000);
    for (let got = await file.read(piece); got !== null; got = await file.read(piece)) {
      await sleep(Number(ms), signal);
      await sink(piece.subarray(0, got));
    }
  }
}

/** A line that the test waits for. */
function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const { transfers } = await desk([new CopyingWay()], {}, folder);
transfers.progress.on(({ bytes }) => say(`moved ${bytes}`));
transfers.changed.on(({ state, problem }) => say(`state ${state} ${problem?.code ?? ""}`));
const peer = "team@rooms.test";
if (verb === "send") {
  await transfers.send({ peer, from: argument, name: "a", suite: "chacha20-poly1305" });
} else if (verb === "receive") {
  const descriptor = readDescriptor(parseElement(argument, LIMITS_AFTER_AUTH));
  await transfers.receive(descriptor, { peer, sender: "alice@here.test", accept: true });
} else {
  transfers.start();
}
const { id } = transfers.list()[0]!;
const over = await reaches(transfers, id, "done", "offered", "failed");
say(`over ${serialise(writeDescriptor(over.descriptor))}`);
await transfers.close();
