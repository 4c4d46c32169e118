/**
 * Makes tests/vectors/simpp.json: `deno run -A scripts/vectors/simpp.ts > tests/vectors/simpp.json`.
 * Run it only when the protocol's version changes: a vector that follows the code proves nothing.
 */
import { toHex, utf8 } from "../../daemon/base/mod.ts";
import { type KeyPair, type Random, sha256, suite, SUITE_IDS } from "../../daemon/crypto/mod.ts";
import { signBundle } from "../../daemon/simpp/bundle.ts";
import { signDeviceList } from "../../daemon/simpp/device_list.ts";
import { createIdentity, deviceIdOf, fingerprintOf } from "../../daemon/simpp/identity.ts";
import { signOneTime } from "../../daemon/simpp/one_time.ts";
import { safetyNumber } from "../../daemon/simpp/safety_number.ts";
import { initiate, sealPacket, type Self } from "../../daemon/simpp/session.ts";

/** A reproducible stream of bytes: SHA-256 of seed and counter. */
function counted(seed: string): Random {
  let counter = 0;
  return (length) => {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = sha256(utf8(`${seed} ${counter++}`));
      out.set(block.subarray(0, Math.min(32, length - at)), at);
    }
    return out;
  };
}

const cases = [];
const hexPair = (pair: KeyPair) => ({ secret: toHex(pair.secret), public: toHex(pair.public) });
for (const id of SUITE_IDS) {
  const chosen = suite(id);
  const [a, b] = ["alice", "bob"].map((name) => createIdentity(counted(`${id} ${name}`)));
  const self = (jid: string, identity: typeof a): Self => ({
    jid,
    account: identity!.account.public,
    device: identity!.device,
    certified: identity!.certified,
    devices: signDeviceList(identity!.account, 7, [identity!.device.public]),
    offered: [chosen.code],
  });
  const alice = self("alice@example.test", a);
  const bob = self("bob@example.test", b);
  const make = async (name: string) => ({
    dh: chosen.dh.generate(counted(`${id} ${name} dh`)),
    kem: chosen.kem === null ? null : await chosen.kem.generate(counted(`${id} ${name} kem`)),
  });
  const [signed, once] = [await make("signed"), await make("one-time")];
  const publicOf = ({ dh, kem }: typeof signed) => [
    { kind: chosen.prekeyKinds.dh, id: 11, public: dh.public },
    ...(kem === null ? [] : [{ kind: chosen.prekeyKinds.kem!, id: 12, public: kem.public }]),
  ];
  const oneTime = { id: 21, prekeys: publicOf(once) };
  const bundle = signBundle(b!.device, {
    counter: 3,
    expires: 4_000_000_000,
    suites: [chosen.code],
    prekeys: publicOf(signed),
    oneTime: [21],
  });
  const session = await initiate(
    chosen,
    alice,
    { jid: bob.jid, account: bob.account },
    bundle,
    oneTime,
    counted(`${id} session`),
  );
  const { packet } = sealPacket(session, alice, utf8("content"), counted(`${id} seal`));
  cases.push({
    suite: id,
    alice: { account: toHex(a!.account.secret), device: toHex(a!.device.secret) },
    bob: { account: toHex(b!.account.secret), device: toHex(b!.device.secret) },
    aliceDeviceId: deviceIdOf(a!.device.public),
    aliceFingerprint: fingerprintOf(a!.account.public),
    aliceDeviceList: toHex(alice.devices.encoded),
    safetyNumber: safetyNumber(alice, bob),
    dhPrekey: hexPair(signed.dh),
    kemPrekey: signed.kem === null ? null : hexPair(signed.kem),
    oneTimeDh: hexPair(once.dh),
    oneTimeKem: once.kem === null ? null : hexPair(once.kem),
    oneTime: toHex(signOneTime(b!.device, oneTime)),
    bundle: toHex(bundle.encoded),
    opening: toHex(session.transcript.opening.encoded),
    session: toHex(session.transcript.opening.session),
    packet: toHex(packet),
    content: "content",
  });
}
const text = JSON.stringify({ protocol: "simpp 2", cases }, null, 1);
await Deno.stdout.write(new TextEncoder().encode(text + "\n"));
