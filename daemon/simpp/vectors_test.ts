import assert from "node:assert/strict";
import vectors from "../../tests/vectors/simpp.json" with { type: "json" };
import { fromHex, fromUtf8, toHex } from "../base/mod.ts";
import { ed25519, suite, type SuiteId, systemRandom } from "../crypto/mod.ts";
import { readBundle, signBundle } from "./bundle.ts";
import { readDeviceList, signDeviceList } from "./device_list.ts";
import { readOpening } from "./handshake.ts";
import { deviceIdOf, fingerprintOf } from "./identity.ts";
import { readOneTime, signOneTime } from "./one_time.ts";
import { safetyNumber } from "./safety_number.ts";
import { readPacket, respond } from "./session.ts";

const hexPair = (pair: { secret: string; public: string }) => ({
  secret: fromHex(pair.secret),
  public: fromHex(pair.public),
});
const pairOf = (secret: string) => ed25519.generate(() => fromHex(secret));

for (const vector of vectors.cases) {
  Deno.test(`vector ${vector.suite}: names, device list and safety number are byte for byte`, () => {
    const account = pairOf(vector.alice.account);
    const device = pairOf(vector.alice.device);
    assert.equal(deviceIdOf(device.public), vector.aliceDeviceId);
    assert.equal(fingerprintOf(account.public), vector.aliceFingerprint);
    const list = signDeviceList(account, 7, [device.public]);
    assert.equal(toHex(list.encoded), vector.aliceDeviceList);
    assert.equal(readDeviceList(fromHex(vector.aliceDeviceList)).number, 7);
    const bob = pairOf(vector.bob.account).public;
    const number = safetyNumber(
      { jid: "bob@example.test", account: bob },
      { jid: "alice@example.test", account: account.public },
    );
    assert.equal(number, vector.safetyNumber);
  });

  Deno.test(`vector ${vector.suite}: the bundle is byte for byte`, () => {
    const device = pairOf(vector.bob.device);
    const bundle = readBundle(fromHex(vector.bundle), device.public, 0);
    assert.equal(bundle.counter, 3);
    assert.equal(toHex(signBundle(device, bundle).encoded), vector.bundle);
    const oneTime = readOneTime(fromHex(vector.oneTime), device.public, 21);
    assert.equal(toHex(signOneTime(device, oneTime)), vector.oneTime);
  });

  Deno.test(`vector ${vector.suite}: the opening packet opens at the responder`, async () => {
    const packet = readPacket(fromHex(vector.packet));
    assert.ok(packet.opening !== null);
    const opening = readOpening(packet.opening);
    assert.equal(toHex(opening.encoded), vector.opening);
    assert.equal(toHex(opening.session), vector.session);
    const account = pairOf(vector.bob.account);
    const device = pairOf(vector.bob.device);
    const opened = await respond(
      {
        jid: "bob@example.test",
        account: account.public,
        device,
        devices: signDeviceList(account, 7, [device.public]),
        certified: new Map(),
        offered: [suite(vector.suite as SuiteId).code],
      },
      "alice@example.test",
      opening,
      packet.message,
      {
        dh: hexPair(vector.dhPrekey),
        kem: vector.kemPrekey === null ? null : hexPair(vector.kemPrekey),
        oneTime: {
          dh: hexPair(vector.oneTimeDh),
          kem: vector.oneTimeKem === null ? null : hexPair(vector.oneTimeKem),
        },
      },
      systemRandom,
    );
    assert.equal(fromUtf8(opened.content), vector.content);
    assert.equal(opened.devices.number, 7);
  });
}
