import { type Bytes, fromBase64, toBase64 } from "../base/mod.ts";
import { type Random, suite, SUITE_IDS, type SuiteId } from "../crypto/mod.ts";
import type { DatabaseSync, KeyMaterial, Settings } from "../store/mod.ts";
import { type Bundle, signBundle } from "./bundle.ts";
import { type DeviceList, signDeviceList } from "./device_list.ts";
import type { KeyDirectory } from "./directory.ts";
import { createIdentity, type Identity } from "./identity.ts";
import { PREKEY_LIFE, Prekeys } from "./prekeys.ts";
import type { Self } from "./session.ts";

interface StoredIdentity {
  account: { secret: string; public: string };
  device: { secret: string; public: string };
  listNumber: number;
  bundleCounter: number;
}

/** This device's identity, its device list and its bundle; their only owner. */
export class OwnKeys {
  readonly identity: Identity;
  readonly devices: DeviceList;
  readonly prekeys: Prekeys;
  readonly #settings: Settings;

  /** Loads the identity, or makes it on the first start. */
  constructor(db: DatabaseSync, keys: KeyMaterial, settings: Settings, random: Random) {
    this.#settings = settings;
    this.prekeys = new Prekeys(db, keys, random);
    const stored = settings.get<StoredIdentity>("identity") ?? this.#create(random);
    const pair = (p: { secret: string; public: string }) => ({
      secret: fromBase64(p.secret),
      public: fromBase64(p.public),
    });
    this.identity = { account: pair(stored.account), device: pair(stored.device) };
    const { account, device } = this.identity;
    this.devices = signDeviceList(account, stored.listNumber, [device.public]);
  }

  /** This device as sessions of `jid` need it, offering the suites of `policy`. */
  self(jid: string, policy: readonly SuiteId[]): Self {
    return {
      jid,
      account: this.identity.account.public,
      device: this.identity.device,
      devices: this.devices,
      offered: SUITE_IDS.filter((id) => policy.includes(id)).map((id) => suite(id).code),
    };
  }

  /** Publishes device list and bundle under a counter of their own; renews prekeys that are due. */
  async publish(
    directory: KeyDirectory,
    deviceId: string,
    policy: readonly SuiteId[],
    now: number,
  ): Promise<void> {
    const bundle = await this.#nextBundle(policy, now);
    await directory.publishBundle(deviceId, bundle.encoded);
    await directory.publishDevices(this.devices.encoded);
  }

  async #nextBundle(policy: readonly SuiteId[], now: number): Promise<Bundle> {
    const { prekeys } = await this.prekeys.current(now);
    const stored = this.#settings.get<StoredIdentity>("identity")!;
    stored.bundleCounter += 1;
    this.#settings.set("identity", stored);
    return signBundle(this.identity.device, {
      counter: stored.bundleCounter,
      expires: Math.floor((now + 4 * PREKEY_LIFE) / 1000),
      suites: SUITE_IDS.filter((id) => policy.includes(id)).map((id) => suite(id).code),
      prekeys: prekeys.map(({ kind, id, public: key }) => ({ kind, id, public: key })),
      oneTime: [],
    });
  }

  #create(random: Random): StoredIdentity {
    const { account, device } = createIdentity(random);
    const pair = (p: { secret: Bytes; public: Bytes }) => ({
      secret: toBase64(p.secret),
      public: toBase64(p.public),
    });
    const stored = {
      account: pair(account),
      device: pair(device),
      listNumber: 1,
      bundleCounter: 0,
    };
    this.#settings.set("identity", stored);
    return stored;
  }
}
