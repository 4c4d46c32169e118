import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { openFile, sealFile } from "../store/mod.ts";
import { keyServerRecords, restoreKeyServer } from "./key_server_backup.ts";
import {
  device,
  keyServer,
  specificationOf,
  TestMember,
  TestNetwork,
} from "./testing_key_server.ts";

const FAST = { logN: 15, r: 8, p: 1 };

Deno.test("a key server moves with its backup: the same group, a new incarnation, all told so", async () => {
  const network = new TestNetwork();
  const first = keyServer(network);
  const owner = device("anna@example.org");
  const spec = specificationOf(first.server.key, [owner]);
  const before = first.server.host(spec);
  const anna = new TestMember(network, first.server, spec, owner);
  const bob = new TestMember(network, first.server, spec, device("bob@example.org"));
  const late = new TestMember(network, first.server, spec, device("late@example.org"));
  await anna.join();
  await bob.join();
  const records = keyServerRecords(first.store, { who: "keys" }, systemRandom);
  const file = await Array.fromAsync(sealFile(records, "a long passphrase", systemRandom, FAST));
  // What comes after the backup is not in it.
  await late.join();
  const { incarnation, epoch } = before.state;
  const stale = { kind: "close" } as const;
  first.close();

  const second = keyServer(network);
  second.server.close();
  const opened = openFile(ReadableStream.from(file), "a long passphrase");
  assert.deepEqual(await restoreKeyServer(second.store, opened, systemRandom), { who: "keys" });
  const again = keyServer(network, { store: second.store });
  assert.deepEqual(again.server.key, first.server.key);
  for (const each of [anna, bob, late]) each.useServer(again.server);
  again.server.start();
  await again.server.idle();
  const after = again.server.group(spec.group)!;
  assert.notEqual(after.state.incarnation, incarnation);
  assert.equal(after.state.epoch, epoch);
  assert.equal(after.state.statement!.reasons[0]!.kind, "restored");

  // Nobody can prove the way from the other incarnation; who is in the backup stands again.
  const answer = await bob.resync();
  assert.ok(answer.kind === "resynced" && answer.chain === null);
  assert.ok(bob.holds());
  await anna.resync();
  assert.equal((await late.resync()).kind, "refused");
  assert.equal((await late.join()).kind, "joined");
  await again.server.idle();
  assert.ok(anna.holds() && bob.holds() && late.holds());
  // An act that was signed for the old incarnation cannot be brought again.
  const refusal = await anna.act(stale, 1, { incarnation });
  assert.equal(refusal.kind === "refused" && refusal.code, "other-incarnation");
  again.server.close();
  second.store.close();
});

Deno.test("a backup that is cut, or of something else, restores nothing", async () => {
  const network = new TestNetwork();
  const home = keyServer(network);
  home.server.host(specificationOf(home.server.key, [device("anna@example.org")]));
  const records = [...keyServerRecords(home.store, null, systemRandom)];
  const empty = keyServer(network);
  for (
    const bad of [records.slice(0, 1), [records[1]!], [records[0]!, records[1]!.slice(0, -1)], [
      new Uint8Array([255, 255, 255, 255]),
    ]]
  ) {
    await assert.rejects(restoreKeyServer(empty.store, ReadableStream.from(bad), systemRandom), {
      code: "backup-damaged",
    });
    assert.deepEqual(empty.store.groups(), []);
  }
  home.close();
  empty.close();
});
