import assert from "node:assert/strict";
import { SimppdError } from "../base/mod.ts";
import { ed25519, suite, systemRandom } from "../crypto/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import { readBundle, signBundle } from "./bundle.ts";
import { readDeviceList, signDeviceList } from "./device_list.ts";
import { SimppError } from "./errors.ts";
import { readOneTime, signOneTime } from "./one_time.ts";
import { MemoryDirectory, oddDeviceList, person, sealed } from "./testing.ts";
import { bareDevice } from "./testing_handshake.ts";

const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const body = (text: string) => el("body", { xmlns: "jabber:client" }, text);

function refused(code: string) {
  return (error: unknown) => error instanceof SimppError && error.code === code;
}

async function couple(now?: () => number) {
  const directory = new MemoryDirectory();
  const alice = await person(ALICE, directory, undefined, now);
  const bob = await person(BOB, directory, undefined, now);
  const place = `${BOB}/${bob.simpp.device}`;
  const close = () => [alice, bob].forEach((one) => one.close());
  return { directory, alice, bob, place, [Symbol.dispose]: close };
}

/** Seals again in a new session. */
function anew(alice: { simpp: Awaited<ReturnType<typeof person>>["simpp"] }) {
  return alice.simpp.seal(BOB, [body("x")], { renew: true });
}

Deno.test("a bundle older than one that was seen is refused, and the next real one is taken", async () => {
  using it = await couple();
  const { directory, alice, bob, place } = it;
  const old = directory.bundles.get(place)!;
  await bob.simpp.publish();
  await anew(alice);
  const real = directory.bundles.get(place)!;
  directory.bundles.set(place, old);
  await assert.rejects(anew(alice), refused("bundle-old"));
  directory.bundles.set(place, real);
  await anew(alice);
});

Deno.test("a bundle with a suite taken out, put in, or any bit flipped is refused", async () => {
  using it = await couple();
  const { directory, alice, bob, place } = it;
  const bundle = directory.bundles.get(place)!;
  const key = readDeviceList(directory.devices.get(BOB)!).devices[0]!;
  const { suites } = readBundle(bundle, key, 0);
  assert.deepEqual(suites, [1, 2]);
  const mallory = ed25519.generate(systemRandom);
  const content = { ...readBundle(bundle, key, 0), suites: [2] };
  const resigned = signBundle({ secret: mallory.secret, public: key }, content).encoded;
  const flipped = Array.from({ length: 40 }, (_, n) => {
    const changed = bundle.slice();
    changed[Math.floor(n * bundle.length / 40)]! ^= 1 << n % 8;
    return changed;
  });
  const cut = [bundle.slice(0, -1), bundle.slice(0, 64), new Uint8Array(0)];
  for (const forged of [resigned, ...flipped, ...cut, new Uint8Array(20_000)]) {
    directory.bundles.set(place, forged);
    await assert.rejects(anew(alice), refused("bad-bundle"));
  }
  directory.bundles.set(place, bundle);
  await bob.simpp.open(ALICE, (await anew(alice)).parts[0]!.element);
});

Deno.test("an honest old bundle that lacks a suite is found out by the proof inside", async () => {
  using it = await couple();
  const { directory, alice, bob, place } = it;
  bob.simpp.policy.set(null, ["simpp-modern"]);
  await bob.simpp.publish();
  const weaker = directory.bundles.get(place)!;
  bob.simpp.policy.set(null, ["simpp-pq", "simpp-modern"]);
  await bob.simpp.publish();
  directory.bundles.set(place, weaker);
  const { suite: used, parts } = await anew(alice);
  assert.equal(used, "simpp-modern");
  await assert.rejects(bob.simpp.open(ALICE, parts[0]!.element), refused("downgrade"));
  assert.deepEqual(bob.simpp.sessions(ALICE), []);
});

Deno.test("a device the account key did not list is neither written to nor heard", async () => {
  using it = await couple();
  const { directory, alice, bob } = it;
  await alice.simpp.open(BOB, await sealed(bob, ALICE, body("x")));
  const mallory = await person(BOB, directory);
  const real = directory.devices.get(BOB)!;
  const { account, number, devices } = readDeviceList(real);
  const forger = ed25519.generate(systemRandom);
  const added = [...devices, Uint8Array.fromHex(mallory.simpp.linking.request)];
  const forged = signDeviceList({ secret: forger.secret, public: account }, number + 1, added);
  directory.devices.set(BOB, forged.encoded);
  await assert.rejects(alice.simpp.refresh(BOB), refused("bad-device-list"));
  await assert.rejects(alice.simpp.seal(BOB, [body("x")]), refused("bad-device-list"));
  directory.devices.set(BOB, real);
  const { parts } = await alice.simpp.seal(BOB, [body("to bob alone")]);
  assert.deepEqual(parts[0]!.element.getChildren("for").map(({ attrs }) => attrs.did), [
    bob.simpp.device,
  ]);
  await assert.rejects(sealed(mallory, ALICE, body("it is me")), refused("not-linked"));
  mallory.close();
});

Deno.test("an old device list, which names a device that was removed, stops sending", async () => {
  using it = await couple();
  const { directory, alice, bob } = it;
  const phone = await person(BOB, directory);
  bob.simpp.linking.asked(phone.simpp.linking.request);
  await bob.simpp.linking.approve(phone.simpp.device);
  const old = directory.devices.get(BOB)!;
  await bob.simpp.linking.remove(phone.simpp.device);
  await alice.simpp.seal(BOB, [body("x")]);
  directory.devices.set(BOB, old);
  await alice.simpp.refresh(BOB);
  assert.deepEqual(alice.events, [{ type: "changed", jid: BOB }]);
  await assert.rejects(alice.simpp.seal(BOB, [body("x")]), refused("keys-changed"));
  phone.close();
});

Deno.test("withheld keys and a directory that fails are errors, not silence or clear text", async () => {
  using it = await couple();
  const { directory, alice, place } = it;
  const [list, bundle] = [directory.devices.get(BOB)!, directory.bundles.get(place)!];
  directory.devices.delete(BOB);
  await assert.rejects(alice.simpp.seal(BOB, [body("x")]), refused("no-keys"));
  directory.devices.set(BOB, list);
  directory.bundles.delete(place);
  await assert.rejects(alice.simpp.seal(BOB, [body("x")]), refused("no-keys"));
  directory.bundles.set(place, bundle);
  await alice.simpp.seal(BOB, [body("x")]);
});

Deno.test("who withholds every one-time prekey, or spends them all, costs no message", async () => {
  using it = await couple();
  const { directory, alice, bob } = it;
  const spent: Awaited<ReturnType<typeof person>>[] = [];
  for (let n = 0; [...directory.oneTime.keys()].some((key) => key.startsWith(BOB)); n++) {
    assert.ok(n < 200, "they run out");
    const greedy = await person(`greedy${n}@example.test`, directory);
    await bob.simpp.open(greedy.jid, await sealed(greedy, BOB, body("one")));
    spent.push(greedy);
  }
  const received = await bob.simpp.open(ALICE, await sealed(alice, BOB, body("hello")));
  assert.equal(received!.envelope.content[0]!.getText(), "hello");
  await bob.simpp.publish();
  const stock = [...directory.oneTime.keys()].filter((key) => key.startsWith(BOB));
  assert.equal(stock.length, 20);
  spent.forEach(({ close }) => close());
});

Deno.test("a forged, cut or oversized one-time prekey is refused", async () => {
  using it = await couple();
  const { directory, alice } = it;
  const keys = [...directory.oneTime.keys()].filter((key) => key.startsWith(BOB));
  const real = new Map(directory.oneTime);
  const forge = [
    (bytes: Uint8Array) => bytes.slice(0, -1),
    (bytes: Uint8Array) => bytes.slice(0, 10),
    (bytes: Uint8Array) => new Uint8Array([...bytes, 0]),
    (bytes: Uint8Array) => bytes.map((byte, at) => at === 9 ? byte ^ 1 : byte),
    () => new Uint8Array(5000),
  ];
  for (const change of forge) {
    for (const key of keys) directory.oneTime.set(key, new Uint8Array(change(real.get(key)!)));
    await assert.rejects(anew(alice), refused("bad-bundle"));
  }
});

Deno.test("readBundle() and readDeviceList() refuse what is signed but malformed", async () => {
  const chosen = suite("simpp-modern");
  const { self, account, bundle, oneTime } = await bareDevice(BOB, chosen);
  const many = { ...bundle, oneTime: Array.from({ length: 21 }, (_, n) => n + 1) };
  const signed = signBundle(self.device, many).encoded;
  assert.throws(() => readBundle(signed, self.device.public, 0), refused("bad-bundle"));
  const other = await bareDevice(BOB, chosen);
  const foreign = signBundle({ ...self.device, public: other.self.device.public }, bundle).encoded;
  assert.throws(() => readBundle(foreign, self.device.public, 0), refused("bad-bundle"));
  const lacking = { ...bundle, prekeys: [] };
  assert.deepEqual(
    readBundle(signBundle(self.device, lacking).encoded, self.device.public, 0).prekeys,
    [],
  );
  const twice = oddDeviceList(account, 1, [self.device.public, self.device.public]);
  assert.throws(() => readDeviceList(twice), refused("bad-device-list"));
  assert.throws(() => signDeviceList(account, 1, []), RangeError);
  const same = [self.device.public, self.device.public];
  assert.throws(() => signDeviceList(account, 1, same), RangeError);
  assert.throws(() => readDeviceList(new Uint8Array(3)), SimppdError);
  const nobody = Uint8Array.of(1, ...new Uint8Array(31));
  const named = oddDeviceList(account, 1, [self.device.public, nobody]);
  assert.throws(() => readDeviceList(named), refused("bad-device-list"));
  const anybodys = oddDeviceList({ ...account, public: nobody }, 1, [self.device.public]);
  anybodys.set(Uint8Array.of(1, ...new Uint8Array(63)), anybodys.length - 64);
  assert.throws(() => readDeviceList(anybodys), refused("bad-device-list"));
  const cut = signOneTime(self.device, oneTime).subarray(0, -1);
  assert.throws(() => readOneTime(cut, self.device.public, oneTime.id), refused("bad-bundle"));
});
