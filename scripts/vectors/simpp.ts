/**
 * Makes tests/vectors/simpp.json: `deno run -A scripts/vectors/simpp.ts > tests/vectors/simpp.json`.
 * Run it only when the protocol's version changes: a vector that follows the code proves nothing.
 */
import { toHex, utf8 } from "../../daemon/base/mod.ts";
import { type Random, sha256, suite } from "../../daemon/crypto/mod.ts";
import { PREKEY_KIND, signBundle } from "../../daemon/simpp/bundle.ts";
import { signDeviceList } from "../../daemon/simpp/device_list.ts";
import { createIdentity, deviceIdOf, fingerprintOf } from "../../daemon/simpp/identity.ts";
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
for (const id of ["simpp-pq", "simpp-modern"] as const) {
  const chosen = suite(id);
  const [a, b] = ["alice", "bob"].map((name) => createIdentity(counted(`${id} ${name}`)));
  const self = (jid: string, identity: typeof a): Self => ({
    jid,
    account: identity!.account.public,
    device: identity!.device,
    devices: signDeviceList(identity!.account, 7, [identity!.device.public]),
    offered: [chosen.code],
  });
  const alice = self("alice@example.test", a);
  const bob = self("bob@example.test", b);
  const dh = chosen.dh.generate(counted(`${id} dh prekey`));
  const kem = chosen.kem === null ? null : await chosen.kem.generate(counted(`${id} kem prekey`));
  const bundle = signBundle(b!.device, {
    counter: 3,
    expires: 4_000_000_000,
    suites: [chosen.code],
    prekeys: [
      { kind: PREKEY_KIND.x25519, id: 11, public: dh.public },
      ...(kem === null ? [] : [{ kind: PREKEY_KIND.mlkem768, id: 12, public: kem.public }]),
    ],
    oneTime: [],
  });
  const session = await initiate(
    chosen,
    alice,
    { jid: bob.jid, account: bob.account },
    bundle,
    counted(`${id} session`),
  );
  const { packet } = sealPacket(session, alice, utf8("content"));
  cases.push({
    suite: id,
    alice: { account: toHex(a!.account.secret), device: toHex(a!.device.secret) },
    bob: { account: toHex(b!.account.secret), device: toHex(b!.device.secret) },
    aliceDeviceId: deviceIdOf(a!.device.public),
    aliceFingerprint: fingerprintOf(a!.account.public),
    aliceDeviceList: toHex(alice.devices.encoded),
    safetyNumber: safetyNumber(alice, bob),
    dhPrekeySecret: toHex(dh.secret),
    kemPrekeySeed: kem === null ? null : toHex(kem.secret),
    bundle: toHex(bundle.encoded),
    opening: toHex(session.transcript.opening.encoded),
    session: toHex(session.transcript.opening.session),
    packet: toHex(packet),
    content: "content",
  });
}
const text = JSON.stringify({ protocol: "simpp 2", cases }, null, 1);
await Deno.stdout.write(new TextEncoder().encode(text + "\n"));
