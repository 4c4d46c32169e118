import { type Bytes, fromBase64, logOf, toBase64 } from "../base/mod.ts";
import { type KeyDirectory, SIMPP_NS } from "../simpp/mod.ts";
import type { Pep } from "../xmpp/client/mod.ts";
import { el, StanzaError } from "../xmpp/core/mod.ts";

/** PEP node of device lists; its one item is `current`. */
export const DEVICES_NODE = `${SIMPP_NS}:devices`;
/** PEP node of bundles, an item a device. */
export const BUNDLES_NODE = `${SIMPP_NS}:bundles`;
const MAX_BUNDLES = 32;
/** One-time prekeys a node keeps: those of a device, and some that were used while it was away. */
const MAX_ONE_TIME = 30;

/** PEP node of a device's one-time prekeys, an item each. */
export function oneTimeNode(device: string): string {
  return `${SIMPP_NS}:prekeys:${device}`;
}

/** Device lists and bundles in the accounts' own PEP nodes (XEP-0163), open to everybody. */
export class PepDirectory implements KeyDirectory {
  readonly #pep: () => Pep;

  /** @param pep the pep of the connection; throws `not-online` when there is none */
  constructor(pep: () => Pep) {
    this.#pep = pep;
  }

  fetchDevices(jid: string): Promise<Bytes | undefined> {
    return this.#fetch(jid, DEVICES_NODE, "current");
  }

  fetchBundle(jid: string, device: string): Promise<Bytes | undefined> {
    return this.#fetch(jid, BUNDLES_NODE, device);
  }

  fetchOneTime(jid: string, device: string, id: number): Promise<Bytes | undefined> {
    return this.#fetch(jid, oneTimeNode(device), String(id));
  }

  async publishOneTime(device: string, id: number, encoded: Bytes): Promise<void> {
    const payload = el("prekey", { xmlns: SIMPP_NS }, toBase64(encoded));
    await this.#pep().publish(oneTimeNode(device), String(id), payload, {
      accessModel: "open",
      maxItems: MAX_ONE_TIME,
      persist: true,
    });
  }

  async retractOneTime(device: string, id: number): Promise<void> {
    await this.#pep().retract(oneTimeNode(device), String(id));
  }

  async publishDevices(encoded: Bytes): Promise<void> {
    const payload = el("devices", { xmlns: SIMPP_NS }, toBase64(encoded));
    await this.#pep().publish(DEVICES_NODE, "current", payload, {
      accessModel: "open",
      maxItems: 1,
      persist: true,
    });
  }

  async publishBundle(device: string, encoded: Bytes): Promise<void> {
    const payload = el("bundle", { xmlns: SIMPP_NS }, toBase64(encoded));
    await this.#pep().publish(BUNDLES_NODE, device, payload, {
      accessModel: "open",
      maxItems: MAX_BUNDLES,
      persist: true,
    });
  }

  async #fetch(jid: string, node: string, itemId: string): Promise<Bytes | undefined> {
    try {
      const items = await this.#pep().fetch(jid, node, { itemId });
      const item = items.find(({ id }) => id === itemId);
      return item === undefined ? undefined : fromBase64(item.payload.getText());
    } catch (error) {
      // A server that hides whether somebody exists answers forbidden or service-unavailable.
      const absent = ["item-not-found", "forbidden", "service-unavailable", "not-authorized"];
      if (error instanceof StanzaError && absent.includes(error.condition)) return undefined;
      if (!(error instanceof SyntaxError)) throw error;
      logOf("app").warn("{jid} serves {node} that is not base64", { jid, node });
      return undefined;
    }
  }
}
