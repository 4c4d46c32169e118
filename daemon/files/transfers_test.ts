import assert from "node:assert/strict";
import { concat, SimppdError } from "../base/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { encode } from "jpeg-js";
import { type FileDescriptor, writeDescriptor } from "./descriptor.ts";
import { contentOf, type Desk, desk, type Fault, MemoryWay } from "./testing.ts";
import { pattern, reaches, source } from "./testing.ts";
import type { Transfer, TransferProgress } from "./transfer.ts";
import type { Sending } from "./sending.ts";

const ROOM = "team@rooms.test";
const ALICE = "alice@here.test";
const FROM_ALICE = { peer: ROOM, sender: ALICE, accept: true };

function sending(content: Uint8Array, more: Partial<Sending> = {}): Sending {
  return {
    peer: ROOM,
    from: source(content),
    name: "plan.bin",
    suite: "chacha20-poly1305",
    ...more,
  };
}

/** Two desks with a way between them; alice's file is offered, bob gets its descriptor. */
async function between(
  content: Uint8Array,
  use: (
    it: { alice: Desk; bob: Desk; way: MemoryWay; descriptor: FileDescriptor },
  ) => Promise<void>,
  way = new MemoryWay(),
): Promise<void> {
  const [alice, bob] = [await desk([way]), await desk([way])];
  try {
    const { id } = await alice.transfers.send(sending(content));
    const { descriptor } = await reaches(alice.transfers, id, "done", "offered");
    await use({ alice, bob, way, descriptor });
  } finally {
    await bob.close();
    await alice.close();
  }
}

Deno.test("a file goes from one to another, and is what it was", async () => {
  const content = concat(new TextEncoder().encode("%PDF-1.7\n"), pattern(300_000));
  await between(content, async ({ alice, bob, descriptor }) => {
    assert.deepEqual(alice.announced.map((told) => told.descriptor), [descriptor]);
    assert.equal(descriptor.type, "application/pdf");
    const seen: TransferProgress[] = [];
    bob.transfers.progress.on((progress) => void seen.push(progress));
    const { id } = await bob.transfers.receive(descriptor, FROM_ALICE);
    const done = await reaches(bob.transfers, id, "done");
    assert.equal(done.type, "application/pdf");
    assert.deepEqual(sha256(await contentOf(bob.transfers, id)), sha256(content));
    assert.equal(seen.at(-1)!.bytes, descriptor.sealedSize);
    // Nothing of it lies open on the disk.
    const lying = await Deno.readFile(bob.folder.file(id));
    assert.ok(!new TextDecoder("latin1").decode(lying).includes("%PDF"));
  });
});

Deno.test("an empty file is a file", async () => {
  await between(new Uint8Array(), async ({ bob, descriptor }) => {
    const { id } = await bob.transfers.receive(descriptor, FROM_ALICE);
    await reaches(bob.transfers, id, "done");
    assert.equal((await contentOf(bob.transfers, id)).length, 0);
  });
});

Deno.test("cut at twenty random points it goes on where it was", async () => {
  const content = pattern(700_000);
  await between(content, async ({ bob, way, descriptor }) => {
    const cuts = Array.from({ length: 20 }, () => Math.floor(Math.random() * descriptor.sealedSize))
      .toSorted((a, b) => a - b);
    way.piece = 7_001;
    let left = [...cuts];
    way.fault = (piece, at) => {
      const [cut = Infinity] = left;
      if (at + piece.length <= cut) return piece;
      left = left.slice(1);
      throw new SimppdError("transfer-failed", "cut");
    };
    const { id } = await bob.transfers.receive(descriptor, FROM_ALICE);
    await reaches(bob.transfers, id, "done");
    assert.equal(left.length, 0);
    assert.equal(way.begun.length, 21);
    assert.deepEqual(way.begun, way.begun.toSorted((a, b) => a - b));
    assert.deepEqual(sha256(await contentOf(bob.transfers, id)), sha256(content));
  });
});

Deno.test("a sealed file that was flipped, swapped, doubled or dropped on the way is thrown away", async () => {
  const content = pattern(200_000);
  await between(content, async ({ bob, way, descriptor }) => {
    way.piece = 65_552;
    const held: Uint8Array[] = [];
    const faults: Record<string, Fault> = {
      flipped: (piece, at) => at === 0 ? piece : piece.map((byte, i) => i === 9 ? byte ^ 1 : byte),
      doubled: (piece, at) => at === 65_552 ? held[0]! : (held.push(piece), piece),
      swapped: (piece, at) => at === 0 ? piece : piece.toReversed(),
      dropped: (piece, at) => at === 65_552 ? piece.subarray(0, 0) : piece,
    };
    for (const [name, fault] of Object.entries(faults)) {
      way.fault = fault;
      const again = await bob.transfers.receive(descriptor, { ...FROM_ALICE, sender: name });
      const failed = await reaches(bob.transfers, again.id, "failed");
      assert.equal(failed.problem!.code, "file-damaged", name);
      assert.equal(await bob.folder.size(`${again.id}.part`), 0);
      way.fault = (piece) => piece;
      await bob.transfers.command(again.id, "resume");
      await reaches(bob.transfers, again.id, "done");
    }
  });
});

Deno.test("more than was declared ends it at once", async () => {
  await between(pattern(100_000), async ({ bob, way, descriptor }) => {
    way.more = new Uint8Array(1);
    const { id } = await bob.transfers.receive(descriptor, FROM_ALICE);
    const failed = await reaches(bob.transfers, id, "failed");
    assert.equal(failed.problem!.code, "too-much");
    assert.ok(await bob.folder.size(`${id}.part`) <= descriptor.sealedSize);
    assert.equal(way.begun.length, 1);
  });
});

Deno.test("a sender who vouches for bytes that do not open is told so", async () => {
  await between(pattern(100), async ({ bob, descriptor }) => {
    const other = { ...descriptor, key: pattern(32, 99) };
    const { id } = await bob.transfers.receive(other, FROM_ALICE);
    assert.equal((await reaches(bob.transfers, id, "failed")).problem!.code, "file-damaged");
    assert.equal(await bob.folder.size(id), 0);
  });
});

Deno.test("of several sources a bad one is found out, and the good one serves", async () => {
  const content = pattern(300_000);
  const [good, bad] = [new MemoryWay("upload"), new MemoryWay("direct")];
  bad.fault = (piece, at) => {
    if (at > 100_000) throw new SimppdError("transfer-failed", "cut");
    return piece.map((byte) => byte ^ 1);
  };
  const [alice, bob] = [await desk([good, bad]), await desk([good, bad])];
  try {
    const { id } = await alice.transfers.send(sending(content));
    const { descriptor } = await reaches(alice.transfers, id, "done");
    assert.deepEqual(descriptor.sources.map(({ kind }) => kind), ["direct", "upload"]);
    // The good source is cut once, so that both gave a part of it.
    let cut = false;
    good.fault = (piece, at) => {
      if (cut || at < 150_000) return piece;
      cut = true;
      throw new SimppdError("transfer-failed", "cut");
    };
    bad.fault = (piece, at) => {
      if (at > 100_000) throw new SimppdError("download-refused", "gone");
      return piece.map((byte) => byte ^ 1);
    };
    const got = await bob.transfers.receive(descriptor, FROM_ALICE);
    await reaches(bob.transfers, got.id, "done");
    assert.deepEqual(sha256(await contentOf(bob.transfers, got.id)), sha256(content));
  } finally {
    await bob.close();
    await alice.close();
  }
});

Deno.test("pause, resume, cancel, decline and forget do what they say", async () => {
  await between(pattern(2_000_000), async ({ bob, way, descriptor }) => {
    way.pause = 2;
    way.piece = 40_000;
    const { transfers, folder, store } = bob;
    const receiving = { ...FROM_ALICE, accept: false };
    const { id, state } = await transfers.receive(descriptor, receiving);
    assert.equal(state, "offered");
    assert.equal(store.counts.all.bytes, 0);
    await assert.rejects(transfers.command(id, "resume"), { code: "transfer-state" });
    await transfers.command(id, "accept");
    assert.equal(store.counts.all.bytes, descriptor.sealedSize);
    await new Promise<void>((resolve) => transfers.progress.on(() => resolve()));
    assert.equal((await transfers.command(id, "pause")).state, "paused");
    const part = await folder.size(`${id}.part`);
    assert.ok(part > 0 && part < descriptor.sealedSize);
    assert.equal(transfers.progressOf(id), undefined);
    way.pause = 0;
    await transfers.command(id, "resume");
    await reaches(transfers, id, "done");
    assert.equal(way.begun.at(-1), part);
    await assert.rejects(transfers.command(id, "cancel"), { code: "transfer-state" });

    way.pause = 2;
    const other = await transfers.receive(descriptor, { ...FROM_ALICE, sender: "bea@x.test" });
    await reaches(transfers, other.id, "transferring");
    assert.equal((await transfers.command(other.id, "cancel")).state, "cancelled");
    assert.equal(await folder.size(`${other.id}.part`), 0);
    const third = await transfers.receive(descriptor, { ...receiving, sender: "cy@x.test" });
    assert.equal((await transfers.command(third.id, "decline")).state, "declined");
    await assert.rejects(transfers.open(third.id), { code: "file-not-here" });
    assert.equal(store.counts.all.bytes, descriptor.sealedSize);

    const gone: string[] = [];
    transfers.removed.on(({ id }) => void gone.push(id));
    await transfers.forgetOf(ROOM);
    assert.equal(gone.length, 3);
    assert.equal(store.counts.all.bytes, 0);
    assert.deepEqual([...Deno.readDirSync(`${bob.path}/files`)], []);
    await assert.rejects(transfers.command(id, "resume"), { code: "no-transfer" });
  });
});

Deno.test("after an end in the middle both sides go on where they were", async () => {
  const way = new MemoryWay();
  const path = await Deno.makeTempFile();
  const content = pattern(3_000_000);
  await Deno.writeFile(path, content);
  let [alice, bob] = [await desk([way]), await desk([way])];
  try {
    way.pause = 3;
    const { id } = await alice.transfers.send(sending(content, { from: path }));
    await reaches(alice.transfers, id, "transferring");
    alice = await alice.again();
    way.pause = 0;
    alice.transfers.start();
    const { descriptor } = await reaches(alice.transfers, id, "done");
    assert.equal(alice.announced.length, 1);

    way.pause = 3;
    const got = await bob.transfers.receive(descriptor, FROM_ALICE);
    await new Promise<void>((resolve) => bob.transfers.progress.on(() => resolve()));
    bob = await bob.again();
    const part = await bob.folder.size(`${got.id}.part`);
    assert.ok(part > 0 && part < descriptor.sealedSize);
    way.pause = 0;
    bob.transfers.start();
    await reaches(bob.transfers, got.id, "done");
    assert.equal(way.begun.at(-1), part);
    assert.deepEqual(sha256(await contentOf(bob.transfers, got.id)), sha256(content));
  } finally {
    await bob.close();
    await alice.close();
    await Deno.remove(path);
  }
});

Deno.test("a file that changes while it is sent is not sent, and its sender is told", async () => {
  const way = new MemoryWay();
  const alice = await desk([way]);
  const path = await Deno.makeTempFile();
  try {
    for (const change of ["longer", "shorter", "touched", "gone"]) {
      await Deno.writeFile(path, pattern(3_000_000));
      const stop = alice.transfers.progress.on(() => {
        stop();
        if (change === "longer") Deno.writeFileSync(path, pattern(9), { append: true });
        if (change === "shorter") Deno.truncateSync(path, 5);
        if (change === "touched") Deno.utimeSync(path, 5, 5);
      });
      const going = alice.transfers.send(sending(pattern(1), { from: path }));
      if (change === "gone") await Deno.remove(path);
      const { id } = await going.catch((error) => ({ id: error.code as string }));
      if (change === "gone" && id === "source-gone") continue;
      const failed = await reaches(alice.transfers, id, "failed", "done");
      const expected = change === "gone" ? "source-gone" : "file-changed";
      assert.equal(failed.problem?.code, expected, change);
    }
    assert.deepEqual(way.offered.size, 0);
    // What was sealed of it is gone, and takes no room.
    assert.deepEqual([...Deno.readDirSync(`${alice.path}/files`)], []);
    assert.equal(alice.store.counts.all.bytes, 0);
    await assert.rejects(alice.transfers.send(sending(pattern(1), { from: alice.path })), {
      code: "not-a-file",
    });
  } finally {
    await alice.close();
  }
});

Deno.test("what is too large, or has no room, is refused before a byte moves", async () => {
  const way = new MemoryWay();
  const limits = { quota: 251_000, fileBytes: 200_000, shareOfSender: 1, shareOfAll: 1 };
  const [alice, bob] = [await desk([way]), await desk([way], limits)];
  try {
    const offers: FileDescriptor[] = [];
    for (const size of [100_000, 120_000, 130_000, 200_001]) {
      const { id } = await alice.transfers.send(sending(pattern(size)));
      offers.push((await reaches(alice.transfers, id, "done")).descriptor);
    }
    const [first, second, third, huge] = offers as [FileDescriptor] & FileDescriptor[];
    const get = (descriptor: FileDescriptor) => bob.transfers.receive(descriptor, FROM_ALICE);
    await assert.rejects(get(huge!), { code: "file-too-large" });
    const one = await get(first);
    await reaches(bob.transfers, one.id, "done");
    await reaches(bob.transfers, (await get(second!)).id, "done");
    await assert.rejects(get(third!), { code: "quota-full" });
    assert.equal(bob.transfers.list().length, 4);
    await bob.transfers.forget(one.id);
    await bob.transfers.command((await get(third!)).id, "accept");
  } finally {
    await bob.close();
    await alice.close();
  }
});

Deno.test("files that come at one time do not take the same room", async () => {
  await between(pattern(100_000), async ({ descriptor }) => {
    const limits = { quota: 250_000, shareOfSender: 1, shareOfAll: 1 };
    const small = await desk([new MemoryWay()], limits);
    try {
      const receive = (sender: string) =>
        small.transfers.receive(descriptor, { peer: ROOM, sender, accept: true });
      const all = await Promise.allSettled(["a", "b", "c", "d"].map(receive));
      assert.equal(all.filter(({ status }) => status === "fulfilled").length, 2);
      assert.ok(small.store.counts.all.bytes <= 250_000);
    } finally {
      await small.close();
    }
  });
});

Deno.test("where the quota is full, one's own copies that went out make room", async () => {
  const way = new MemoryWay();
  const alice = await desk([way], { quota: 250_000 });
  try {
    const sent: Transfer[] = [];
    for (let i = 0; i < 4; i++) {
      const { id } = await alice.transfers.send(sending(pattern(100_000)));
      sent.push(await reaches(alice.transfers, id, "done"));
    }
    assert.deepEqual(sent.map(({ id }) => alice.transfers.get(id)!.kept), [
      false,
      false,
      true,
      true,
    ]);
    await assert.rejects(alice.transfers.open(sent[0]!.id), { code: "file-not-here" });
    assert.equal((await contentOf(alice.transfers, sent[3]!.id)).length, 100_000);
  } finally {
    await alice.close();
  }
});

const noFull = Deno.build.os !== "linux";

Deno.test(
  "a full disk stops a transfer, which goes on when there is room",
  { ignore: noFull },
  async () => {
    await between(pattern(500_000), async ({ bob, descriptor }) => {
      const { id } = await bob.transfers.receive(descriptor, { ...FROM_ALICE, accept: false });
      // What is written there finds the disk full (full(4)).
      await Deno.symlink("/dev/full", bob.folder.file(`${id}.part`));
      await bob.transfers.command(id, "accept");
      const failed = await reaches(bob.transfers, id, "failed");
      assert.equal(failed.problem!.code, "disk-full");
      await Deno.remove(bob.folder.file(`${id}.part`));
      await bob.transfers.command(id, "resume");
      await reaches(bob.transfers, id, "done");

      const full = await desk([new MemoryWay()], { diskReserve: 2 ** 60 });
      await assert.rejects(full.transfers.send(sending(pattern(5))), { code: "disk-full" });
      await full.close();
    });
  },
);

Deno.test("ten thousand small files come, four at a time", async () => {
  const way = new MemoryWay();
  // In memory where there is such a place: a disk would be waited for ten thousand times.
  const [memory] = ["/dev/shm", undefined].filter((path) => path === undefined || there(path));
  const alice = await desk([way]);
  const path = await Deno.makeTempDir({ ...(memory && { dir: memory }), prefix: "files-" });
  const bob = await desk([way], {}, path);
  try {
    const { id } = await alice.transfers.send(sending(pattern(10)));
    const { descriptor } = await reaches(alice.transfers, id, "done");
    const file = way.offered.get(descriptor.id)!;
    let done = 0;
    const over = new Promise<void>((resolve) =>
      bob.transfers.changed.on(({ state }) => state === "done" && ++done === 10_000 && resolve())
    );
    for (let i = 0; i < 10_000; i++) {
      const name = i.toString(16).padStart(32, "0");
      way.offered.set(name, file);
      await bob.transfers.receive({ ...descriptor, id: name }, FROM_ALICE);
    }
    await over;
    assert.ok(way.most <= 4, `${way.most} at once`);
    const first = bob.transfers.list({ limit: 60 });
    const next = bob.transfers.list({ limit: 60, before: first.at(-1)! });
    assert.equal(new Set([...first, ...next].map((one) => one.id)).size, 120);
    assert.equal((await contentOf(bob.transfers, first[0]!.id)).length, 10);
  } finally {
    await bob.close();
    await alice.close();
  }
});

function there(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

Deno.test("two senders of one id and name are two files; one sender's same id is one", async () => {
  await between(pattern(1000), async ({ bob, descriptor }) => {
    const one = await bob.transfers.receive(descriptor, FROM_ALICE);
    const two = await bob.transfers.receive(descriptor, { ...FROM_ALICE, sender: "eve@x.test" });
    assert.notEqual(one.id, two.id);
    await reaches(bob.transfers, one.id, "done");
    assert.equal((await bob.transfers.receive(descriptor, FROM_ALICE)).id, one.id);
    const other = { ...descriptor, hash: new Uint8Array(32) };
    await assert.rejects(bob.transfers.receive(other, FROM_ALICE), { code: "bad-descriptor" });
  });
});

Deno.test("more offers than are remembered are refused, or replace empty ones of their sender", async () => {
  const way = new MemoryWay();
  const [alice, bob] = [await desk([way]), await desk([way], { offers: 2, remembered: 3 })];
  try {
    const { id } = await alice.transfers.send(sending(pattern(10)));
    const { descriptor } = await reaches(alice.transfers, id, "done");
    const offer = (name: string, accept = false, sender = "mallory@x.test") => {
      const file = { ...descriptor, id: name.repeat(32) };
      way.offered.set(file.id, way.offered.get(descriptor.id)!);
      return bob.transfers.receive(file, { peer: ROOM, sender, accept });
    };
    const gone: string[] = [];
    bob.transfers.removed.on(({ descriptor: { id } }) => void gone.push(id[0]!));
    const others = await offer("a", true, ALICE);
    await reaches(bob.transfers, others.id, "done");
    await offer("a");
    const b = await offer("b");
    await assert.rejects(offer("c"), { code: "too-many-offers" });
    await offer("c", false, ALICE);
    await bob.transfers.command(b.id, "decline");
    await offer("c");
    await bob.transfers.command((await offer("b")).id, "accept");
    await reaches(bob.transfers, b.id, "done");
    // As many as are remembered: the oldest of which nothing is here goes, and of nobody else.
    await reaches(bob.transfers, (await offer("d", true)).id, "done");
    await reaches(bob.transfers, (await offer("e", true)).id, "done");
    assert.deepEqual(gone.sort(), ["a", "c"]);
    await assert.rejects(offer("f"), { code: "too-many-offers" });
    assert.equal((await contentOf(bob.transfers, others.id)).length, 10);
    assert.equal((await contentOf(bob.transfers, b.id)).length, 10);
    assert.deepEqual(bob.transfers.list().length, 5);
  } finally {
    await bob.close();
    await alice.close();
  }
});

Deno.test("a key that comes later opens what came before", async () => {
  const content = new TextEncoder().encode("words");
  await between(content, async ({ bob, descriptor }) => {
    const { key, ...without } = descriptor;
    const { id } = await bob.transfers.receive(without, FROM_ALICE);
    const done = await reaches(bob.transfers, id, "done");
    assert.equal(done.type, null);
    await assert.rejects(bob.transfers.open(id), { code: "file-not-here" });
    const wrong = bob.transfers.giveKey(id, pattern(32, 5));
    await assert.rejects(wrong, { code: "file-damaged" });
    const keyed = await bob.transfers.giveKey(id, key!);
    assert.equal(keyed.type, "text/plain");
    assert.deepEqual(await contentOf(bob.transfers, id), content);
  });
});

Deno.test("a file is served until it is finished, and again after an end", async () => {
  const way = new MemoryWay("direct");
  let alice = await desk([way]);
  try {
    const { id } = await alice.transfers.send(sending(pattern(100)));
    const { descriptor } = await reaches(alice.transfers, id, "offered");
    assert.deepEqual(way.withdrawn, []);
    alice = await alice.again();
    assert.deepEqual(way.withdrawn, [descriptor.id]);
    alice.transfers.start();
    await alice.transfers.command(id, "pause").catch(() => {});
    await alice.transfers.command(id, "resume");
    await reaches(alice.transfers, id, "offered");
    assert.ok(way.offered.has(descriptor.id));
    assert.equal(alice.announced.length, 0);
    assert.equal((await alice.transfers.finish(id)).state, "done");
    assert.equal(way.offered.size, 0);
  } finally {
    await alice.close();
  }
});

Deno.test("a thumbnail and the size of a picture go with it; a file that vanished is not here", async () => {
  const way = new MemoryWay();
  const alice = await desk([way]);
  const path = await Deno.makeTempFile();
  try {
    const data = new Uint8Array(400 * 300 * 4).fill(200);
    const jpeg = new Uint8Array(encode({ width: 400, height: 300, data: data as never }, 80).data);
    await Deno.writeFile(path, jpeg);
    const { id } = await alice.transfers.send(sending(jpeg, { from: path, name: "a.jpg" }));
    const { descriptor, type } = await reaches(alice.transfers, id, "done");
    assert.deepEqual([type, descriptor.width, descriptor.height], ["image/jpeg", 400, 300]);
    assert.ok(descriptor.thumbnail!.length > 100);
    writeDescriptor(descriptor);
    const hostile = new Uint8Array(9000);
    const other = await alice.transfers.send(sending(jpeg, { thumbnail: hostile }));
    assert.equal(other.descriptor.thumbnail, undefined);
    await Deno.remove(alice.folder.file(id));
    await assert.rejects(alice.transfers.open(id), { code: "file-not-here" });
  } finally {
    await alice.close();
    await Deno.remove(path);
  }
});

Deno.test("a place that nobody can be told of fails the way, not the file", async () => {
  const [upload, ibb] = [new MemoryWay("upload"), new MemoryWay("ibb")];
  upload.offer = () =>
    Promise.resolve({ kind: "upload", url: `https://upload.test/${"x".repeat(2048)}` });
  const alice = await desk([upload, ibb]);
  try {
    const alone = await alice.transfers.send(sending(pattern(10), { ways: ["upload"] }));
    const failed = await reaches(alice.transfers, alone.id, "failed");
    assert.equal(failed.problem!.code, "bad-upload-slot");
    const both = await alice.transfers.send(sending(pattern(10), { ways: ["upload", "ibb"] }));
    const { descriptor } = await reaches(alice.transfers, both.id, "offered");
    writeDescriptor(descriptor);
    assert.deepEqual(descriptor.sources.map(({ kind }) => kind), ["ibb"]);
  } finally {
    await alice.close();
  }
});

Deno.test("a way that fails is passed over; with none left the reason is told, and it goes on later", async () => {
  const [direct, upload] = [new MemoryWay("direct"), new MemoryWay("upload")];
  direct.isUsable = false;
  upload.refusal = new SimppdError("offline", "There is no connection.");
  let told = new SimppdError("offline", "not yet") as SimppdError | undefined;
  const announce = () => told === undefined ? Promise.resolve() : Promise.reject(told);
  const alice = await desk([direct, upload], {}, undefined, announce);
  try {
    const { id } = await alice.transfers.send(sending(pattern(100)));
    assert.equal((await reaches(alice.transfers, id, "failed")).problem!.code, "offline");
    upload.refusal = undefined;
    await alice.transfers.retryFailed();
    const failed = await reaches(alice.transfers, id, "failed");
    assert.deepEqual(failed.descriptor.sources.map(({ kind }) => kind), ["upload"]);
    told = undefined;
    upload.offered.clear();
    await alice.transfers.retryFailed();
    await reaches(alice.transfers, id, "done");
    // It was not uploaded a second time.
    assert.equal(upload.offered.size, 0);
    assert.equal(alice.announced.length, 1);
    const only = await alice.transfers.send(sending(pattern(1), { ways: ["ibb"] }));
    assert.equal((await reaches(alice.transfers, only.id, "failed")).problem!.code, "no-way");
  } finally {
    await alice.close();
  }
});

Deno.test("a file that no upload takes goes within messages; one that was taken does not", async () => {
  const [upload, inBand] = [new MemoryWay("upload"), new MemoryWay("ibb")];
  const alice = await desk([upload, inBand]);
  const kinds = async () => {
    const { id } = await alice.transfers.send(sending(pattern(100)));
    const { descriptor } = await reaches(alice.transfers, id, "done", "offered");
    return descriptor.sources.map(({ kind }) => kind);
  };
  try {
    assert.deepEqual(await kinds(), ["upload"]);
    upload.refusal = new SimppdError("upload-refused", "There is no room.");
    assert.deepEqual(await kinds(), ["ibb"]);
  } finally {
    await alice.close();
  }
});
