import assert from "node:assert/strict";
import { SimppdError, toBase64 } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { MIGRATIONS, openDatabase, Settings, Vault } from "../store/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import { type ExportedIdentity, exportIdentity, importIdentity } from "./backup.ts";
import { readDeviceList } from "./device_list.ts";
import type { Restoring } from "./identity_store.ts";
import { Simpp } from "./simpp.ts";
import { MemoryDirectory, person } from "./testing.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const body = (text: string) => el("body", { xmlns: "jabber:client" }, text);

/** A device of Alice; of a backup when there is one. */
function device(directory: MemoryDirectory, backup?: ExportedIdentity, how: Restoring = "beside") {
  const db = openDatabase(":memory:", MIGRATIONS);
  const vault = new Vault(systemRandom(32), systemRandom);
  const settings = new Settings(db, vault);
  if (backup !== undefined) importIdentity(settings, backup, how, systemRandom);
  const simpp = new Simpp({ db, vault, directory: directory.of(ALICE) });
  simpp.setAccount(ALICE);
  return { simpp, settings, close: () => db.close() };
}

Deno.test("a restored device has keys of its own, joins the list, and both devices are heard", async () => {
  const directory = new MemoryDirectory();
  const old = device(directory);
  await old.simpp.publish();
  const bob = await person(BOB, directory);
  const backup = exportIdentity(old.settings);
  // Alice goes on after the backup: her list grows, and Bob sees that.
  const phone = device(directory);
  await phone.simpp.publish();
  old.simpp.linking.asked(phone.simpp.linking.request);
  await old.simpp.linking.approve(phone.simpp.device);
  await bob.simpp.seal(ALICE, [body("to two devices")]);

  const fresh = device(directory, backup);
  assert.notEqual(fresh.simpp.device, old.simpp.device);
  assert.equal(fresh.simpp.fingerprint, old.simpp.fingerprint);
  await assert.rejects(fresh.simpp.seal(BOB, [body("x")]), SimppdError);
  await fresh.simpp.publish();
  assert.equal(fresh.simpp.linking.state, "own");
  const { number, devices } = readDeviceList(directory.devices.get(ALICE)!);
  assert.ok(number > 2);
  assert.equal(devices.length, 3);

  const element = (await fresh.simpp.seal(BOB, [body("from the restored one")])).parts[0]!.element;
  const received = await bob.simpp.open(ALICE, element);
  assert.equal(received!.envelope.content[0]!.getText(), "from the restored one");
  assert.equal(bob.simpp.trust.describe(ALICE)!.state, "first-use");
  await old.simpp.refresh(ALICE);
  assert.equal(old.simpp.linking.state, "own");
  const { parts } = await bob.simpp.seal(ALICE, [body("to all")]);
  for (const { simpp } of [old, fresh]) {
    const got = await simpp.open(BOB, parts[0]!.element);
    assert.equal(got!.envelope.content[0]!.getText(), "to all");
  }
  [old, phone, fresh, bob].forEach((one) => one.close());
});

Deno.test("restored instead of lost devices, the list names the new one alone", async () => {
  const directory = new MemoryDirectory();
  const old = device(directory);
  await old.simpp.publish();
  const fresh = device(directory, exportIdentity(old.settings), "instead");
  await fresh.simpp.publish();
  assert.deepEqual(fresh.simpp.linking.devices, [{ id: fresh.simpp.device, here: true }]);
  // Whoever has the lost device can neither seal nor take the list back.
  await old.simpp.publish();
  assert.equal(old.simpp.linking.state, "unlinked");
  await assert.rejects(old.simpp.seal(BOB, [body("x")]), SimppdError);
  assert.equal(readDeviceList(directory.devices.get(ALICE)!).devices.length, 1);
  [old, fresh].forEach((one) => one.close());
});

Deno.test("a restored device overwrites no other account key", async () => {
  const directory = new MemoryDirectory();
  const old = device(directory);
  const backup = exportIdentity(old.settings);
  const stranger = device(directory);
  await stranger.simpp.publish();
  const fresh = device(directory, backup);
  await fresh.simpp.publish();
  assert.equal(fresh.simpp.linking.state, "replaced");
  assert.equal(fresh.simpp.fingerprint, old.simpp.fingerprint);
  const { account } = readDeviceList(directory.devices.get(ALICE)!);
  assert.equal(toBase64(account), exportIdentity(stranger.settings).account.public);
  [old, stranger, fresh].forEach((one) => one.close());
});

Deno.test("keys of a backup that do not fit together are refused", () => {
  const directory = new MemoryDirectory();
  const [one, other] = [device(directory), device(directory)];
  const [good, bad] = [exportIdentity(one.settings), exportIdentity(other.settings)];
  const mixed = [
    { ...good, account: { ...good.account, public: bad.account.public } },
    { ...good, account: { ...good.account, secret: bad.account.secret } },
    { ...good, list: bad.list },
  ];
  for (const backup of mixed) assert.throws(() => device(directory, backup), RangeError);
  [one, other].forEach(({ close }) => close());
});
