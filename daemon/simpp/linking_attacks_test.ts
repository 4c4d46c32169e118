import assert from "node:assert/strict";
import type { Bytes } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { MIGRATIONS, openDatabase, Settings, Vault } from "../store/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import { exportIdentity, importIdentity } from "./backup.ts";
import { MAX_DEVICES, readDeviceList } from "./device_list.ts";
import { SimppError } from "./errors.ts";
import type { StoredIdentity } from "./identity_store.ts";
import { Simpp } from "./simpp.ts";
import {
  link,
  MemoryDirectory,
  oddDeviceList,
  person,
  sealed,
  type TestPerson,
} from "./testing.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const body = (text: string) => el("body", { xmlns: "jabber:client" }, text);
const refused = (code: string) => (error: unknown) =>
  error instanceof SimppError && error.code === code;

/** What a server makes that wants to be Alice: an account key, and a list with her device on it. */
async function hostile(directory: MemoryDirectory, victim: { request: string; id: string }) {
  const mine = new MemoryDirectory();
  const eve = await person(ALICE, mine);
  eve.simpp.linking.asked(victim.request);
  await eve.simpp.linking.approve(victim.id);
  const real = directory.devices.get(ALICE);
  const show = () => {
    directory.devices.set(ALICE, mine.devices.get(ALICE)!);
    for (const [name, bundle] of mine.bundles) directory.bundles.set(name, bundle);
  };
  return { eve, show, hide: () => directory.devices.set(ALICE, real!) };
}
const asVictim = ({ simpp }: TestPerson) => ({ request: simpp.linking.request, id: simpp.device });

/** A device of Alice whose directory is at hand, perhaps out of a backup. */
function device(directory: MemoryDirectory, backup?: ReturnType<typeof exportIdentity>) {
  const db = openDatabase(":memory:", MIGRATIONS);
  const settings = new Settings(db, new Vault(new Uint8Array(32), systemRandom));
  if (backup !== undefined) importIdentity(settings, backup, "beside", systemRandom);
  const served = directory.of(ALICE);
  const open = () => {
    const vault = new Vault(new Uint8Array(32), systemRandom);
    const simpp = new Simpp({ db, vault, directory: served });
    simpp.setAccount(ALICE);
    return simpp;
  };
  return { simpp: open(), again: open, settings, served, close: () => db.close() };
}

Deno.test("a linked device never follows another account key, and comes back to its own", async () => {
  const directory = new MemoryDirectory();
  const laptop = await person(ALICE, directory), phone = await person(ALICE, directory);
  const bob = await person(BOB, directory);
  await link(laptop, phone);
  const { eve, show, hide } = await hostile(directory, asVictim(phone));
  let told = 0;
  phone.simpp.linking.changed.on(() => told++);
  show();
  for (let times = 0; times < 3; times++) await phone.simpp.refresh(ALICE);
  await phone.simpp.publish();
  assert.equal(phone.simpp.linking.state, "replaced");
  assert.equal(phone.simpp.linking.confirmation, "none");
  assert.throws(() => phone.simpp.linking.confirm(phone.simpp.linking.code), refused("no-keys"));
  assert.equal(phone.simpp.fingerprint, laptop.simpp.fingerprint);
  assert.equal(told, 1);
  await assert.rejects(phone.simpp.seal(BOB, [body("x")], { copy: true }), refused("not-linked"));
  hide();
  await phone.simpp.refresh(ALICE);
  assert.equal(phone.simpp.linking.state, "linked");
  const got = await bob.simpp.open(ALICE, await sealed(phone, BOB, body("me again")));
  assert.equal(got!.envelope.content[0]!.getText(), "me again");
  [laptop, phone, bob, eve].forEach((one) => one.close());
});

Deno.test("a message in our own name with other keys is not opened and changes nothing", async () => {
  const directory = new MemoryDirectory();
  const laptop = await person(ALICE, directory);
  const { eve } = await hostile(directory, asVictim(laptop));
  // Eve's own directory knows Alice's laptop as one of Eve's devices, with its real bundle.
  const mine = new MemoryDirectory();
  for (const [name, bundle] of directory.bundles) mine.bundles.set(name, bundle);
  for (const [name, prekey] of directory.oneTime) mine.oneTime.set(name, prekey);
  const forger = await person(ALICE, mine);
  forger.simpp.linking.asked(laptop.simpp.linking.request);
  await forger.simpp.linking.approve(laptop.simpp.device);
  const forged = await sealed(forger, ALICE, body("from yourself"));
  await assert.rejects(laptop.simpp.open(ALICE, forged), refused("bad-handshake"));
  const list = mine.devices.get(ALICE)!;
  assert.throws(() => laptop.simpp.linking.heard(list), refused("not-trusted"));
  assert.equal(laptop.simpp.linking.state, "own");
  [laptop, eve, forger].forEach((one) => one.close());
});

Deno.test("a new device takes no account key that the person did not compare", async () => {
  const directory = new MemoryDirectory();
  const laptop = await person(ALICE, directory), phone = await person(ALICE, directory);
  const bob = await person(BOB, directory);
  const { eve, show, hide } = await hostile(directory, asVictim(phone));
  show();
  await phone.simpp.refresh(ALICE);
  const { linking } = phone.simpp;
  assert.deepEqual([linking.state, linking.confirmation], ["unlinked", "needed"]);
  await assert.rejects(phone.simpp.seal(BOB, [body("x")]), refused("not-linked"));
  // The laptop shows another code: the person sees it.
  laptop.simpp.linking.asked(linking.request);
  const [{ code } = { code: "" }] = laptop.simpp.linking.requests;
  assert.notEqual(linking.code, code);
  assert.throws(() => linking.confirm(code), refused("not-trusted"));
  linking.refuse();
  await phone.simpp.refresh(ALICE);
  assert.deepEqual([linking.state, linking.confirmation], ["unlinked", "refused"]);
  assert.notEqual(phone.simpp.fingerprint, eve.simpp.fingerprint);
  // The right list comes after all.
  hide();
  await phone.simpp.refresh(ALICE);
  assert.deepEqual([linking.confirmation, linking.code], ["needed", code]);
  linking.confirm(code.replaceAll(" ", ""));
  assert.deepEqual([linking.state, linking.confirmation], ["unlinked", "given"]);
  await assert.rejects(phone.simpp.seal(BOB, [body("x")]), refused("not-linked"));
  // Confirmed for that key alone: the other one is not taken by it.
  show();
  await phone.simpp.refresh(ALICE);
  assert.deepEqual([linking.state, linking.confirmation], ["unlinked", "needed"]);
  hide();
  await laptop.simpp.linking.approve(phone.simpp.device);
  await phone.simpp.refresh(ALICE);
  assert.equal(linking.state, "linked");
  assert.equal(phone.simpp.fingerprint, laptop.simpp.fingerprint);
  [laptop, phone, bob, eve].forEach((one) => one.close());
});

Deno.test("the first device of an account keeps its own key whatever is shown later", async () => {
  const directory = new MemoryDirectory();
  const phone = await person(ALICE, directory);
  const { fingerprint } = phone.simpp;
  const { eve, show } = await hostile(directory, asVictim(phone));
  show();
  for (let times = 0; times < 2; times++) await phone.simpp.refresh(ALICE);
  await phone.simpp.publish();
  assert.equal(phone.simpp.linking.state, "replaced");
  assert.equal(phone.simpp.fingerprint, fingerprint);
  const restarted = phone.copy();
  await restarted.simpp.publish();
  assert.equal(restarted.simpp.linking.state, "replaced");
  [phone, restarted, eve].forEach((one) => one.close());
});

Deno.test("a restored device never loses its account key", async () => {
  const directory = new MemoryDirectory();
  const old = device(directory);
  await old.simpp.publish();
  const fresh = device(directory, exportIdentity(old.settings));
  const { eve, show, hide } = await hostile(directory, {
    request: fresh.simpp.linking.request,
    id: fresh.simpp.device,
  });
  show();
  await fresh.simpp.publish();
  await fresh.simpp.refresh(ALICE);
  assert.equal(fresh.simpp.linking.state, "replaced");
  assert.equal(fresh.simpp.fingerprint, old.simpp.fingerprint);
  assert.notEqual(fresh.settings.get<StoredIdentity>("identity")!.account.secret, "");
  hide();
  await fresh.simpp.publish();
  assert.equal(fresh.simpp.linking.state, "own");
  [old, fresh, eve].forEach((one) => one.close());
});

Deno.test("a double click on approve adds the device once", async () => {
  const directory = new MemoryDirectory();
  const laptop = await person(ALICE, directory), phone = await person(ALICE, directory);
  const { linking } = laptop.simpp;
  linking.asked(phone.simpp.linking.request);
  const id = phone.simpp.device;
  await Promise.all([linking.approve(id), linking.approve(id)]);
  await linking.approve(id);
  assert.equal(linking.devices.length, 2);
  assert.deepEqual(linking.requests, []);
  assert.equal(readDeviceList(directory.devices.get(ALICE)!).number, 2);
  const restarted = laptop.copy();
  assert.equal(restarted.simpp.linking.devices.length, 2);
  [laptop, phone, restarted].forEach((one) => one.close());
});

Deno.test("a list that was not published is not gone by, and its number is never used again", async () => {
  const directory = new MemoryDirectory();
  const laptop = device(directory);
  await laptop.simpp.publish();
  const bob = await person(BOB, directory);
  await sealed(bob, ALICE, body("pinned"));
  const phone = await person(ALICE, directory), tablet = await person(ALICE, directory);
  const { linking } = laptop.simpp;
  for (const { simpp } of [phone, tablet]) linking.asked(simpp.linking.request);
  // The server takes the list and says that it did not.
  const publish = laptop.served.publishDevices;
  const late: Bytes[] = [];
  laptop.served.publishDevices = (encoded) => {
    late.push(encoded);
    return Promise.reject(new Error("internal-server-error"));
  };
  await assert.rejects(linking.approve(phone.simpp.device), /internal-server-error/);
  assert.deepEqual([linking.devices.length, linking.requests.length], [1, 2]);
  laptop.served.publishDevices = publish;
  await linking.approve(tablet.simpp.device);
  const other = readDeviceList(directory.devices.get(ALICE)!);
  assert.ok(other.number > readDeviceList(late[0]!).number);
  await bob.simpp.refresh(ALICE);
  // What was lost on the way is approved once more, by the device after a restart.
  await linking.approve(phone.simpp.device);
  const restarted = laptop.again();
  await restarted.publish();
  assert.deepEqual(restarted.linking.devices.length, 3);
  await bob.simpp.refresh(ALICE);
  assert.equal(bob.simpp.trust.describe(ALICE)!.state, "first-use");
  [laptop, bob, phone, tablet].forEach((one) => one.close());
});

Deno.test("a list that was published after all is taken when it is seen", async () => {
  const directory = new MemoryDirectory();
  const laptop = device(directory);
  await laptop.simpp.publish();
  const phone = await person(ALICE, directory);
  laptop.simpp.linking.asked(phone.simpp.linking.request);
  const publish = laptop.served.publishDevices;
  laptop.served.publishDevices = async (encoded) => {
    await publish(encoded);
    throw new Error("the connection ended");
  };
  await assert.rejects(laptop.simpp.linking.approve(phone.simpp.device));
  laptop.served.publishDevices = publish;
  const restarted = laptop.again();
  await restarted.publish();
  assert.equal(restarted.linking.devices.length, 2);
  assert.equal(restarted.linking.state, "own");
  [laptop, phone].forEach((one) => one.close());
});

Deno.test("one device more than a list holds is a clear error, and changes nothing", async () => {
  const directory = new MemoryDirectory();
  const laptop = await person(ALICE, directory);
  const { linking } = laptop.simpp;
  for (let count = 1; count <= MAX_DEVICES; count++) {
    linking.asked(systemRandom(32).toHex());
    const added = linking.approve(linking.requests[0]!.id);
    if (count < MAX_DEVICES) await added;
    else await assert.rejects(added, refused("too-many-devices"));
  }
  assert.equal(linking.devices.length, MAX_DEVICES);
  laptop.close();
});

Deno.test("a stored list that nobody can read is signed anew where the account key is", async () => {
  const directory = new MemoryDirectory();
  const laptop = device(directory);
  await laptop.simpp.publish();
  const identity = laptop.settings.get<StoredIdentity>("identity")!;
  const account = {
    secret: Uint8Array.fromBase64(identity.account.secret),
    public: Uint8Array.fromBase64(identity.account.public),
  };
  const own = Uint8Array.fromHex(laptop.simpp.linking.request);
  const odd = oddDeviceList(account, 7, [own, own]);
  laptop.settings.set("identity", { ...identity, list: odd.toBase64() });
  directory.devices.set(ALICE, odd);
  const restarted = laptop.again();
  await restarted.publish();
  assert.equal(restarted.linking.state, "own");
  const { number, devices } = readDeviceList(directory.devices.get(ALICE)!);
  assert.ok(number > 7);
  assert.equal(devices.length, 1);
  laptop.close();
});

Deno.test("starting anew that does not get through leaves all as it was", async () => {
  const directory = new MemoryDirectory();
  const laptop = await person(ALICE, directory);
  const phone = device(directory);
  let told = 0;
  phone.simpp.linking.changed.on(() => told++);
  await phone.simpp.publish();
  assert.equal(told, 1); // it is on no list
  const publish = phone.served.publishDevices;
  phone.served.publishDevices = () => Promise.reject(new Error("offline"));
  await assert.rejects(phone.simpp.linking.startAnew(), /offline/);
  assert.equal(phone.simpp.linking.state, "unlinked");
  phone.served.publishDevices = publish;
  await phone.simpp.linking.startAnew();
  assert.equal(phone.simpp.linking.state, "own");
  await laptop.simpp.publish();
  assert.equal(laptop.simpp.linking.state, "replaced");
  [laptop, phone].forEach((one) => one.close());
});

Deno.test("who was told of the right account after another key sends again", async () => {
  const directory = new MemoryDirectory();
  const laptop = await person(ALICE, directory);
  const bob = await person(BOB, directory);
  const { eve, show, hide } = await hostile(directory, asVictim(laptop));
  show();
  await laptop.simpp.refresh(ALICE);
  assert.equal(laptop.simpp.linking.state, "replaced");
  hide();
  await laptop.simpp.refresh(ALICE);
  assert.equal(laptop.simpp.linking.state, "own");
  await bob.simpp.open(ALICE, await sealed(laptop, BOB, body("still me")));
  [laptop, bob, eve].forEach((one) => one.close());
});
