import assert from "node:assert/strict";
import { content } from "../daemon/app/files/testing.ts";
import { sendMany } from "./bench/files/many_figures.ts";

/** As many as are sent in the time a test may take; `deno task bench files` sends ten thousand. */
const FILES = 1_200;

Deno.test("small files, more than a server's usual bound, go from daemon to daemon, page by page", async () => {
  await sendMany(FILES, async (bob, { files, memory }) => {
    assert.equal(files.length, FILES);
    assert.deepEqual(new Set(files.map(({ state }) => state)), new Set(["done"]));
    const names = files.map(({ name }) => Number(name)).toSorted((a, b) => a - b);
    assert.deepEqual(names, Array.from({ length: FILES }, (_, at) => at));
    // A file is done when its hash was right; what is given out is looked at for some.
    for (const { id, name, size } of files.filter((_, at) => at % 40 === 0)) {
      const bytes = await (await bob.fetch(`/api/files/${id}/bytes`)).bytes();
      assert.deepEqual(bytes, content(size, Number(name)));
    }
    for (const { early, late } of memory) assert.ok(late - early < 200, `${early} to ${late} MB`);
  });
});
