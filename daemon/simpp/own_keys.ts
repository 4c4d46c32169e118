import { type Bytes, KeyedLock, logOf } from "../base/mod.ts";
import { codesOf, ed25519, type Random, type SuiteId } from "../crypto/mod.ts";
import type { DatabaseSync, KeyMaterial, Settings } from "../store/mod.ts";
import { type Bundle, readBundle, signBundle } from "./bundle.ts";
import {
  type DeviceList,
  MAX_DEVICES,
  readDeviceList,
  salvageDeviceList,
  signDeviceList,
} from "./device_list.ts";
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

/** What the person said on this device of the account key that another one is said to hold. */
export type Confirmation =
  | "none" // there is nothing to say: the key is ours, or was confirmed when this was linked
  | "needed" // they have not compared the code yet
  | "given"
  | "refused"; // the codes differed

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
  /** A list of another account key that is shown for our account; `settled`: we have one already. */
  #shown: { readonly list: DeviceList; readonly settled: boolean } | undefined;
  readonly #store: IdentityStore;
  readonly #keys: KeyMaterial;
  readonly #random: Random;
  readonly #lock = new KeyedLock();
  /** The newest bundle seen in our name, when another copy of this device made it. */
  #foreign: Bundle | undefined;

  constructor(db: DatabaseSync, keys: KeyMaterial, settings: Settings, random: Random) {
    this.#keys = keys;
    this.#random = random;
    this.#store = new IdentityStore(settings, random);
    this.prekeys = new Prekeys(db, keys, random);
    this.#identity = this.#store.identity;
    this.deviceId = deviceIdOf(this.#identity.device.public);
    this.#devices = this.#loadList();
  }

  /** It had this account's keys, and was taken off the list that they sign. */
  get wasRemoved(): boolean {
    return this.state === "unlinked" && this.#shown === undefined &&
      this.#store.restoring === undefined;
  }

  get state(): LinkState {
    if (this.#shown !== undefined) return this.#shown.settled ? "replaced" : "unlinked";
    if (!this.#isNamed(this.#devices)) return "unlinked";
    return this.#holdsAccount ? "own" : "linked";
  }
  /** Has the person confirmed the account key that this device is to belong to? */
  get confirmation(): Confirmation {
    if (this.#shown === undefined || this.#shown.settled) return "none";
    return this.#store.judgement(this.#shown.list.account);
  }
  /** The account key this device has, or would have if it were confirmed. */
  get claimed(): Bytes {
    return this.#shown === undefined || this.#shown.settled
      ? this.account
      : this.#shown.list.account;
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
  /** Signs with the device key. */
  sign(label: string, message: Uint8Array): Bytes {
    return ed25519.sign(this.#identity.device.secret, label, message);
  }

  /**
   * This device as sessions of `jid` need it, offering the suites of `policy`.
   * @throws SimppError `not-linked` while no list that contacts see names it
   */
  self(jid: string, policy: readonly SuiteId[]): Self {
    if (this.state === "unlinked" || this.state === "replaced") throw notLinked();
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
    await this.#lock.run("list", () => this.#publishList(directory, jid));
    // Last: who looks for one that is not there yet takes the signed prekeys.
    await Promise.all(oneTime.map((prekey) =>
      directory.publishOneTime(
        this.deviceId,
        prekey.id,
        signOneTime(this.#identity.device, prekey),
      )
    ));
  }

  async #publishList(directory: KeyDirectory, jid: string): Promise<void> {
    const published = await directory.fetchDevices(jid);
    try {
      if (published !== undefined) this.note(published, jid);
    } catch (error) {
      // Nobody can read it, so nothing is lost when ours takes its place.
      if (this.state !== "own") throw error;
      logOf("simpp").warn("the published device list is damaged: {error}", { error });
    }
    if (this.#shown === undefined) await this.#join(directory);
    if (this.state !== "own") return;
    await directory.publishDevices(this.#devices.encoded);
    this.#store.announced(jid);
  }

  /**
   * Takes note of the list that the directory shows for our own account. An account key that this
   * device has is never given up for another one; the first one of a new device is the person's to
   * confirm. @throws SimppError `bad-device-list`
   */
  note(encoded: Bytes, jid: string): void {
    const list = readDeviceList(encoded);
    if (this.isOurs(list)) {
      this.#shown = undefined;
      // A lower number is an old copy, and is replaced.
      if (list.number > this.#devices.number) this.#take(list);
      return;
    }
    const settled = !this.#holdsAccount || this.#store.restoring !== undefined ||
      this.#store.wasAnnounced(jid);
    this.#shown = { list, settled };
    if (this.confirmation === "given") this.#adopt(list);
  }

  /** Is this a list of the account key that this device has? */
  isOurs(list: DeviceList): boolean {
    return samePublic(list.account, this.account);
  }

  /** The person compared the account key shown here with the one on the device that holds it. */
  judge(judgement: "given" | "refused"): void {
    if (this.confirmation === "none") {
      throw new SimppError("no-keys", "There is nothing to compare on this device.");
    }
    const { list } = this.#shown!;
    this.#store.judge(list.account, judgement);
    if (judgement === "given") this.#adopt(list);
  }

  #adopt(list: DeviceList): void {
    if (!this.#isNamed(list)) return;
    this.#store.adopt(list.account, list.encoded);
    this.#identity = this.#store.identity;
    this.#devices = list;
    this.#shown = undefined;
  }

  /**
   * Makes a new account key and a list with this device alone on it, and puts them in the place of
   * what the account shows. Contacts see it change. A key that nobody has seen is new enough.
   */
  startAnew(directory: KeyDirectory, jid: string): Promise<void> {
    return this.#lock.run("list", async () => {
      const account = this.#store.isUnused
        ? this.#identity.account
        : ed25519.generate(this.#random);
      const number = this.#store.nextList(this.#devices.number, RESTORE_STEP);
      const list = signDeviceList(account, number, [this.device]);
      await directory.publishDevices(list.encoded);
      this.#store.begin(account, list.encoded, jid);
      this.#identity = this.#store.identity;
      this.#devices = list;
      this.#shown = undefined;
      // They were made in the name of the key before: contacts who trust the new one begin anew.
      this.#keys.dropAllSessions();
    });
  }

  /**
   * Publishes a list with another device on it, or without one; one change at a time.
   * @param edit the devices as they shall be; the same array when there is nothing to change
   * @throws SimppError `not-account-device`, `not-linked`, `too-many-devices`
   */
  change(
    directory: KeyDirectory,
    edit: (devices: readonly Bytes[]) => readonly Bytes[],
  ): Promise<void> {
    return this.#lock.run("list", async () => {
      if (!this.#holdsAccount) {
        throw new SimppError(
          "not-account-device",
          "Only the device the account was made on can add or remove devices; do it there.",
        );
      }
      if (this.state !== "own") throw notLinked();
      const devices = edit(this.#devices.devices);
      if (devices !== this.#devices.devices) await this.#put(directory, devices);
    });
  }

  /**
   * Signs a list, publishes it, and only then goes by it: contacts never hear of one that the
   * directory does not show. Its number is used up whatever becomes of it, so that no two lists
   * have the same; if it was published after all, it is taken when it is seen there.
   */
  async #put(directory: KeyDirectory, devices: readonly Bytes[], step = 1): Promise<void> {
    const { account } = this.#identity;
    const signed = (number: number) => signDeviceList(account, number, devices);
    signed(0); // throws before a number is used up
    const list = signed(this.#store.nextList(this.#devices.number, step));
    await directory.publishDevices(list.encoded);
    if (list.number > this.#devices.number) this.#take(list);
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
  async #join(directory: KeyDirectory): Promise<void> {
    const how = this.#store.restoring;
    if (how === undefined || !this.#holdsAccount) return;
    const others = how === "beside" ? this.#devices.devices.slice(-(MAX_DEVICES - 1)) : [];
    await this.#put(directory, [...others, this.device], RESTORE_STEP);
    this.#store.joined();
  }

  #isNamed(list: DeviceList): boolean {
    return list.devices.some((device) => samePublic(device, this.device));
  }

  get #holdsAccount(): boolean {
    return this.#identity.account.secret.length > 0;
  }

  #take(list: DeviceList): void {
    this.#devices = list;
    this.#store.list = list.encoded;
  }

  /** The stored list; a new one where there is none, or none that can be read. */
  #loadList(): DeviceList {
    const { list: stored } = this.#store;
    try {
      if (stored !== null) return readDeviceList(stored);
    } catch (error) {
      if (!this.#holdsAccount) throw error;
      logOf("simpp").warn("the stored device list is damaged, and is signed anew");
    }
    const { account, device } = this.#identity;
    const old = salvageDeviceList(stored ?? new Uint8Array());
    const devices = old.devices.length === 0 ? [device.public] : old.devices;
    const list = signDeviceList(account, this.#store.nextList(old.number, 1), devices);
    this.#store.list = list.encoded;
    return list;
  }
}

function notLinked(): SimppError {
  return new SimppError(
    "not-linked",
    "This device is not on your account's list of devices, so nobody would believe it. Approve it " +
      "on the device you made the account on, or start anew here.",
  );
}
