import assert from "node:assert/strict";
import { SimppdError, sleep } from "../base/mod.ts";
import type { FileDescriptor } from "./descriptor.ts";
import { sealedLength } from "./sealing.ts";
import { contentOf, type Desk, desk, MemoryWay, pattern, reaches, source } from "./testing.ts";
import type { FileLimits } from "./limits.ts";

const MALLORY = "mallory@x.test";
const BOB = "bob@x.test";
let count = 0;

/** A file of which there is nothing but these words. */
function promise(size: number, more: Partial<FileDescriptor> = {}): FileDescriptor {
  return {
    id: (++count).toString(16).padStart(32, "0"),
    name: "a.bin",
    type: "application/octet-stream",
    size,
    suite: "chacha20-poly1305",
    key: new Uint8Array(32),
    commitment: new Uint8Array(32),
    hash: new Uint8Array(32),
    sealedSize: sealedLength("chacha20-poly1305", size),
    sources: [{ kind: "upload", url: "https://x.test/nothing" }],
    display: false,
    ...more,
  };
}

async function withDesk(
  limits: Partial<FileLimits>,
  use: (alice: Desk, way: MemoryWay) => Promise<void>,
  times = { several: 30, one: 60 },
): Promise<void> {
  const way = new MemoryWay();
  const alice = await desk([way], limits, undefined, undefined, {
    times,
    pacePeriod: 100,
  });
  try {
    await use(alice, way);
  } finally {
    await alice.close();
  }
}

/** A way on which whatever comes from Mallory comes without end, a byte at a time. */
function trickling(way: MemoryWay): void {
  const fetch = way.fetch.bind(way);
  way.fetch = async (from, file, offset, sink, signal) => {
    if (file.from !== MALLORY) return await fetch(from, file, offset, sink, signal);
    for (let at = offset; at < file.sealedSize; at++) {
      await sleep(10, signal);
      signal.throwIfAborted();
      await sink(new Uint8Array(1));
    }
  };
}

const send = (desk: Desk, peer: string, bytes: Uint8Array) =>
  desk.transfers.send({ peer, from: source(bytes), name: "mine", suite: "chacha20-poly1305" });
const byItself = (sender: string, peer = sender) => ({ peer, sender, accept: true });

Deno.test("files that come by themselves keep to a share; one's own and what is here stay", () =>
  withDesk({ quota: 1_000_000 }, async (alice, way) => {
    const own = await send(alice, BOB, pattern(300_000));
    const { descriptor } = await reaches(alice.transfers, own.id, "done");
    way.fetch = (_source, _file, _offset, _sink, signal) => sleep(1e6, signal);
    let refused = 0;
    for (let i = 0; i < 60; i++) {
      await alice.transfers.receive(promise(10_000), byItself(MALLORY))
        .catch(({ code }) => refused += code === "quota-full" ? 1 : 0);
    }
    assert.equal(refused, 51, "a tenth");
    for (let i = 0; i < 60; i++) {
      await alice.transfers.receive(promise(10_000), byItself(`m${i}@x.test`, "room@x.test"))
        .catch(({ code }) => refused += code === "quota-full" ? 1 : 0);
    }
    assert.equal(refused, 51 + 60 - 40, "half, from all together");
    assert.ok(alice.store.counts.all.byItself <= 500_000);
    assert.equal((await contentOf(alice.transfers, own.id)).length, 300_000);
    assert.ok(descriptor.hash.length === 32);
    // There is room for what the person sends, and for what they ask for.
    const next = await send(alice, BOB, pattern(100_000));
    await reaches(alice.transfers, next.id, "done");
    const [offered] = alice.transfers.list().filter(({ state }) => state === "offered");
    assert.equal((await alice.transfers.command(offered!.id, "accept")).asked, true);
  }));

Deno.test("of what failed only the bytes that are here count, and nothing was asked for", () =>
  withDesk({ quota: 1_000_000 }, async (alice, way) => {
    const file = promise(50_000);
    way.fetch = async (_source, _file, offset, sink) => {
      if (offset === 0) await sink(new Uint8Array(1000));
      throw new SimppdError("stream-cut", "cut");
    };
    const { id } = await alice.transfers.receive(file, byItself(MALLORY));
    const failed = await reaches(alice.transfers, id, "failed");
    assert.equal(failed.held, 1000);
    assert.deepEqual(alice.store.counts.all, { bytes: 1000, missing: 0, byItself: 1000 });
    await alice.transfers.retryFailed();
    assert.equal((await reaches(alice.transfers, id, "failed")).asked, false);
    const waiting = await alice.transfers.command(id, "resume");
    assert.equal(waiting.asked, true);
    assert.equal(alice.store.counts.all.byItself, 0);
    await reaches(alice.transfers, id, "failed");
  }));

Deno.test("files that trickle in hold up nobody else's, in or out", () =>
  withDesk({}, async (alice, way) => {
    trickling(way);
    const bob = await desk([way]);
    try {
      for (let i = 0; i < 8; i++) {
        await alice.transfers.receive(promise(9_000_000), byItself(MALLORY));
      }
      const out = await send(alice, BOB, pattern(1000));
      await reaches(alice.transfers, out.id, "done");
      const { id } = await send(bob, "alice@x.test", pattern(1000));
      const { descriptor } = await reaches(bob.transfers, id, "done");
      const one = await alice.transfers.receive(descriptor, byItself(BOB));
      await reaches(alice.transfers, one.id, "done");
      const two = await alice.transfers.receive(descriptor, {
        ...byItself("c@x.test"),
        accept: false,
      });
      await alice.transfers.command(two.id, "accept");
      await reaches(alice.transfers, two.id, "done");
      // Those that trickle go on where they were.
      const held = alice.transfers.list({ peer: MALLORY }).map(({ held }) => held);
      assert.ok(held.some((bytes) => bytes > 0), `${held}`);
      assert.equal(alice.transfers.list({ peer: MALLORY }).some((one) => one.problem), false);
    } finally {
      await bob.close();
    }
  }));

Deno.test("offers without end push out nobody's files, nor the sender's own that are here", () =>
  withDesk({ remembered: 5, offers: 4 }, async (alice, way) => {
    const room = "room@x.test";
    const own = await send(alice, room, pattern(10));
    const { descriptor } = await reaches(alice.transfers, own.id, "done");
    const theirs = (sender: string) => alice.transfers.receive(descriptor, byItself(sender, room));
    const bobs = await theirs(BOB);
    const mallorys = await theirs(MALLORY);
    for (const { id } of [bobs, mallorys]) await reaches(alice.transfers, id, "done");
    let refused = 0;
    for (let i = 0; i < 40; i++) {
      const receiving = { peer: room, sender: MALLORY, accept: false };
      await alice.transfers.receive(promise(10), receiving).catch(() => refused++);
    }
    assert.equal(refused, 36);
    for (const { id } of [own, bobs, mallorys]) {
      assert.equal((await contentOf(alice.transfers, id)).length, 10);
    }
    assert.equal(way.offered.size, 1);
  }));

Deno.test("where a file that comes by itself lies is not changed without a yes", () =>
  withDesk({}, async (alice, way) => {
    const asked: string[] = [];
    way.fetch = (from) => {
      if (from.kind === "upload") asked.push(from.url);
      return Promise.reject(new SimppdError("stream-cut", "cut"));
    };
    const file = promise(10);
    const other = [{ kind: "upload", url: "https://tracker.test/alice" }] as const;
    const { id } = await alice.transfers.receive(file, byItself(MALLORY));
    await alice.transfers.receive({ ...file, sources: other }, {
      ...byItself(MALLORY),
      accept: false,
    });
    await reaches(alice.transfers, id, "failed");
    await alice.transfers.receive({ ...file, sources: other }, {
      ...byItself(MALLORY),
      accept: false,
    });
    await alice.transfers.retryFailed();
    await reaches(alice.transfers, id, "failed");
    assert.deepEqual([...new Set(asked)], ["https://x.test/nothing"]);
    // Where it might come from by itself, too, it may lie now.
    const moved = [{ kind: "upload", url: "https://x.test/moved" }] as const;
    await alice.transfers.receive({ ...file, sources: moved }, byItself(MALLORY));
    await alice.transfers.retryFailed();
    await reaches(alice.transfers, id, "failed");
    assert.ok(asked.includes("https://x.test/moved"));
    // A yes is to whatever is named then.
    await alice.transfers.command(id, "resume");
    await reaches(alice.transfers, id, "failed");
    await alice.transfers.receive({ ...file, sources: other }, {
      ...byItself(MALLORY),
      accept: false,
    });
    await reaches(alice.transfers, id, "failed");
    await alice.transfers.command(id, "resume");
    for (let i = 0; i < 100 && !asked.includes(other[0].url); i++) await sleep(10);
    assert.ok(asked.includes(other[0].url));
  }));

Deno.test("who is forgotten leaves nothing behind, not even what is being taken", () =>
  withDesk({}, async (alice) => {
    const receiving = { ...byItself(MALLORY), accept: false };
    const taken = [1, 2, 3].map(() => alice.transfers.receive(promise(10), receiving));
    await alice.transfers.forgetOf(MALLORY);
    await Promise.all(taken);
    assert.equal(alice.store.counts.of(MALLORY, MALLORY).transfers, 0);
  }));

Deno.test("a file that comes by itself too slowly is left; one that was asked for is not", () =>
  withDesk({ slowest: 1e6 }, async (alice, way) => {
    trickling(way);
    const { id } = await alice.transfers.receive(promise(100_000), byItself(MALLORY));
    const left = await reaches(alice.transfers, id, "failed");
    assert.equal(left.problem!.code, "too-slow");
    await alice.transfers.command(id, "resume");
    await sleep(200);
    assert.equal(alice.transfers.get(id)!.state, "transferring");
  }));

Deno.test("the disk's reserve is kept, however many files were promised, and whoever else writes", async () => {
  await withDesk({ diskReserve: 1_000_000 }, async (alice, way) => {
    let free = 5_000_000;
    alice.folder.free = () => Promise.resolve(free);
    way.fetch = (_source, _file, _offset, _sink, signal) => sleep(1e6, signal);
    let taken = 0;
    for (let i = 0; i < 20; i++) {
      await alice.transfers.receive(promise(500_000), byItself(`${i}@x.test`))
        .then(() => taken++, ({ code }) => assert.equal(code, "disk-full"));
    }
    assert.equal(taken, 7);
    free = 0;
  });
  await withDesk({ diskReserve: 1_000_000, slowest: 0 }, async (alice, way) => {
    let free = 100_000_000;
    alice.folder.free = () => Promise.resolve(free);
    way.fetch = async (_source, file, _offset, sink) => {
      for (let at = 0; at < file.sealedSize; at += 1 << 20) {
        await sink(new Uint8Array(Math.min(1 << 20, file.sealedSize - at)));
        free = Math.min(free, 900_000);
      }
    };
    const { id } = await alice.transfers.receive(promise(40_000_000), byItself(MALLORY));
    const failed = await reaches(alice.transfers, id, "failed");
    assert.equal(failed.problem!.code, "disk-full");
    assert.ok(failed.held <= 17 << 20);
  });
});
