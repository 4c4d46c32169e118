import type { Bytes } from "../base/mod.ts";
import { DEFAULT_POLICY, type SuiteId, systemRandom } from "../crypto/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
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
  /** As if its state had been lost, but for its identity. */
  forgetSessions(): void;
  close(): void;
}

export async function person(
  jid: string,
  directory: MemoryDirectory,
  policy: readonly SuiteId[] = DEFAULT_POLICY,
  now: () => number = Date.now,
): Promise<TestPerson> {
  const db = openDatabase(":memory:", MIGRATIONS);
  const vault = new Vault(systemRandom(32), systemRandom);
  const simpp = new Simpp({ db, vault, directory: directory.of(jid), policy, now });
  simpp.setAccount(jid);
  await simpp.publish();
  const events: SimppEvent[] = [];
  simpp.events.on((event) => events.push(event));
  const forgetSessions = () => db.exec("DELETE FROM sessions");
  return { jid, simpp, events, forgetSessions, close: () => db.close() };
}

/** Seals `content` from one to another; the element for the other. */
export async function sealed(from: TestPerson, to: string, content: Element): Promise<Element> {
  return (await from.simpp.seal(to, [content])).parts[0]!.element;
}

/** Flips one bit of the packet for `device` in a sealed element. */
export function flipBit(element: Element, device: string, bit: number): void {
  const part = element.getChildren("for").find((child) => child.attrs.did === device)!;
  const bytes = Uint8Array.fromBase64(part.getText());
  const at = Math.floor(bit / 8) % bytes.length;
  bytes[at]! ^= 1 << bit % 8;
  part.children = [bytes.toBase64()];
}
