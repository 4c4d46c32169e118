import { type Bytes, Emitter, logOf, Rate } from "../base/mod.ts";
import { type Random, strongestCommon, type SuiteId } from "../crypto/mod.ts";
import type { KeyMaterial } from "../store/mod.ts";
import { type Bundle, readBundle } from "./bundle.ts";
import { readDeviceList } from "./device_list.ts";
import type { KeyDirectory } from "./directory.ts";
import { SimppError } from "./errors.ts";
import { deviceIdOf } from "./identity.ts";
import { type OneTimePrekey, readOneTime } from "./one_time.ts";
import type { Policy } from "./policy.ts";
import { initiate, type Self, type Session } from "./session.ts";
import type { TrustBook } from "./trust_book.ts";

/** How long a fetched device list is used before it is fetched again, in ms. */
const LIST_AGE = 10 * 60_000;

/** Contacts whose fetched lists are remembered as fresh. */
const MAX_FRESH = 1000;
/** New sessions with one contact a minute, whatever devices their list names by turns. */
const MAX_OPENED = 96;

/** What {@link Peers} stands on. */
export interface PeersOptions {
  readonly directory: KeyDirectory;
  readonly keys: KeyMaterial;
  readonly trust: TrustBook;
  readonly policy: Policy;
  readonly random: Random;
  readonly now: () => number;
}

/** Contacts' keys as the directory serves them, believed only as far as they are signed. */
export class Peers {
  /** A contact's keys became doubtful. */
  readonly changed = new Emitter<string>();
  readonly #o: PeersOptions;
  readonly #fetched = new Map<string, number>();
  readonly #opened = new Rate(MAX_OPENED, 60_000);

  constructor(options: PeersOptions) {
    this.#o = options;
  }

  /** Keys of the devices a contact has now. @throws SimppError `no-keys`, `keys-changed`, `not-verified` */
  async devices(jid: string): Promise<{ account: Bytes; keys: readonly Bytes[] }> {
    this.#o.trust.usable(jid);
    await this.fetchList(jid);
    return this.pinned(jid);
  }

  /** Keys of the devices in the list that is pinned; nothing is asked for. @throws like {@link devices} */
  pinned(jid: string): { account: Bytes; keys: readonly Bytes[] } {
    const usable = this.#o.trust.usable(jid);
    if (usable !== undefined) {
      if (usable.trust.state !== "verified" && !this.#o.policy.blindTrust) {
        throw new SimppError(
          "not-verified",
          `${jid} is not verified, and your settings write to verified people only. Compare the ` +
            "safety number first.",
        );
      }
      return { account: usable.trust.account, keys: usable.devices.devices };
    }
    throw new SimppError(
      "no-keys",
      `${jid} has published no keys yet, so nothing can be sealed for them. They must have started ` +
        "simppd once with this account.",
    );
  }

  /** Fetches a device list that is older than ten minutes, or any when `again`. */
  async fetchList(jid: string, again = false): Promise<void> {
    const { directory, trust, now } = this.#o;
    const fetched = this.#fetched.get(jid);
    if (!again && fetched !== undefined && now() - fetched < LIST_AGE) return;
    let encoded: Bytes | undefined;
    try {
      encoded = await directory.fetchDevices(jid);
    } catch (error) {
      if (trust.get(jid) === undefined) throw error;
      logOf("simpp").warn("device list of {jid} not fetched: {error}", { jid, error });
    }
    if (encoded === undefined) return;
    this.note(jid, encoded, "directory");
    this.#fetched.delete(jid);
    this.#fetched.set(jid, now());
    const [oldest] = this.#fetched.keys();
    if (this.#fetched.size > MAX_FRESH) this.#fetched.delete(oldest!);
  }

  /** Takes note of a device list. @throws SimppError `bad-device-list`, `not-trusted` */
  note(jid: string, encoded: Bytes, source: "directory" | "message"): void {
    if (this.#o.trust.note(jid, readDeviceList(encoded), source)) this.changed.emit(jid);
  }

  forget(jid: string): void {
    this.#fetched.delete(jid);
  }

  /**
   * Opens a session with a device from what it published, in the strongest suite of `allowed`.
   * @throws SimppError `no-keys`, `bad-bundle`, `bundle-expired`, `bundle-old`, `no-common-suite`,
   *   `too-many-sessions`
   */
  async open(
    { jid, account }: { jid: string; account: Bytes },
    device: Bytes,
    self: Self,
    allowed: readonly SuiteId[],
  ): Promise<Session> {
    const { directory, keys, random, now } = this.#o;
    const id = deviceIdOf(device);
    const bundle = await this.#bundle(jid, id, device);
    const suite = strongestCommon(allowed, bundle.suites);
    if (suite === undefined) {
      throw new SimppError(
        "no-common-suite",
        `You and ${jid} allow no encryption in common; one of you must allow more in the settings.`,
      );
    }
    const needed = [suite.prekeyKinds.dh, suite.prekeyKinds.kem].filter((kind) => kind !== null);
    const oneTime = await this.#oneTime(directory, jid, bundle, needed);
    const session = await initiate(suite, self, { jid, account }, bundle, oneTime, random);
    if (!this.#opened.allows(jid, now())) {
      throw new SimppError(
        "too-many-sessions",
        `The devices of ${jid} change faster than sessions are opened; try again in a minute.`,
      );
    }
    keys.setBundleCounter(jid, id, bundle.counter);
    return session;
  }

  async #bundle(jid: string, id: string, device: Bytes): Promise<Bundle> {
    const { directory, keys, now } = this.#o;
    const encoded = await directory.fetchBundle(jid, id);
    if (encoded === undefined) {
      throw new SimppError("no-keys", `A device of ${jid} has published no keys yet.`);
    }
    const bundle = readBundle(encoded, device, Math.floor(now() / 1000));
    if (bundle.counter >= keys.bundleCounter(jid, id)) return bundle;
    throw new SimppError(
      "bundle-old",
      `The server gave old keys of ${jid}; nothing was sent. Try again, and tell who runs it.`,
    );
  }

  /** One of the one-time prekeys the bundle names, at random; null when none can be had. */
  async #oneTime(
    directory: KeyDirectory,
    jid: string,
    bundle: Bundle,
    needed: readonly number[],
  ): Promise<OneTimePrekey | null> {
    const { oneTime, device } = bundle;
    if (oneTime.length === 0) return null;
    const id = oneTime[this.#o.random(1)[0]! % oneTime.length]!;
    const encoded = await directory.fetchOneTime(jid, deviceIdOf(device), id);
    if (encoded === undefined) return null;
    const prekey = readOneTime(encoded, device, id);
    const complete = needed.every((kind) => prekey.prekeys.some((key) => key.kind === kind));
    return complete ? prekey : null;
  }
}
