import type { Bytes } from "../base/mod.ts";
import type { KeyDirectory } from "../simpp/mod.ts";
import { type Element, LIMITS_AFTER_AUTH, parseElement, serialise } from "../xmpp/core/mod.ts";

/** A sealed element on its way. */
export interface Letter {
  from: string;
  to: string;
  element: Element;
}

/**
 * The server between two people, in memory and in the attacker's hands: it sees and changes the keys
 * it is asked for and the messages it carries.
 */
export class Post {
  readonly carried: Letter[] = [];
  /** What is delivered in place of a letter; undefined: nothing. */
  treat: (letter: Letter) => Letter | undefined = (letter) => letter;
  /** What is given out in place of a published bundle. */
  show: (bundle: Bytes) => Bytes = (bundle) => bundle;
  readonly #published = new Map<string, Bytes>();
  readonly #inboxes = new Map<string, (from: string, element: Element) => Promise<void>>();

  /** Who writes to `jid` reaches `inbox` from now on. */
  register(jid: string, inbox: (from: string, element: Element) => Promise<void>): void {
    this.#inboxes.set(jid, inbox);
  }

  /** What is published for a device: the real thing. */
  bundleOf(jid: string, device: string): Bytes | undefined {
    return this.#published.get(`bundle ${jid} ${device}`);
  }

  /** The key directory as `owner` uses it. */
  directory(owner: string): KeyDirectory {
    const all = this.#published;
    const get = (key: string) => Promise.resolve(all.get(key));
    const put = (key: string, encoded: Bytes) => {
      all.set(key, encoded);
      return Promise.resolve();
    };
    return {
      fetchDevices: (jid) => get(`devices ${jid}`),
      fetchBundle: (jid, device) => {
        const bundle = this.bundleOf(jid, device);
        return Promise.resolve(bundle === undefined ? undefined : this.show(bundle));
      },
      fetchOneTime: (jid, device, id) => get(`once ${jid} ${device} ${id}`),
      publishDevices: (encoded) => put(`devices ${owner}`, encoded),
      publishBundle: (device, encoded) => put(`bundle ${owner} ${device}`, encoded),
      publishOneTime: (device, id, encoded) => put(`once ${owner} ${device} ${id}`, encoded),
      retractOneTime: (device, id) => {
        all.delete(`once ${owner} ${device} ${id}`);
        return Promise.resolve();
      },
    };
  }

  /** Carries a letter, as XML; resolves when the other side has dealt with it. */
  async carry(letter: Letter): Promise<void> {
    this.carried.push({ ...letter, element: copyOf(letter.element) });
    const treated = this.treat({ ...letter, element: copyOf(letter.element) });
    if (treated !== undefined) await this.deliver(treated);
  }

  /** Delivers what the attacker pleases. */
  async deliver({ from, to, element }: Letter): Promise<void> {
    await this.#inboxes.get(to)?.(from, copyOf(element));
  }
}

/** The same element, as the other end of a connection reads it. */
export function copyOf(element: Element): Element {
  return parseElement(serialise(element), LIMITS_AFTER_AUTH);
}
