import { type Bytes, Emitter, fromHex, toHex } from "../base/mod.ts";
import { readDeviceList } from "./device_list.ts";
import type { KeyDirectory } from "./directory.ts";
import { SimppError } from "./errors.ts";
import { deviceIdOf, samePublic } from "./identity.ts";
import { LinkCodes, sameCode } from "./link_code.ts";
import type { Confirmation, LinkState, OwnKeys } from "./own_keys.ts";

/** A device of ours, or one that asks to become one. */
export interface OwnDevice {
  readonly id: string;
  /** Is it this one? */
  readonly here: boolean;
}

/** Devices that may ask at one time. */
const MAX_REQUESTS = 4;

/**
 * A further device of the same person: it shows the code of its key and of the account key it was
 * shown, the device that holds the account key shows the code of its key and of the request it
 * heard. Both must be one: the person confirms on the new device and approves on the other, in
 * either order; then a new list is signed, and the new device takes the account key.
 */
export class Linking {
  /** State, devices or requests changed. */
  readonly changed = new Emitter<void>();
  readonly #own: OwnKeys;
  readonly #directory: KeyDirectory;
  readonly #jid: () => string;
  readonly #requests = new Map<string, Bytes>();
  readonly #codes = new LinkCodes();
  #told: string;

  /** @param jid our bare JID */
  constructor(own: OwnKeys, directory: KeyDirectory, jid: () => string) {
    this.#own = own;
    this.#directory = directory;
    this.#jid = jid;
    this.#told = this.#shownNow();
  }

  get state(): LinkState {
    return this.#own.state;
  }
  /** This device's public key, hex, as it stands in its request. */
  get request(): string {
    return toHex(this.#own.device);
  }
  /** The code of this device's own request to the account key it was shown. */
  get code(): string {
    return this.#codes.of(this.#own.claimed, this.#own.device);
  }
  /** Has the person said on this device that its code is the one the other device shows? */
  get confirmation(): Confirmation {
    return this.#own.confirmation;
  }
  /** Was this device taken off the account's list? */
  get wasRemoved(): boolean {
    return this.#own.wasRemoved;
  }
  get devices(): OwnDevice[] {
    return this.#own.devices.devices.map((key) => {
      const id = deviceIdOf(key);
      return { id, here: id === this.#own.deviceId };
    });
  }
  /** Devices that ask to be added, with the code their screens should show. */
  get requests(): { id: string; code: string }[] {
    return [...this.#requests].map(([id, key]) => {
      return { id, code: this.#codes.of(this.#own.account, key) };
    });
  }

  /** A device of our account asks, in clear: nothing is believed but what the person compares. */
  asked(request: string): void {
    if (this.#own.state !== "own" || !/^[0-9a-f]{64}$/.test(request)) return;
    const key = fromHex(request);
    const known = this.#own.devices.devices.some((device) => samePublic(device, key));
    const id = deviceIdOf(key);
    if (known || this.#requests.has(id) || this.#requests.size >= MAX_REQUESTS) return;
    this.#requests.set(id, key);
    this.changed.emit();
  }

  /**
   * Adds the device of a request to our list; one that is there already is left there.
   * @throws SimppError `no-keys`, `not-account-device`, `not-linked`, `too-many-devices`
   */
  async approve(id: string): Promise<void> {
    const key = this.#requests.get(id);
    if (key === undefined) {
      if (this.devices.some((device) => device.id === id)) return;
      throw new SimppError("no-keys", "No device with this id asks any more.");
    }
    await this.#own.change(
      this.#directory,
      (devices) => devices.some((each) => samePublic(each, key)) ? devices : [...devices, key],
    );
    this.#requests.delete(id);
    this.changed.emit();
  }

  /**
   * On the new device: its code is the one that the device with the account key shows.
   * @param code the code that was compared: another one may be shown by now
   * @throws SimppError `not-trusted`, `no-keys`
   */
  confirm(code: string): void {
    if (!sameCode(code, this.code)) {
      throw new SimppError(
        "not-trusted",
        "This is not the code of this device and the account's keys; compare both screens again.",
      );
    }
    this.#own.judge("given");
    this.changed.emit();
  }

  /** On the new device: the codes differ. Its keys are not taken. @throws SimppError `no-keys` */
  refuse(): void {
    this.#own.judge("refused");
    this.changed.emit();
  }

  /** Forgets a request. @returns what stood in it, to tell the device; nothing if none asks */
  deny(id: string): string | undefined {
    const key = this.#requests.get(id);
    if (key === undefined) return undefined;
    this.#requests.delete(id);
    this.changed.emit();
    return toHex(key);
  }

  /** Takes a device off our list: it is written to no more. @throws SimppError `not-account-device` */
  async remove(id: string): Promise<void> {
    const gone = (key: Bytes) => deviceIdOf(key) === id;
    if (id === this.#own.deviceId || !this.#own.devices.devices.some(gone)) {
      throw new SimppError("no-keys", "That is not another device of yours.");
    }
    await this.#own.change(
      this.#directory,
      (devices) => devices.some(gone) ? devices.filter((key) => !gone(key)) : devices,
    );
    this.changed.emit();
  }

  /** Gives up what the account shows and publishes new keys of this device. Contacts see a change. */
  async startAnew(): Promise<void> {
    await this.#own.startAnew(this.#directory, this.#jid());
    this.changed.emit();
  }

  /** Looks at the list the directory shows for our account. */
  async refresh(): Promise<void> {
    const encoded = await this.#directory.fetchDevices(this.#jid());
    if (encoded !== undefined) this.note(encoded);
  }

  /** Takes note of the list that is shown for our account. @throws SimppError `bad-device-list` */
  note(encoded: Bytes): void {
    this.#own.note(encoded, this.#jid());
    this.tell();
  }

  /** Says so when something has changed since it was said last. */
  tell(): void {
    const shown = this.#shownNow();
    if (shown === this.#told) return;
    this.#told = shown;
    this.changed.emit();
  }

  /**
   * Takes note of the list in a message from a device of ours, which says nothing of other keys.
   * @throws SimppError `not-trusted`, `bad-device-list`
   */
  heard(encoded: Bytes): void {
    if (!this.#own.isOurs(readDeviceList(encoded))) {
      throw new SimppError("not-trusted", "Somebody wrote in your own name, with other keys.");
    }
    this.note(encoded);
  }

  #shownNow(): string {
    const { state, confirmation, claimed, devices } = this.#own;
    return [state, confirmation, toHex(claimed), devices.number].join();
  }
}
