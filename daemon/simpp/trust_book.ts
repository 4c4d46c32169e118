import { fromHex } from "../base/mod.ts";
import type { KeyMaterial, StoredTrust } from "../store/mod.ts";
import { equal } from "../crypto/mod.ts";
import { type DeviceList, readDeviceList } from "./device_list.ts";
import { SimppError } from "./errors.ts";
import { deviceIdOf, fingerprintOf, samePublic } from "./identity.ts";
import { readSafetyQr, safetyNumber, type SafetyParty, safetyQr } from "./safety_number.ts";
import { acceptOffered, judge } from "./trust.ts";

/** Lists that are kept with their signatures checked. */
const MAX_READ = 2500;

/** What is shown of a contact's keys. */
export interface Known {
  readonly state: StoredTrust["state"];
  /** Of the account key that is pinned. */
  readonly fingerprint: string;
  readonly devices: string[];
  /** Fingerprint of the account key that a person decides about; null where nothing is in doubt. */
  readonly offered: string | null;
  /** Nothing changed: the person found that the keys are not those of their contact. */
  readonly differs: boolean;
}

/** What is pinned for every contact, and a person's decisions about it. */
export class TrustBook {
  readonly #keys: KeyMaterial;
  readonly #own: () => SafetyParty;

  constructor(keys: KeyMaterial, own: () => SafetyParty) {
    this.#keys = keys;
    this.#own = own;
  }

  get(jid: string): StoredTrust | undefined {
    return this.#keys.trust(jid);
  }

  /** A pinned list, its signature checked once for as long as its bytes stay the same. */
  #list({ jid, list }: StoredTrust): DeviceList {
    let read = this.#read.get(jid);
    if (read === undefined || !samePublic(read.encoded, list)) {
      this.#read.delete(jid);
      this.#read.set(jid, read = readDeviceList(list));
      const [oldest] = this.#read.keys();
      if (this.#read.size > MAX_READ) this.#read.delete(oldest!);
    }
    return read;
  }
  readonly #read = new Map<string, DeviceList>();

  /**
   * Takes note of a device list.
   * @returns whether the contact's keys became doubtful by it
   */
  note(jid: string, list: DeviceList, source: "directory" | "message"): boolean {
    const before = this.get(jid);
    if (before === undefined) this.#checkExpected(jid, list);
    const { trust, changed } = judge(jid, before, list, source);
    if (trust !== before) this.#keys.setTrust(trust);
    // Whoever changes their list again and again leaves nothing behind of what stood in it.
    if (trust.list !== before?.list) this.#keys.keepDevices(jid, list.devices.map(deviceIdOf));
    return changed && before?.state !== "changed";
  }

  /** An invitation named this account key: whoever shows another one at first use is refused. */
  expect(jid: string, fingerprint: string): void {
    if (this.get(jid) === undefined) this.#expected.set(jid, fingerprint);
  }
  readonly #expected = new Map<string, string>();

  #checkExpected(jid: string, list: DeviceList): void {
    const expected = this.#expected.get(jid);
    if (expected === undefined) return;
    if (!equal(fromHex(expected), fromHex(fingerprintOf(list.account)))) {
      throw new SimppError(
        "not-trusted",
        `The keys served for ${jid} are not those the invitation names. Do not write to them; ask ` +
          "for a new invitation over another way.",
      );
    }
  }

  /** Forgets what is remembered of a contact beside the pin. */
  forget(jid: string): void {
    this.#expected.delete(jid);
    this.#read.delete(jid);
  }

  /** Devices that may be written to and heard. @throws SimppError `keys-changed` */
  usable(jid: string): { trust: StoredTrust; devices: DeviceList } | undefined {
    const trust = this.get(jid);
    if (trust === undefined) return undefined;
    if (trust.state === "changed") {
      throw new SimppError(
        "keys-changed",
        `The keys of ${jid} changed. Nothing is sent until you decide: compare the safety number ` +
          "with them, then accept the new keys or keep refusing.",
      );
    }
    return { trust, devices: this.#list(trust) };
  }

  isListed(jid: string, device: string): boolean {
    const trust = this.get(jid);
    return trust !== undefined && this.#list(trust).devices.map(deviceIdOf).includes(device);
  }

  /** @throws SimppError `no-keys` */
  safety(jid: string): { number: string; qr: string } {
    const peer = { jid, account: this.#decisive(jid) };
    return { number: safetyNumber(this.#own(), peer), qr: safetyQr(this.#own(), peer) };
  }

  /**
   * Marks the key a person decides about as verified when `number` is its safety number; after a
   * change that is the offered one, which is pinned by it. @throws SimppError `not-trusted`
   */
  verify(jid: string, number: string): void {
    if (number.replace(/\s/g, "") !== this.safety(jid).number) {
      throw new SimppError(
        "not-trusted",
        "This is not the safety number of the keys in use; compare again before you verify.",
      );
    }
    this.#confirm(jid);
  }

  /**
   * The same by the code scanned from the contact's screen. One that names other keys is as good as
   * a person's word that the numbers differ: the keys are refused.
   * @throws SimppError `no-code`, `own-code`: nothing changed; `not-trusted`: they are refused now
   */
  verifyQr(jid: string, scanned: string): void {
    const code = readSafetyQr(scanned);
    if (code === undefined) {
      throw new SimppError(
        "no-code",
        "This is no code of simppd's. It begins with simpp-verify: and stands on the page where " +
          "the other compares the safety number.",
      );
    }
    const theirs = this.#decisive(jid), { account } = this.#own();
    if (samePublic(code.owner, account) && samePublic(code.viewer, theirs)) {
      throw new SimppError("own-code", "This is your own code. Take the one on their screen.");
    }
    if (!samePublic(code.owner, theirs) || !samePublic(code.viewer, account)) {
      this.decide(jid, false);
      throw new SimppError(
        "not-trusted",
        "Their code names other keys than those in use between you two.",
      );
    }
    this.#confirm(jid);
  }

  /** A person compared the key they decide about, and it is right. */
  #confirm(jid: string): void {
    this.decide(jid, true);
    this.#keys.setTrust({ ...this.get(jid)!, state: "verified" });
  }

  /** Another device of ours verified an account key: taken over when it is the one pinned here. */
  takeOver(jid: string, fingerprint: string): boolean {
    const trust = this.get(jid);
    if (trust?.state !== "first-use" || fingerprintOf(trust.account) !== fingerprint) return false;
    this.#keys.setTrust({ ...trust, state: "verified" });
    return true;
  }

  /**
   * After a change, or when compared numbers differ: pin the newest keys (unverified), or refuse
   * them, which stops sending until they are accepted.
   */
  decide(jid: string, accept: boolean): void {
    const trust = this.get(jid);
    if (trust === undefined) return;
    if (!accept) {
      const offered = trust.offered ?? trust.list;
      return this.#keys.setTrust({ ...trust, state: "changed", offered });
    }
    if (trust.state !== "changed") return;
    const accepted = acceptOffered(trust);
    this.#keys.setTrust(accepted);
    this.#keys.dropSessions(jid);
    this.#keys.keepDevices(jid, this.#list(accepted).devices.map(deviceIdOf));
  }

  /** The account key a person decides about: the offered one after a change. */
  #decisive(jid: string) {
    const trust = this.get(jid);
    if (trust === undefined) {
      throw new SimppError("no-keys", `No keys of ${jid} have been seen yet.`);
    }
    return trust.offered === null ? trust.account : readDeviceList(trust.offered).account;
  }

  /** What is shown of a contact's keys. */
  describe(jid: string): Known | undefined {
    const trust = this.get(jid);
    if (trust === undefined) return undefined;
    const { state, offered, list } = trust;
    const devices = this.#list(trust).devices.map(deviceIdOf);
    const fingerprint = fingerprintOf(trust.account);
    if (state !== "changed") return { state, fingerprint, devices, offered: null, differs: false };
    const differs = offered !== null && samePublic(offered, list);
    return { state, fingerprint, devices, offered: fingerprintOf(this.#decisive(jid)), differs };
  }
}
