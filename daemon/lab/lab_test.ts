import assert from "node:assert/strict";
import { SUITE_IDS } from "../crypto/mod.ts";
import { validateJpeg } from "../capture/mod.ts";
import { downgrade, replay, sniff, tamper } from "./mod.ts";

Deno.test("a recorded call in clear plays; under no suite does anything of it", async () => {
  const seen = new Map<string, Uint8Array>();
  const { ok, suites } = await sniff(0.5, (sealing, picture) => {
    seen.set(sealing, picture);
    return Promise.resolve();
  });
  assert.deepEqual(suites.map(({ suite }) => suite), ["none", ...SUITE_IDS]);
  assert.equal(ok, true);
  const [clear, ...sealed] = suites;
  assert.ok(clear!.pictures > 3 && clear!.jpegs > 3 && clear!.picture_bytes);
  assert.ok(clear!.camera_name && clear!.jid, "the lab would find names if they were there");
  assert.deepEqual(validateJpeg(seen.get("none")!), { width: 320, height: 240 });
  assert.deepEqual([...seen.keys()], ["none"]);
  for (const one of sealed) {
    assert.ok(one.frames > 3 && one.sent > 3, `${one.suite}: there was something to take`);
    assert.equal(one.pictures + one.jpegs, 0);
    assert.equal(one.picture_bytes || one.camera_name || one.jid, false);
  }
});

Deno.test("nothing recorded is taken a second time, in its call or a later one", async () => {
  const { ok, suites } = await replay();
  assert.equal(suites.length, SUITE_IDS.length);
  for (const { same_call, later_call, messages, pictures_again } of suites) {
    assert.ok(same_call.replayed > 20);
    assert.equal(same_call.repeats, same_call.replayed);
    assert.equal(later_call.strays, later_call.replayed);
    assert.ok(messages.replayed > 5);
    assert.equal(messages.shown_again + pictures_again, 0);
  }
  assert.equal(ok, true);
});

Deno.test("what was changed on the way is dropped, told and never shown", async () => {
  const { ok, suites } = await tamper();
  assert.equal(suites.length, SUITE_IDS.length);
  for (const { datagrams, messages } of suites) {
    assert.ok(datagrams.changed > 5 && datagrams.shown > 0);
    assert.equal(datagrams.strays, datagrams.changed);
    assert.equal(datagrams.false_pictures, 0);
    assert.equal(messages.refused, messages.changed);
    assert.match(messages.told, /could not be opened/);
  }
  assert.equal(ok, true);
});

Deno.test("every edited list of suites is refused, and somebody is told", async () => {
  const { ok, attempts } = await downgrade();
  assert.equal(ok, true);
  assert.deepEqual(attempts.map(({ alice, bob }) => [alice?.code ?? null, bob?.code ?? null]), [
    ["bad-bundle", null],
    ["bundle-old", null],
    [null, "downgrade"],
    [null, "open-failed"],
    ["no-path", "no-path"],
  ]);
});
