import assert from "node:assert/strict";
import { sha256 } from "../crypto/mod.ts";
import { type Desk, desk, MemoryWay, pattern, reaches } from "./testing.ts";
import type { Sending } from "./sending.ts";
import type { Transfer } from "./transfer.ts";

const SIZE = 200_000;
const TO = { peer: "bob@here.test", name: "plan", suite: "chacha20-poly1305" } as const;

/** Gives some bytes, and then no more, as a browser that was closed does. */
function stalling(content: Uint8Array): Sending["from"] {
  const bytes = async function* () {
    yield content.subarray(0, 70_000);
    await new Promise<never>(() => {});
  };
  return { size: content.length, bytes: bytes() };
}

/** A desk that is sealing what stalls; `use` gets it, and what `send` gave. */
async function sealing(
  more: Partial<Sending>,
  content: Uint8Array,
  use: (alice: Desk, id: string, way: MemoryWay) => Promise<Desk | void>,
): Promise<void> {
  const way = new MemoryWay();
  let alice = await desk([way]);
  try {
    const moved = new Promise<void>((resolve) => alice.transfers.progress.on(() => resolve()));
    const sent = alice.transfers.send({ ...TO, from: stalling(content), ...more });
    await moved;
    const [{ id }] = alice.transfers.list() as [Transfer];
    alice = await use(alice, id, way) ?? alice;
    await sent;
  } finally {
    await alice.close();
  }
}

Deno.test("bytes that came once and were cut off before they were sealed are asked for again", () =>
  sealing({}, pattern(SIZE), async (alice, id) => {
    await assert.rejects(alice.transfers.command(id, "pause"), { code: "transfer-state" });
    const again = await alice.again();
    again.transfers.start();
    const failed = await reaches(again.transfers, id, "failed");
    assert.equal(failed.problem!.code, "source-cut");
    await assert.rejects(again.transfers.command(id, "resume"), {
      code: "transfer-state",
      message: /choose it again/,
    });
    assert.deepEqual([...Deno.readDirSync(`${again.path}/files`)], []);
    return again;
  }));

Deno.test("a source that says nothing any more keeps nobody from cancelling", () =>
  sealing({}, pattern(SIZE), async (alice, id) => {
    assert.equal((await alice.transfers.command(id, "cancel")).state, "cancelled");
    assert.deepEqual([...Deno.readDirSync(`${alice.path}/files`)], []);
  }));

Deno.test("a source that breaks is told of as such", async () => {
  const alice = await desk([new MemoryWay()]);
  try {
    const bytes = async function* () {
      yield pattern(1000);
      throw new TypeError("the connection was reset");
    };
    const { problem } = await alice.transfers.send({ ...TO, from: { size: 2000, bytes: bytes() } });
    assert.equal(problem!.code, "source-cut");
  } finally {
    await alice.close();
  }
});

for (const change of ["same", "touched", "longer", "gone"] as const) {
  Deno.test(`cut off while it was sealed, a file is read again where it lies: ${change}`, async () => {
    const path = await Deno.makeTempFile();
    const content = pattern(SIZE);
    await Deno.writeFile(path, content);
    await sealing({ again: path }, content, async (alice, id, way) => {
      const again = await alice.again();
      if (change === "touched") await Deno.utime(path, 5, 5);
      if (change === "longer") await Deno.writeFile(path, pattern(9), { append: true });
      if (change === "gone") await Deno.remove(path);
      again.transfers.start();
      const { problem } = await reaches(again.transfers, id, "done", "failed");
      if (change === "gone") {
        assert.equal(problem!.code, "source-gone");
        assert.match(problem!.message, /Put it back/);
        return again;
      }
      assert.equal(problem?.code, change === "same" ? undefined : "file-changed");
      if (change !== "same") return again;
      assert.equal(way.offered.size, 1);
      const opened = await again.transfers.open(id);
      assert.deepEqual(sha256(await opened.read(0, SIZE)), sha256(content));
      await opened.close();
      return again;
    });
    await Deno.remove(path).catch(() => {});
  });
}

Deno.test("a path with another length than the bytes is not kept for reading again", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, pattern(SIZE + 1));
  await sealing({ again: path }, pattern(SIZE), async (alice, id) => {
    assert.equal(alice.transfers.get(id)!.file, null);
    await alice.transfers.command(id, "cancel");
  });
  await Deno.remove(path);
});
