import assert from "node:assert/strict";
import { join } from "node:path";
import { App } from "./gate.ts";
import { ArchiveChoice } from "./archive_choice.ts";

Deno.test("what the carried server keeps is read and chosen; what cannot be meant is refused", async () => {
  const root = await Deno.makeTempDir({ prefix: "simppd-archive-" });
  const alice = await App.open({ state: join(root, "alice"), callHosts: ["127.0.0.1"] });
  try {
    await assert.rejects(alice.archive(), { code: "not-online" });
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    const before = await alice.archive();
    assert.deepEqual([before.always, before.never], [[], []]);
    const wanted = {
      default: "roster" as const,
      always: ["Ben@example.org/desk", "ben@example.org"],
      never: ["eve@example.org"],
    };
    const set = { ...wanted, always: ["ben@example.org"] };
    assert.deepEqual(await alice.setArchive(wanted), set);
    assert.deepEqual(await alice.archive(), set);
    const both = { ...wanted, never: ["ben@example.org"] };
    await assert.rejects(alice.setArchive(both), { code: "bad-input" });
    await assert.rejects(alice.setArchive({ ...wanted, never: ["@"] }), { code: "bad-jid" });
    const many = Array.from({ length: 501 }, (_, i) => `p${i}@example.org`);
    await assert.rejects(alice.setArchive({ ...wanted, always: many }), { code: "bad-input" });
    assert.deepEqual(await alice.archive(), set);
  } finally {
    await alice.close();
    await Deno.remove(root, { recursive: true });
  }
  await assert.rejects(new ArchiveChoice().get(), { code: "not-online" });
});
