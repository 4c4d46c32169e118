import { type Bytes, Emitter, fromHex, toHex, utf8 } from "../base/mod.ts";
import { framed, sha512 } from "../crypto/mod.ts";
import type { KeyDirectory } from "./directory.ts";
import { SimppError } from "./errors.ts";
import { deviceIdOf, samePublic } from "./identity.ts";
import type { LinkState, OwnKeys } from "./own_keys.ts";

/** A device of ours, or one that asks to become one. */
export interface OwnDevice {
  readonly id: string;
  /** Is it this one? */
  readonly here: boolean;
}

/** Devices that may ask at one time. */
const MAX_REQUESTS = 4;

/**
 * A further device of the same person: it shows a code, the device that holds the account key shows
 * the code of the request it heard, the person compares and approves, a new list is signed.
 */
export class Linking {
  /** State, devices or requests changed. */
  readonly changed = new Emitter<void>();
  readonly #own: OwnKeys;
  readonly #directory: KeyDirectory;
  readonly #requests = new Map<string, Bytes>();

  constructor(own: OwnKeys, directory: KeyDirectory) {
    this.#own = own;
    this.#directory = directory;
  }

  get state(): LinkState {
    return this.#own.state;
  }
  /** This device's public key, hex, as it stands in its request. */
  get request(): string {
    return toHex(this.#own.device);
  }
  /** The code of this device's own request. */
  get code(): string {
    return linkCode(this.#own.device);
  }
  get devices(): OwnDevice[] {
    return this.#own.devices.devices.map((key) => {
      const id = deviceIdOf(key);
      return { id, here: id === this.#own.deviceId };
    });
  }
  /** Devices that ask to be added, with the code their screens should show. */
  get requests(): { id: string; code: string }[] {
    return [...this.#requests].map(([id, key]) => ({ id, code: linkCode(key) }));
  }

  /** A device of our account asks, in clear: nothing is believed but what the person compares. */
  asked(request: string): void {
    if (this.#own.state !== "own" || !/^[0-9a-f]{64}$/.test(request)) return;
    const key = fromHex(request);
    const known = this.#own.devices.devices.some((device) => samePublic(device, key));
    if (known || this.#requests.size >= MAX_REQUESTS) return;
    this.#requests.set(deviceIdOf(key), key);
    this.changed.emit();
  }

  /** Adds the device of a request to our list. @throws SimppError `no-keys`, `not-account-device` */
  async approve(id: string): Promise<void> {
    const key = this.#requests.get(id);
    if (key === undefined) throw new SimppError("no-keys", "No device with this id asks any more.");
    await this.#publish([...this.#own.devices.devices, key]);
    this.#requests.delete(id);
    this.changed.emit();
  }

  deny(id: string): void {
    if (this.#requests.delete(id)) this.changed.emit();
  }

  /** Takes a device off our list: it is written to no more. @throws SimppError `not-account-device` */
  async remove(id: string): Promise<void> {
    const left = this.#own.devices.devices.filter((key) => deviceIdOf(key) !== id);
    if (id === this.#own.deviceId || left.length === this.#own.devices.devices.length) {
      throw new SimppError("no-keys", "That is not another device of yours.");
    }
    await this.#publish(left);
    this.changed.emit();
  }

  /** Gives up what the account shows and publishes this device's own keys. Contacts see a change. */
  async startAnew(): Promise<void> {
    this.#own.startAnew();
    await this.#directory.publishDevices(this.#own.devices.encoded);
    this.changed.emit();
  }

  /** Looks at the list the directory shows for our account. */
  async refresh(jid: string): Promise<void> {
    const encoded = await this.#directory.fetchDevices(jid);
    if (encoded !== undefined) this.note(encoded, jid);
  }

  note(encoded: Bytes, jid: string): void {
    const before = this.#own.state;
    this.#own.note(encoded, jid);
    if (this.#own.state !== before) this.changed.emit();
  }

  async #publish(devices: readonly Bytes[]): Promise<void> {
    await this.#directory.publishDevices(this.#own.change(devices).encoded);
  }
}

/** 20 digits in groups of five: who wants to pass off another key must find one with all of them. */
function linkCode(device: Bytes): string {
  const hash = sha512(framed(utf8("simpp link 2"), device));
  return Array.from({ length: 4 }, (_, group) => {
    let chunk = 0;
    for (const byte of hash.subarray(group * 5, group * 5 + 5)) chunk = chunk * 256 + byte;
    return String(chunk % 100_000).padStart(5, "0");
  }).join(" ");
}
