import { type Bytes, fromBase64, logOf, toBase64 } from "../../base/mod.ts";
import { type KeyDirectory, SIMPP_NS } from "../../simpp/mod.ts";
import type { Settings } from "../../store/mod.ts";
import type { Component } from "../../xmpp/client/mod.ts";
import { el, type Element, NS, StanzaError } from "../../xmpp/core/mod.ts";
import { BUNDLES_NODE, DEVICES_NODE, oneTimeNode } from "../pep_directory.ts";

/** Name of the setting that holds what is published: items, base64, by `node/id`. */
const SETTING = "component-directory";
const MAX_ITEMS = 64;

/**
 * A component's keys: it has no account whose server would keep PEP nodes, so it answers for them
 * itself, at the same nodes; those of others it asks their servers for (XEP-0060, XEP-0163).
 */
export class ComponentDirectory implements KeyDirectory {
  readonly #component: Component;
  readonly #settings: Settings;
  readonly #items: Map<string, string>;

  constructor(component: Component, settings: Settings) {
    this.#component = component;
    this.#settings = settings;
    this.#items = new Map(settings.get<[string, string][]>(SETTING) ?? []);
    component.hooks.iq("get", "pubsub", NS.pubsub, (iq) => this.#answer(iq));
    component.hooks.feature(NS.pubsub);
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

  publishDevices(encoded: Bytes): Promise<void> {
    return this.#put(DEVICES_NODE, "current", encoded);
  }
  publishBundle(device: string, encoded: Bytes): Promise<void> {
    return this.#put(BUNDLES_NODE, device, encoded);
  }
  publishOneTime(device: string, id: number, encoded: Bytes): Promise<void> {
    return this.#put(oneTimeNode(device), String(id), encoded);
  }
  retractOneTime(device: string, id: number): Promise<void> {
    this.#items.delete(`${oneTimeNode(device)}/${id}`);
    this.#save();
    return Promise.resolve();
  }

  #put(node: string, id: string, encoded: Bytes): Promise<void> {
    const key = `${node}/${id}`;
    this.#items.delete(key);
    this.#items.set(key, toBase64(encoded));
    const old = [...this.#items.keys()].find((each) => each.startsWith(`${SIMPP_NS}:prekeys:`));
    if (this.#items.size > MAX_ITEMS && old !== undefined) this.#items.delete(old);
    this.#save();
    return Promise.resolve();
  }

  #save(): void {
    this.#settings.set(SETTING, [...this.#items]);
  }

  /** @throws StanzaError `item-not-found` */
  #answer(iq: Element): Element {
    const wanted = iq.getChild("pubsub", NS.pubsub)?.getChild("items");
    const { node = "" } = wanted?.attrs ?? {};
    const ids = wanted?.getChildren("item").map(({ attrs }) => attrs.id ?? "") ?? [];
    const found = ids.slice(0, MAX_ITEMS).flatMap((id) => {
      const text = this.#items.get(`${node}/${id}`);
      return text === undefined
        ? []
        : [el("item", { id }, el(nameOf(node), { xmlns: SIMPP_NS }, text))];
    });
    if (iq.attrs.to !== this.#component.domain.toString() || found.length === 0) {
      throw new StanzaError("cancel", "item-not-found");
    }
    return el("pubsub", { xmlns: NS.pubsub }, el("items", { node }, ...found));
  }

  async #fetch(jid: string, node: string, id: string): Promise<Bytes | undefined> {
    if (jid === this.#component.domain.toString()) {
      const own = this.#items.get(`${node}/${id}`);
      return own === undefined ? undefined : fromBase64(own);
    }
    const items = el("items", { node }, el("item", { id }));
    const query = el("pubsub", { xmlns: NS.pubsub }, items);
    try {
      const answer = await this.#component.iq(el("iq", { type: "get", to: jid }, query));
      const item = answer.getChild("pubsub", NS.pubsub)?.getChild("items")?.getChildren("item")
        .find(({ attrs }) => attrs.id === id);
      const payload = item?.getChildElements()[0];
      return payload === undefined ? undefined : fromBase64(payload.getText());
    } catch (error) {
      if (error instanceof StanzaError && ABSENT.has(error.condition)) return undefined;
      if (!(error instanceof SyntaxError)) throw error;
      logOf("app").warn("{jid} serves {node} that is not base64", { jid, node });
      return undefined;
    }
  }
}

/** A server that hides whether somebody exists answers forbidden or service-unavailable. */
const ABSENT = new Set(["item-not-found", "forbidden", "service-unavailable", "not-authorized"]);

function nameOf(node: string): string {
  if (node === DEVICES_NODE) return "devices";
  return node === BUNDLES_NODE ? "bundle" : "prekey";
}
