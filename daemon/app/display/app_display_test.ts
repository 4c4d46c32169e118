import assert from "node:assert/strict";
import { join } from "node:path";
import { utf8 } from "../../base/mod.ts";
import { App } from "../mod.ts";
import { png } from "./testing.ts";

async function until(condition: () => boolean) {
  for (let tries = 0; tries < 250 && !condition(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(condition());
}

Deno.test("a daemon shows a file, hands it to a viewer, and remembers that, sealed", async () => {
  const folder = await Deno.makeTempDir();
  const state = join(folder, "state");
  const command = join(folder, "viewer");
  const seen = join(folder, "seen");
  const script = `#!/bin/sh\ncp "$1" "${seen}.part" && mv "${seen}.part" "${seen}"\nsleep 60\n`;
  await Deno.writeTextFile(command, script, { mode: 0o755 });
  const stream = (text: string) => new Blob([utf8(text)]).stream();
  const there = () => [...Deno.readDirSync(folder)].some(({ name }) => name === "seen");
  const scratch = () => [...Deno.readDirSync(state)].filter(({ name }) => /^scratch/.test(name));
  try {
    const app = await App.open({ state, displayCommand: command });
    try {
      assert.equal(app.displays().command, command);
      await app.presentFile({ to: null, name: "agenda-at-nine.txt", bytes: stream("at nine") });
      await until(there);
      assert.equal(await Deno.readTextFile(seen), "at nine");
      const image = new Blob([png(2, 2)]).stream();
      const { id } = await app.presentFile({ to: null, name: "a.png", bytes: image });
      assert.equal((await app.displaySource(id)).size, png(2, 2).length);
      assert.throws(
        () =>
          app.setDisplayPolicy("nobody@x.example", { from: "all", maxBytes: 5, kinds: ["pdf"] }),
        { code: "unknown-contact" },
      );
      app.setDisplayPolicy(null, { from: "nobody", maxBytes: 5, kinds: ["pdf"] });
    } finally {
      await app.close();
    }
    assert.deepEqual(scratch(), []);
    for (const { name, isFile } of Deno.readDirSync(state)) {
      if (!isFile) continue;
      const text = new TextDecoder("latin1").decode(await Deno.readFile(join(state, name)));
      assert.ok(!text.includes("agenda-at-nine"), name);
    }
    const again = await App.open({ state });
    try {
      const { items, policy, command } = again.displays();
      assert.deepEqual(items.map(({ name, state }) => [name, state]), [
        ["a.png", "past"],
        ["agenda-at-nine.txt", "past"],
      ]);
      assert.deepEqual(policy, { from: "nobody", maxBytes: 5, kinds: ["pdf"] });
      assert.equal(command, null);
      assert.throws(() => again.showDisplay(items[0]!.id), { code: "display-gone" });
    } finally {
      await again.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
