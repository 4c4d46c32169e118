import type { Bytes } from "../base/mod.ts";
import { suite, SUITE_IDS, type SuiteId, systemRandom } from "../crypto/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
import type { KeyDirectory } from "./directory.ts";
import { Simpp, type SimppEvent } from "./simpp.ts";

/** A directory in memory that a test can make lie. */
export class MemoryDirectory {
  readonly devices = new Map<string, Bytes>();
  readonly bundles = new Map<string, Bytes>();

  of(owner: string): KeyDirectory {
    return {
      fetchDevices: (jid) => Promise.resolve(this.devices.get(jid)),
      fetchBundle: (jid, device) => Promise.resolve(this.bundles.get(`${jid}/${device}`)),
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
  close(): void;
}

export async function person(
  jid: string,
  directory: MemoryDirectory,
  policy: readonly SuiteId[] = SUITE_IDS,
  now: () => number = Date.now,
): Promise<TestPerson> {
  const db = openDatabase(":memory:", MIGRATIONS);
  const vault = new Vault(systemRandom(32), systemRandom);
  const simpp = new Simpp({ db, vault, directory: directory.of(jid), policy, now });
  simpp.setAccount(jid);
  await simpp.publish();
  const events: SimppEvent[] = [];
  simpp.events.on((event) => events.push(event));
  return { jid, simpp, events, close: () => db.close() };
}

/** Flips one bit of the packet for `device` in a sealed element. */
export function flipBit(element: Element, device: string, bit: number): void {
  const part = element.getChildren("for").find((child) => child.attrs.did === device)!;
  const bytes = Uint8Array.fromBase64(part.getText());
  const at = Math.floor(bit / 8) % bytes.length;
  bytes[at]! ^= 1 << bit % 8;
  part.children = [bytes.toBase64()];
}

export const modern = suite("simpp-modern");
