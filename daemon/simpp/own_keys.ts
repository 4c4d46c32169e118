import { type Bytes, logOf } from "../base/mod.ts";
import { codesOf, type Random, type SuiteId } from "../crypto/mod.ts";
import type { DatabaseSync, KeyMaterial, Settings } from "../store/mod.ts";
import { type Bundle, readBundle, signBundle } from "./bundle.ts";
import { type DeviceList, MAX_DEVICES, readDeviceList, signDeviceList } from "./device_list.ts";
import type { KeyDirectory } from "./directory.ts";
import { SimppError } from "./errors.ts";
import { deviceIdOf, fingerprintOf, type Identity, samePublic } from "./identity.ts";
import { IdentityStore } from "./identity_store.ts";
import { type OneTimePrekey, signOneTime } from "./one_time.ts";
import { PREKEY_LIFE, Prekeys } from "./prekeys.ts";
import type { Self } from "./session.ts";

/** How this device stands with its account. */
export type LinkState =
  | "own" // it holds the account key
  | "linked" // another device's account key lists it
  | "unlinked" // the account has another device's keys, which do not list this one
  | "replaced"; // somebody put other keys in the place of ours

/**
 * By how much a restored device raises the list's number. Contacts may have seen lists that were
 * signed after the backup and that nobody shows any more: theirs must be lower.
 */
const RESTORE_STEP = 1000;

/** This device's identity, its account's device list, its bundle; their only owner. */
export class OwnKeys {
  readonly prekeys: Prekeys;
  readonly deviceId: string;
  #identity: Identity;
  #devices: DeviceList;
  #state: LinkState;
  readonly #store: IdentityStore;

  readonly #keys: KeyMaterial;
  /** The newest bundle seen in our name, when another copy of this device made it. */
  #foreign: Bundle | undefined;

  constructor(db: DatabaseSync, keys: KeyMaterial, settings: Settings, random: Random) {
    this.#keys = keys;
    this.#store = new IdentityStore(settings, random);
    this.prekeys = new Prekeys(db, keys, random);
    this.#identity = this.#store.identity;
    this.deviceId = deviceIdOf(this.#identity.device.public);
    this.#devices = this.#loadList();
    this.#state = this.#store.restoring !== undefined
      ? "unlinked"
      : this.#holdsAccount
      ? "own"
      : "linked";
  }

  get state(): LinkState {
    return this.#state;
  }
  get account(): Bytes {
    return this.#identity.account.public;
  }
  get fingerprint(): string {
    return fingerprintOf(this.account);
  }
  get devices(): DeviceList {
    return this.#devices;
  }
  get device(): Bytes {
    return this.#identity.device.public;
  }

  /**
   * This device as sessions of `jid` need it, offering the suites of `policy`.
   * @throws SimppError `not-linked` while no list that contacts see names it
   */
  self(jid: string, policy: readonly SuiteId[]): Self {
    if (this.#state === "unlinked" || this.#state === "replaced") throw notLinked();
    const { device, certified } = this.#identity;
    const devices = this.#devices;
    return { jid, account: this.account, device, certified, devices, offered: codesOf(policy) };
  }

  /**
   * Is this an old copy of the device, put back beside or in the place of a newer state? Then the
   * directory has a bundle of ours with a higher counter than we gave. Going on would use keys and
   * nonces a second time: sessions and one-time prekeys are dropped, and contacts open new ones.
   */
  async noticeCopy(directory: KeyDirectory, jid: string): Promise<void> {
    const encoded = await directory.fetchBundle(jid, this.deviceId);
    const published = encoded === undefined ? undefined : this.#ours(encoded);
    if (published === undefined || published.counter <= this.#store.bundleCounter) return;
    logOf("simpp").warn("this state is an older copy of the device's: its sessions are dropped");
    this.#keys.dropUsedUp();
    this.#store.catchUp(published.counter, Math.max(0, ...published.oneTime));
    this.#foreign = published;
  }

  #ours(encoded: Bytes): Bundle | undefined {
    try {
      return readBundle(encoded, this.device, 0);
    } catch {
      return undefined; // what is not signed by us tells nothing, and is replaced
    }
  }

  /**
   * Publishes bundle and one-time prekeys, and the device list unless the account shows another
   * device's, which is never overwritten by itself.
   */
  async publish(
    directory: KeyDirectory,
    jid: string,
    policy: readonly SuiteId[],
    now: number,
  ): Promise<void> {
    const oneTime = await this.#publishBundle(directory, policy, now);
    const published = await directory.fetchDevices(jid);
    if (published !== undefined) this.note(published, jid);
    const foreign = published !== undefined &&
      !samePublic(readDeviceList(published).account, this.account);
    if (!foreign) this.#join();
    if (this.#state === "own") {
      await directory.publishDevices(this.#devices.encoded);
      this.#store.announced(jid);
    }
    // Last: who looks for one that is not there yet takes the signed prekeys.
    await Promise.all(oneTime.map((prekey) =>
      directory.publishOneTime(
        this.deviceId,
        prekey.id,
        signOneTime(this.#identity.device, prekey),
      )
    ));
  }

  /** Takes note of the list that the directory shows for our own account. */
  note(encoded: Bytes, jid: string): void {
    const list = readDeviceList(encoded);
    const namesUs = list.devices.some((device) => samePublic(device, this.device));
    if (samePublic(list.account, this.account)) {
      // Ours, perhaps changed by another device; a lower number is an old copy and is replaced.
      if (list.number > this.#devices.number) this.#take(list);
      if (list.number < this.#devices.number) return;
      if (!namesUs) this.#state = "unlinked";
      else if (this.#state === "unlinked") this.#state = this.#holdsAccount ? "own" : "linked";
      return;
    }
    if (namesUs && this.#state === "unlinked") {
      this.#store.adopt(list.account, encoded);
      this.#identity = this.#store.identity;
      this.#devices = list;
      this.#state = "linked";
      return;
    }
    this.#state = this.#store.wasAnnounced(jid) ? "replaced" : "unlinked";
  }

  /** Puts our own account key in the place of what the account shows. Contacts see it change. */
  startAnew(): void {
    if (!this.#holdsAccount) throw notLinked();
    this.#state = "own";
  }

  /** Signs a list with another device on it, or without one. @throws SimppError `not-account-device` */
  change(devices: readonly Bytes[]): DeviceList {
    if (!this.#holdsAccount) {
      throw new SimppError(
        "not-account-device",
        "Only the device the account was made on can add or remove devices; do it there.",
      );
    }
    const { account } = this.#identity;
    this.#take(signDeviceList(account, this.#devices.number + 1, devices));
    return this.#devices;
  }

  async #publishBundle(
    directory: KeyDirectory,
    policy: readonly SuiteId[],
    now: number,
  ): Promise<OneTimePrekey[]> {
    const prekeys = await this.prekeys.current(policy, now, this.#foreign?.prekeys);
    const fresh = await this.prekeys.restock(policy, now, () => this.#store.nextOneTime());
    const bundle = signBundle(this.#identity.device, {
      counter: this.#store.nextBundle(),
      expires: Math.floor((now + 4 * PREKEY_LIFE) / 1000),
      suites: codesOf(policy),
      prekeys: prekeys.map(({ kind, id, public: key }) => ({ kind, id, public: key })),
      oneTime: this.prekeys.oneTimeIds(),
    });
    await directory.publishBundle(this.deviceId, bundle.encoded);
    return fresh;
  }

  /** A one-time prekey was used: nobody shall find it again. */
  async spent(directory: KeyDirectory, id: number): Promise<void> {
    try {
      await directory.retractOneTime(this.deviceId, id);
    } catch (error) {
      logOf("simpp").info("one-time prekey {id} not retracted: {error}", { id, error });
    }
  }

  /** Signs this device into the list, once, when it came out of a backup with the account key. */
  #join(): void {
    const how = this.#store.restoring;
    if (how === undefined || !this.#holdsAccount) return;
    const others = how === "beside" ? this.#devices.devices.slice(-(MAX_DEVICES - 1)) : [];
    const number = this.#devices.number + RESTORE_STEP;
    this.#devices = signDeviceList(this.#identity.account, number, [...others, this.device]);
    this.#store.joined(this.#devices.encoded);
    this.#state = "own";
  }

  get #holdsAccount(): boolean {
    return this.#identity.account.secret.length > 0;
  }

  #take(list: DeviceList): void {
    this.#devices = list;
    this.#store.list = list.encoded;
  }

  #loadList(): DeviceList {
    const { list } = this.#store;
    if (list !== null) return readDeviceList(list);
    const { account, device } = this.#identity;
    const first = signDeviceList(account, 1, [device.public]);
    this.#store.list = first.encoded;
    return first;
  }
}

function notLinked(): SimppError {
  return new SimppError(
    "not-linked",
    "This device is not on your account's list of devices, so nobody would believe it. Approve it " +
      "on the device you made the account on, or start anew here.",
  );
}
