import { utf8 } from "../../base/mod.ts";
import { el, type Element, NS, serialise, StanzaError } from "../core/mod.ts";
import type { IqRequest } from "./hooks.ts";
import type { Extension, Host } from "./host.ts";
import { PRIVATE_CONFIG } from "./pubsub/pep_config.ts";
import { checkRoom } from "./pubsub/pep_publish.ts";
import { readStored } from "./stored_xml.ts";

const ITEM = "current";
const LONGEST_NAME = 1_000;

/**
 * Private XML storage (XEP-0049), where older clients keep their settings: an element of each
 * namespace, which lies beside the account's nodes, under its quota, and goes with it.
 */
export const privateStorage: Extension = (host) => {
  host.hooks.feature("server", NS.privateXml);
  host.hooks.feature("account", NS.privateXml);
  host.hooks.iq("account", "query", NS.privateXml, (request) => {
    const { account, session, type, payload } = request;
    if (account !== session.account) throw new StanzaError("auth", "forbidden");
    if (type === "set") return store(host, request);
    const [wanted, ...more] = payload.getChildElements();
    if (wanted === undefined || more.length > 0) {
      throw new StanzaError("modify", "bad-request", "one element is asked for at a time");
    }
    return el("query", { xmlns: NS.privateXml }, read(host, account, wanted));
  });
};

function read({ storage }: Host, account: string, wanted: Element): Element {
  const item = storage.pep.item(account, nodeOf(wanted), ITEM);
  const stored = item && readStored(item.payload);
  return stored ?? el(wanted.name, { xmlns: wanted.getNS() });
}

function store(host: Host, { account, payload }: IqRequest): undefined {
  const { limits, storage } = host;
  const elements = payload.getChildElements();
  if (elements.length === 0) throw new StanzaError("modify", "bad-request", "nothing to store");
  storage.transaction(() => {
    for (const element of elements) {
      const node = nodeOf(element);
      element.attrs.xmlns = element.getNS()!;
      const xml = serialise(element as Element);
      if (utf8(xml).length > limits.pepItemBytes) {
        throw new StanzaError("modify", "not-acceptable", "the element is too large");
      }
      const isNew = storage.pep.config(account, node) === undefined;
      if (isNew && storage.pep.nodes(account).length >= limits.pepNodes) {
        throw new StanzaError("wait", "resource-constraint", "too many namespaces and nodes");
      }
      storage.pep.configure(account, node, PRIVATE_CONFIG);
      storage.pep.publish(account, node, { id: ITEM, payload: xml, published: Date.now() }, 1);
    }
    checkRoom(host, account);
  });
}

/** @throws StanzaError on a namespace that cannot be one's own (XEP-0049 section 3) */
function nodeOf(element: Element): string {
  const ns = element.getNS() ?? "";
  const name = `${element.name} ${ns}`;
  if (ns === "" || ns === NS.privateXml || name.length > LONGEST_NAME) {
    throw new StanzaError("modify", "not-acceptable", "expected a namespace of its own");
  }
  return `${NS.privateXml} ${name}`;
}
