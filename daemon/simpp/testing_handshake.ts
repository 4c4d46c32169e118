import type { Bytes } from "../base/mod.ts";
import { type KeyPair, type Suite, systemRandom } from "../crypto/mod.ts";
import { type Bundle, signBundle } from "./bundle.ts";
import { signDeviceList } from "./device_list.ts";
import { type PrekeySecrets, readOpening } from "./handshake.ts";
import { createIdentity } from "./identity.ts";
import type { OneTimePrekey } from "./one_time.ts";
import { type Opened, readPacket, respond, type Self } from "./session.ts";

/** A device with everything laid open, for tests that play the attacker. */
export interface BareDevice {
  readonly self: Self;
  readonly account: KeyPair;
  readonly bundle: Bundle;
  readonly oneTime: OneTimePrekey;
  readonly secrets: PrekeySecrets;
}

/** A device that offers `suites`, with prekeys for `chosen`. */
export async function bareDevice(
  jid: string,
  chosen: Suite,
  suites: readonly number[] = [chosen.code],
): Promise<BareDevice> {
  const { account, device, certified } = createIdentity(systemRandom);
  const devices = signDeviceList(account, 1, [device.public]);
  const make = async () => ({
    dh: chosen.dh.generate(systemRandom),
    kem: await chosen.kem?.generate(systemRandom) ?? null,
  });
  const [signed, once] = [await make(), await make()];
  const { prekeyKinds: kinds } = chosen;
  const halves = (of: typeof signed) => [
    { kind: kinds.dh, id: 1, public: of.dh.public },
    ...(of.kem === null ? [] : [{ kind: kinds.kem!, id: 1, public: of.kem.public }]),
  ];
  const expires = Math.floor(Date.now() / 1000) + 86_400;
  const content = { counter: 1, expires, suites, prekeys: halves(signed), oneTime: [1] };
  return {
    self: { jid, account: account.public, device, certified, devices, offered: suites },
    account,
    bundle: signBundle(device, content),
    oneTime: { id: 1, prekeys: halves(once) },
    secrets: { ...signed, oneTime: once },
  };
}

/** `at` takes an opening packet that came from `jid`. */
export function hear(
  at: BareDevice,
  jid: string,
  packet: Bytes,
): Promise<Opened> {
  const { opening, message } = readPacket(packet);
  if (opening === null) throw new Error("not an opening");
  return respond(at.self, jid, readOpening(opening), message, at.secrets, systemRandom);
}
