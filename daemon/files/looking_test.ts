import assert from "node:assert/strict";
import { concat } from "../base/mod.ts";
import { desk, MemoryWay, reaches, source } from "./testing.ts";

const HEADER = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/** What a PNG of this many pixels a side begins with. */
function picture(side: number): Uint8Array {
  const sides = new Uint8Array(8);
  for (const at of [0, 4]) new DataView(sides.buffer).setUint32(at, side);
  return concat(Uint8Array.from(HEADER, (letter) => letter.charCodeAt(0)), sides);
}

for (
  const [what, bytes, pixels] of [
    ["a picture is as large as it says itself", picture(22_000), { width: 22_000, height: 22_000 }],
    ["what is no picture has no size", new TextEncoder().encode("words"), null],
  ] as const
) {
  Deno.test(`${what}, whatever its sender says`, async () => {
    const way = new MemoryWay();
    const [alice, bob] = [await desk([way]), await desk([way])];
    try {
      const { id } = await alice.transfers.send({
        peer: "bob@here.test",
        from: source(bytes),
        name: "cat.png",
        suite: "chacha20-poly1305",
      });
      const { descriptor } = await reaches(alice.transfers, id, "done", "offered");
      const lie = { ...descriptor, width: 100, height: 100 };
      const from = { peer: "alice@here.test", sender: "alice@here.test", accept: true };
      const came = await bob.transfers.receive(lie, from);
      assert.deepEqual((await reaches(bob.transfers, came.id, "done")).pixels, pixels);
      assert.deepEqual(bob.transfers.get(came.id)!.pixels, pixels);
    } finally {
      await bob.close();
      await alice.close();
    }
  });
}
