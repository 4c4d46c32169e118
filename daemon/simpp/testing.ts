import { type Bytes, concat, fromBase64, toBase64, WireWriter } from "../base/mod.ts";
import {
  DEFAULT_POLICY,
  ed25519,
  type KeyPair,
  type SuiteId,
  systemRandom,
} from "../crypto/mod.ts";
import { type DatabaseSync, MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import { type Element, LIMITS_AFTER_AUTH, parseElement, serialise } from "../xmpp/core/mod.ts";
import type { KeyDirectory } from "./directory.ts";
import { Simpp, type SimppEvent } from "./simpp.ts";

/** A directory in memory that a test can make lie. */
export class MemoryDirectory {
  readonly devices = new Map<string, Bytes>();
  readonly bundles = new Map<string, Bytes>();
  readonly oneTime = new Map<string, Bytes>();

  of(owner: string): KeyDirectory {
    return {
      fetchDevices: (jid) => Promise.resolve(this.devices.get(jid)),
      fetchBundle: (jid, device) => Promise.resolve(this.bundles.get(`${jid}/${device}`)),
      fetchOneTime: (jid, device, id) =>
        Promise.resolve(this.oneTime.get(`${jid}/${device}/${id}`)),
      publishOneTime: (device, id, encoded) => {
        this.oneTime.set(`${owner}/${device}/${id}`, encoded);
        return Promise.resolve();
      },
      retractOneTime: (device, id) => {
        this.oneTime.delete(`${owner}/${device}/${id}`);
        return Promise.resolve();
      },
      publishDevices: (encoded) => {
        this.devices.set(owner, encoded);
        return Promise.resolve();
      },
      publishBundle: (device, encoded) => {
        this.bundles.set(`${owner}/${device}`, encoded);
        return Promise.resolve();
      },
    };
  }
}

/** One person of a test: an end-to-end layer on a database in memory. */
export interface TestPerson {
  readonly jid: string;
  readonly simpp: Simpp;
  readonly events: SimppEvent[];
  /** The database below. */
  readonly db: DatabaseSync;
  /** As if its state had been lost, but for its identity. */
  forgetSessions(): void;
  /** The same device again, from a copy of its whole database; it has not signed in yet. */
  copy(): TestPerson;
  close(): void;
}

export async function person(
  jid: string,
  directory: MemoryDirectory,
  policy: readonly SuiteId[] = DEFAULT_POLICY,
  now: () => number = Date.now,
): Promise<TestPerson> {
  const vault = new Vault(systemRandom(32), systemRandom);
  const made = on(openDatabase(":memory:", MIGRATIONS));
  await made.simpp.publish();
  return made;

  function on(db: DatabaseSync): TestPerson {
    const simpp = new Simpp({ db, vault, directory: directory.of(jid), policy, now });
    simpp.setAccount(jid);
    const events: SimppEvent[] = [];
    simpp.events.on((event) => events.push(event));
    return {
      jid,
      simpp,
      events,
      db,
      forgetSessions: () => db.exec("DELETE FROM sessions"),
      copy: () => on(copyOf(db)),
      close: () => db.close(),
    };
  }
}

function copyOf(db: DatabaseSync): DatabaseSync {
  const copy = openDatabase(":memory:", MIGRATIONS);
  for (
    const table of [
      "settings",
      "prekeys",
      "one_time_prekeys",
      "trust",
      "bundles",
      "sessions",
      "seen",
    ]
  ) {
    for (const row of db.prepare(`SELECT * FROM ${table}`).all()) {
      const names = Object.keys(row);
      copy.prepare(
        `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
      ).run(...Object.values(row));
    }
  }
  return copy;
}

/** Links a further device of a person to the one with the account key, as the person would. */
export async function link(owner: TestPerson, other: TestPerson): Promise<void> {
  owner.simpp.linking.asked(other.simpp.linking.request);
  await owner.simpp.linking.approve(other.simpp.device);
  await other.simpp.refresh(other.jid);
  other.simpp.linking.confirm(other.simpp.linking.code);
}

/** A signed device list as none of ours is made: with devices that no list may name. */
export function oddDeviceList(account: KeyPair, number: number, devices: readonly Bytes[]): Bytes {
  const body = new WireWriter().u8(2).raw(account.public).u32(number).u8(devices.length)
    .raw(concat(...devices)).finish();
  return concat(body, ed25519.sign(account.secret, "simpp device list 2", body));
}

/** Seals `content` from one to another; the element for the other. */
export async function sealed(from: TestPerson, to: string, content: Element): Promise<Element> {
  return (await from.simpp.seal(to, [content])).parts[0]!.element;
}

/** Flips one bit of the packet for `device` in a sealed element. */
export function flipBit(element: Element, device: string, bit: number): void {
  const part = partFor(element, device);
  const bytes = Uint8Array.fromBase64(part.getText());
  const at = Math.floor(bit / 8) % bytes.length;
  bytes[at]! ^= 1 << bit % 8;
  part.children = [bytes.toBase64()];
}

/** The packet for `device` in a sealed element. */
export function packetFor(element: Element, device: string): Bytes {
  return fromBase64(partFor(element, device).getText());
}

/** The same element with another packet for `device`. */
export function withPacket(element: Element, device: string, packet: Uint8Array): Element {
  const changed = parseElement(serialise(element), LIMITS_AFTER_AUTH);
  partFor(changed, device).children = [toBase64(packet)];
  return changed;
}

function partFor(element: Element, device: string): Element {
  return element.getChildren("for").find((child) => child.attrs.did === device)!;
}
