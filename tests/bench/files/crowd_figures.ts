import {
  type FileDescriptor,
  FileFolder,
  isDescriptor,
  readDescriptor,
  type Transfer,
  Transfers,
  TransferStore,
  UploadWay,
  writeDescriptor,
} from "../../../daemon/files/mod.ts";
import { pattern, source } from "../../../daemon/files/testing.ts";
import { systemRandom } from "../../../daemon/crypto/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../../../daemon/store/mod.ts";
import { newId } from "../../../daemon/xmpp/core/mod.ts";
import { type InRoom, withPeopleInRoom } from "../../interop/people_in_room.ts";
import { atMost, type BenchLine, round } from "../bench.ts";

/** Counts the files that are begun: one for each sealing. */
class CountingFolder extends FileFolder {
  sealings = 0;
  override create(name: string): Promise<Deno.FsFile> {
    this.sealings++;
    return super.create(name);
  }
}

/**
 * A file for a group: what its sender does once, however many are in it, and how long it takes until
 * the last has all of it.
 */
export async function* crowdFigures(
  { members, bytes }: { members: number; bytes: number },
): AsyncGenerator<BenchLine> {
  const name = `${bytes / 1e6} MB to a group of ${members}, carried`;
  const lines: BenchLine[] = [];
  await withPeopleInRoom("carried", members + 1, async ([sender, ...others]) => {
    const { sealings, uploads, messages, seconds } = await toCrowd(sender!, others, bytes);
    const line = (metric: string, value: number, most: number): BenchLine => ({
      bench: "files",
      case: name,
      metric,
      value,
      unit: "",
      ...atMost(most, value),
    });
    lines.push(
      line("encryptions of the sender", sealings, 1),
      line("uploads of the sender", uploads, 1),
      line("messages of the sender", messages, 1),
      { bench: "files", case: name, metric: "time", value: round(seconds), unit: "s" },
    );
  });
  yield* lines;
}

async function toCrowd(sender: InRoom, others: readonly InRoom[], bytes: number) {
  const scratch = await Deno.makeTempDir({ prefix: "simppd-bench-" });
  const db = openDatabase(":memory:", MIGRATIONS);
  const folder = new CountingFolder(scratch);
  let [uploads, messages] = [0, 0];
  const off = sender.room.events.on((event) => {
    if (event.kind === "message" && event.message.own) messages++;
  });
  const { upload } = sender;
  const counting = new UploadWay(() => ({
    find: () => upload.find(),
    download: (...args) => upload.download(...args),
    upload(...args) {
      uploads++;
      return upload.upload(...args);
    },
  }));
  const transfers = new Transfers({
    store: new TransferStore(db, new Vault(systemRandom(32), systemRandom)),
    folder,
    ways: [counting],
    announce: ({ descriptor }: Transfer) => {
      sender.room.say([writeDescriptor(descriptor)], newId());
      return Promise.resolve();
    },
  });
  try {
    const fetched = others.map((member) => fetchOf(member));
    const began = performance.now();
    await transfers.send({
      peer: sender.room.jid.toString(),
      from: source(pattern(bytes), 1 << 16),
      name: "plan",
      suite: "chacha20-poly1305",
    });
    await Promise.all(fetched);
    const seconds = (performance.now() - began) / 1000;
    return { sealings: folder.sealings, uploads, messages, seconds };
  } finally {
    off();
    await transfers.close();
    db.close();
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Hears of the file, fetches it, and sees that it is that one. */
async function fetchOf({ room, upload }: InRoom): Promise<void> {
  const descriptor = await new Promise<FileDescriptor>((resolve) => {
    const off = room.events.on((event) => {
      if (event.kind !== "message") return;
      const element = event.message.stanza.getChildElements().find(isDescriptor);
      if (element === undefined) return;
      off();
      resolve(readDescriptor(element));
    });
  });
  const [place] = descriptor.sources;
  if (place?.kind !== "upload") throw new Error("the file lies nowhere");
  const parts: Uint8Array<ArrayBuffer>[] = [];
  await upload.download(place.url, descriptor.sealedSize, (part) => {
    parts.push(part.slice());
  });
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  if (new Uint8Array(hash).toHex() !== descriptor.hash.toHex()) throw new Error("another file");
}
