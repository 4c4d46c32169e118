import assert from "node:assert/strict";
import { type Bytes, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { encodeRekey, encodeStatement } from "./announcements.ts";
import { isListedAddress } from "./admission.ts";
import { keyServerRecords, restoreKeyServer } from "./key_server_backup.ts";
import { encodeRequest } from "./requests.ts";
import { specificationOf } from "./testing_key_server.ts";
import { settled, TestGroup, type TestPerson } from "./testing_group.ts";

/** The key server's newest statement, as it stands in the room. */
function statementOf({ server, specification: { group } }: TestGroup): Bytes {
  return encodeStatement(group, server.group(group)!.state.statement!.encoded);
}

function told({ events }: TestPerson, kind: string, from = 0): string[] {
  return events.slice(from).flatMap((event) =>
    event.type === "incident" && event.kind === kind ? [event.sentence] : []
  );
}

/** Puts the key server back from a backup of just now. */
async function restore(stage: TestGroup): Promise<void> {
  const records = [...keyServerRecords(stage.store, {}, systemRandom)];
  await stage.replaceServer(async (store) => {
    await restoreKeyServer(store, ReadableStream.from(records), systemRandom);
  });
}

Deno.test("statements of an incarnation that was before one came keep nobody from sending", async () => {
  const stage = new TestGroup();
  const bob = stage.person("bob@example.org");
  for (const each of [stage.anna, bob]) await each.join();
  const old = statementOf(stage);
  await restore(stage);
  await stage.clock.pass(10_000);
  const dave = stage.person("dave@example.org");
  await dave.join();
  await stage.clock.pass(10_000);
  for (let second = 0; second < 120; second++) {
    if (second % 5 === 0) dave.hear(old, "room/bob", `o${second}`);
    await stage.clock.pass(1_000);
    dave.group.seal(new Uint8Array(1));
    assert.equal(dave.group.phase, "in");
  }
  assert.ok(dave.refused.includes("rolled-back"), "it is known for what it is");
  // A key server that is restored in truth is followed all the same.
  const { incarnation } = dave.group.epoch!;
  await stage.clock.pass(130_000);
  await restore(stage);
  dave.hear(statementOf(stage), "room/keys", "new");
  await stage.clock.pass(2_000);
  assert.notEqual(dave.group.epoch!.incarnation, incarnation);
  assert.equal(told(dave, "restored").length, 1);
  await stage.close();
});

Deno.test("a room that keeps the key server's word back is told of each time it does", async () => {
  const stage = new TestGroup();
  const bob = stage.person("bob@example.org");
  for (const each of [stage.anna, bob]) await each.join();
  bob.enter();
  for (let round = 1; round <= 3; round++) {
    await stage.clock.pass(900_000);
    assert.equal(told(bob, "room-silent").length, round);
    bob.hear(statementOf(stage), "room/keys", `s${round}`);
    await stage.clock.pass(5_000);
  }
  await stage.close();
});

Deno.test("what anybody can say in the room is no sign of the key server", async () => {
  const stage = new TestGroup();
  const bob = stage.person("bob@example.org");
  for (const each of [stage.anna, bob]) await each.join();
  bob.enter();
  const { group } = stage.specification;
  const { incarnation, number: epoch } = bob.group.epoch!;
  for (const [at, ahead] of [0, 1, 2].entries()) {
    const junk = encodeRekey({
      group,
      incarnation,
      epoch: epoch + ahead,
      part: 1,
      parts: 2,
      needed: 2,
      path: [],
      announcement: null,
      wraps: new Uint8Array(4),
    });
    for (let minute = 0; minute < 8; minute++) {
      bob.hear(junk, "room/any", `${at}/${minute}`);
      await stage.clock.pass(60_000);
    }
  }
  assert.equal(told(bob, "room-silent").length, 1);
  await stage.close();
});

Deno.test("what the key server does alone is told each time, in the same words too", async () => {
  const stage = new TestGroup();
  const [bob, carol] = [stage.person("bob@example.org"), stage.person("carol@example.org")];
  for (const each of [stage.anna, bob, carol]) await each.join();
  const { group } = stage.specification;
  for (let round = 1; round <= 3; round++) {
    const request = toHex(systemRandom(16));
    // As if she had asked for it, which she did not sign.
    const leave = encodeRequest({ kind: "leave", request, group, action: new Uint8Array() });
    await stage.server.receive(carol.self, leave);
    await settled();
    await stage.clock.pass(1_000);
    assert.equal(told(bob, "unproved").length, round);
    assert.equal(told(carol, "unsigned").length, round);
    await carol.join();
  }
  await stage.close();
});

Deno.test("who comes while one is away is told each time", async () => {
  const stage = new TestGroup();
  const [bob, eve] = [stage.person("bob@example.org"), stage.person("eve@example.org")];
  for (const each of [stage.anna, bob]) await each.join();
  for (let round = 1; round <= 2; round++) {
    stage.fate = (_what, to) => to === bob.id ? "lose" : "deliver";
    await eve.join();
    bob.group.setOnline(false);
    stage.fate = () => "deliver";
    bob.group.setOnline(true);
    await stage.clock.pass(120_000);
    assert.equal(told(bob, "unproved").length, round);
    await eve.group.leave();
    await settled();
  }
  await stage.close();
});

Deno.test("an owner cannot make another device the key server's, and the group goes on", async () => {
  const stage = new TestGroup();
  const { anna, specification } = stage;
  const bob = stage.person("bob@example.org");
  for (const each of [anna, bob]) await each.join();
  const keyServer = { ...specification.keyServer, device: "0".repeat(16) };
  const changed = anna.group.respecify({ ...specification, keyServer });
  await assert.rejects(changed, { code: "cannot-change" });
  await anna.group.expel(bob.self.jid);
  await settled();
  assert.equal(bob.group.phase, "removed");
  await stage.close();
});

Deno.test("an access list that names a domain lets in its people, and not its server", () => {
  const specification = specificationOf(systemRandom(32), []);
  assert.equal(isListedAddress(specification, "bob@example.org"), true);
  assert.equal(isListedAddress(specification, "example.org"), false);
  assert.equal(isListedAddress(specification, "bob@sub.example.org"), false);
});
