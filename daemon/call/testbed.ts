/**
 * For tests: people with devices, joined by signalling in memory that can be watched and spoiled,
 * with real sockets on 127.0.0.1 and the real camera.
 */
import { DEFAULT_POLICY } from "../crypto/mod.ts";
import { steadyNow } from "../base/mod.ts";
import { openCamera } from "../capture/mod.ts";
import { UdpEndpoint } from "../p2p/mod.ts";
import type { CallView, CameraOptions } from "../views/mod.ts";
import { type Element, LIMITS_AFTER_AUTH, parseElement, serialise } from "../xmpp/core/mod.ts";
import { Calls } from "./calls.ts";
import type { CallSecurityEvent, CallsOptions } from "./environment.ts";
import type { SignalSender } from "./keeper.ts";
import type { Timeouts } from "./limits.ts";

/** No camera: what signalling needs. */
export const OFF: CameraOptions = { camera: "off", size: "320x240", fps: 15 };
/** A moving picture. */
export const TEST_CAMERA: CameraOptions = { camera: "test", size: "320x240", fps: 15 };

/** One signal on its way. */
export interface Carried {
  from: SignalSender;
  to: SignalSender;
  content: Element;
  store: boolean;
}

/** The server and the envelope in one: brings signals to devices, as real XML. */
export class Signalling {
  readonly devices: Device[] = [];
  readonly carried: Carried[] = [];
  readonly #underWay = new Set<Promise<void>>();
  /** Changes, drops (undefined) or holds back what is carried. */
  spoil: (carried: Carried) => Carried | undefined | Promise<Carried | undefined> = (it) => it;

  async send(
    from: SignalSender,
    to: { jid: string; device?: string },
    content: Element,
    store: boolean,
  ): Promise<void> {
    await Promise.resolve();
    for (const device of this.devices) {
      if (device.jid !== to.jid || device.device === (to.device === undefined && from.device)) {
        continue;
      }
      if (to.device !== undefined && device.device !== to.device) continue;
      const copy = parseElement(serialise(content), LIMITS_AFTER_AUTH);
      this.deliver({ from, to: { jid: device.jid, device: device.device }, content: copy, store });
    }
  }

  /** Resolves when nothing is on its way any more. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  deliver(signal: Carried): void {
    this.carried.push(signal);
    const task = this.#carry(signal).finally(() => this.#underWay.delete(task));
    this.#underWay.add(task);
  }

  async #carry(signal: Carried): Promise<void> {
    const carried = await this.spoil(signal);
    if (carried === undefined) return;
    const device = this.devices.find(({ device }) => device === carried.to.device);
    if (device?.online || (device && carried.store)) {
      device.calls.receive(carried.from, carried.content, Date.now());
    }
  }

  /** Names of the signals that were carried, in order. */
  kinds(): string[] {
    return this.carried.map(({ content }) => content.getName());
  }
}

/** One device of one person. */
export class Device {
  readonly calls: Calls;
  readonly lines: { contact: string; kind: string; body: string }[] = [];
  readonly security: CallSecurityEvent[] = [];
  online = true;

  constructor(
    readonly signalling: Signalling,
    readonly jid: string,
    readonly device: string,
    timeouts: Partial<Timeouts> = {},
    options: Partial<CallsOptions> = {},
  ) {
    this.calls = new Calls({
      self: () => ({ jid, device, fingerprint: fingerprintOf(jid) }),
      signalling: {
        send: (to, content, { store }) => signalling.send({ jid, device }, to, content, store),
      },
      peer: (contact) => ({
        name: contact.split("@")[0] ?? contact,
        online: signalling.devices.some((other) => other.jid === contact && other.online),
        fingerprint: fingerprintOf(contact),
        suites: DEFAULT_POLICY,
        verified: true,
      }),
      openCamera,
      openEndpoint: () => UdpEndpoint.open({ hosts: ["127.0.0.1"] }),
      line: (contact, kind, body) => this.lines.push({ contact, kind, body }),
      timeouts,
      ...options,
    });
    this.calls.security.on((event) => this.security.push(event));
    signalling.devices.push(this);
  }

  /** The only call that is not over, if any. */
  get living(): CallView | undefined {
    const living = this.calls.list().filter(({ state }) => state !== "ended");
    if (living.length > 1) throw new Error(`${living.length} calls live at ${this.jid}`);
    return living[0];
  }

  /** The newest call. */
  get newest(): CallView {
    const call = this.calls.list().at(-1);
    if (call === undefined) throw new Error(`no call at ${this.jid}`);
    return call;
  }

  /** Waits until the newest call fits. */
  when(fits: (call: CallView) => boolean, what = String(fits)): Promise<CallView> {
    return waitFor(() => {
      const call = this.calls.list().at(-1);
      return call !== undefined && fits(call) ? call : undefined;
    }, `${this.jid}: ${what}; ${JSON.stringify(this.calls.list().at(-1)?.state)}`);
  }
}

function fingerprintOf(jid: string): string {
  return new TextEncoder().encode(jid.padEnd(32).slice(0, 32)).toHex();
}

/** Waits, up to ten seconds, until `look` finds something. */
export async function waitFor<T>(look: () => T | undefined, what: string): Promise<T> {
  const until = steadyNow() + 10_000;
  while (steadyNow() < until) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited 10 s for ${what}`);
}

/** Runs a test with Alice and Bob, and lets both go. */
export async function withPair(
  timeouts: Partial<Timeouts>,
  test: (people: { alice: Device; bob: Device; signalling: Signalling }) => Promise<void>,
): Promise<void> {
  const signalling = new Signalling();
  const alice = new Device(signalling, "alice@example.org", "a1", timeouts);
  const bob = new Device(signalling, "bob@example.org", "b1", timeouts);
  try {
    await test({ alice, bob, signalling });
  } finally {
    await Promise.all(signalling.devices.map(({ calls }) => calls.close()));
    await signalling.settled();
  }
}

/** Brings Alice and Bob into a call. */
export async function intoCall(
  alice: Device,
  bob: Device,
  options: CameraOptions = OFF,
): Promise<string> {
  const { id } = await alice.calls.start(bob.jid, options);
  await bob.when(({ state }) => state === "ringing");
  await bob.calls.accept(id, options);
  await alice.when(({ state }) => state === "active");
  await bob.when(({ state }) => state === "active");
  return id;
}
