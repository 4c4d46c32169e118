import assert from "node:assert/strict";
import { encode } from "jpeg-js";
import { Emitter, SimppdError } from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import {
  FILE_LIMITS,
  type FileDescriptor,
  FileFolder,
  sealedLength,
  type Source,
  TransferStore,
  type Way,
  WAY_KINDS,
  writeDescriptor,
} from "../../files/mod.ts";
import { MIGRATIONS, openDatabase, Settings, Vault } from "../../store/mod.ts";
import type { Received } from "../../simpp/mod.ts";
import type { AppEvent, FileView } from "../../views/mod.ts";
import type { Element } from "../../xmpp/core/mod.ts";
import { FileAccess } from "./file_access.ts";
import type { FileLines } from "./file_lines.ts";
import { AppFiles } from "./files.ts";
import type { KeptLimits } from "./kept_limits.ts";
import type { AppFilesOptions } from "./surroundings.ts";

const OWN = "alice@here.test";
const MALLORY = "mallory@evil.test";
const STRANGER = "eve@evil.test";

/** Files of somebody who knows Mallory, with a way that is noted and cut at once. */
async function withFiles(
  use: (bed: {
    files: AppFiles;
    lines: Set<string>;
    removed: string[];
    asked: string[];
    seen(state: FileView["state"]): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "files-" });
  const db = openDatabase(`${root}/simppd.db`, MIGRATIONS);
  const vault = new Vault(systemRandom(32), systemRandom);
  const events = new Emitter<AppEvent>();
  const lines = new Set<string>();
  const asked: string[] = [];
  const way = {
    kind: "upload",
    usable: () => true,
    withdraw() {},
    fetch: (source: Source) => {
      if (source.kind === "upload") asked.push(source.url);
      return Promise.reject(new SimppdError("bad-url", "There is nothing."));
    },
  } as unknown as Way;
  const options = {
    store: new TransferStore(db, vault),
    folder: new FileFolder(`${root}/files`),
    ways: [way],
    people: {
      has: () => true,
      isStranger: (jid: string) => jid === STRANGER,
      isBlocked: () => false,
      stranger() {},
    },
    groups: { has: () => false },
    lines: {
      put: ({ id }: { id: string }) => void lines.add(id),
      remove: (id: string) => void lines.delete(id),
    } as unknown as FileLines,
    limits: {
      ofTransfers: { ...FILE_LIMITS, remembered: 5, diskReserve: 0 },
      of: () => 1000,
      forget() {},
    } as unknown as KeptLimits,
    access: new FileAccess(new Settings(db, vault)),
    events,
    own: () => OWN,
    host: () => undefined,
    suiteFor: () => "chacha20-poly1305",
    allowsSuite: () => true,
    showWaits() {},
    allowedWays: () => WAY_KINDS,
    hidesAddress: () => false,
    senders: { of: () => "first-use", isVerified: () => false },
    opensUpTo: () => 0,
    send: () => Promise.resolve(),
    show: () => Promise.resolve(),
    cleared() {},
  } as unknown as AppFilesOptions;
  const files = new AppFiles(options);
  const removed: string[] = [];
  events.on((event) => {
    if (event.type === "file-removed") removed.push(event.data.id);
  });
  const seen = (state: FileView["state"]) =>
    new Promise<void>((resolve) => {
      const stop = events.on((event) => {
        if (event.type !== "file" || event.data.state !== state) return;
        stop();
        resolve();
      });
    });
  try {
    await use({ files, lines, removed, asked, seen });
  } finally {
    await files.close();
    db.close();
    await Deno.remove(root, { recursive: true });
  }
}

/** What a contact's device said. */
const hears = (files: AppFiles, from: string, content: readonly Element[]) =>
  files.ear.receive({ from, device: "1".repeat(16), envelope: { to: OWN, content } } as Received);

let count = 0;
function described(more: Partial<FileDescriptor> = {}) {
  const size = more.size ?? 10;
  return writeDescriptor({
    id: (++count).toString(16).padStart(32, "0"),
    name: "a.bin",
    type: "application/octet-stream",
    size,
    suite: "chacha20-poly1305",
    key: new Uint8Array(32),
    commitment: new Uint8Array(32),
    hash: new Uint8Array(32),
    sealedSize: sealedLength("chacha20-poly1305", size),
    sources: [{ kind: "upload", url: "https://evil.test/file" }],
    display: false,
    ...more,
  });
}

Deno.test("an offer that is pushed out takes its line along, and is told of", () =>
  withFiles(async ({ files, lines, removed, seen }) => {
    for (let i = 0; i < 20; i++) {
      const offered = seen("offered");
      hears(files, MALLORY, [described({ size: 5000 })]);
      await offered;
    }
    assert.deepEqual([lines.size, removed.length], [5, 15]);
    assert.deepEqual(files.list(MALLORY, 100).map(({ id }) => id).sort(), [...lines].sort());
    await files.forgetOf(MALLORY);
    assert.deepEqual([lines.size, removed.length], [0, 20]);
  }));

Deno.test("a file that comes by itself cannot be made to come from anywhere", () =>
  withFiles(async ({ files, asked, seen }) => {
    const elsewhere: Source[] = [{ kind: "upload", url: "https://tracker.test/who" }];
    const id = "f".repeat(32);
    const failed = seen("failed");
    hears(files, MALLORY, [described({ id })]);
    hears(files, MALLORY, [described({ id, sources: elsewhere })]);
    await failed;
    const offered = seen("offered");
    hears(files, MALLORY, [described({ sources: elsewhere })]);
    await offered;
    assert.deepEqual(asked, ["https://evil.test/file"]);
  }));

Deno.test("a stranger's thumbnail is not decoded, a contact's is", () =>
  withFiles(async ({ files, seen }) => {
    const data = new Uint8Array(8 * 8 * 4) as never;
    const thumbnail = new Uint8Array(encode({ width: 8, height: 8, data }, 50).data);
    for (const from of [MALLORY, STRANGER]) {
      const offered = seen("offered");
      hears(files, from, [described({ size: 5000, thumbnail })]);
      await offered;
      assert.equal(files.list(from, 1)[0]!.thumbnail !== null, from === MALLORY);
    }
  }));
