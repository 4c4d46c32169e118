import { el, type Element, type Jid, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/** Who an entity says it is (XEP-0030 section 3.1). */
export interface Identity {
  readonly category: string;
  readonly type: string;
  readonly name: string;
}

/** What an entity offers. */
export interface DiscoInfo {
  readonly identities: readonly Identity[];
  readonly features: ReadonlySet<string>;
}

const MAX_IDENTITIES = 100;

/** Service Discovery (XEP-0030): says what we offer, asks what others do. */
export class Disco {
  readonly identity: Identity;
  readonly #client: XmppClient;

  /** Registers with `client`. `node` is the URI that names this software (XEP-0115). */
  constructor(client: XmppClient, name: string, readonly node: string) {
    this.#client = client;
    this.identity = { category: "client", type: "pc", name };
    client.hooks.feature(NS.discoInfo);
    client.hooks.iq("get", "query", NS.discoInfo, (iq) => this.#answer(iq));
    client.hooks.iq("get", "query", NS.discoItems, (iq) => {
      const node = iq.getChild("query", NS.discoItems)!.attrs.node;
      return el("query", { xmlns: NS.discoItems, node });
    });
  }

  /** Asks an entity for its identities and features. @throws StanzaError, SimppdError */
  async info(jid: Jid | string, node?: string): Promise<DiscoInfo> {
    const query = el("query", { xmlns: NS.discoInfo, node });
    const answer = await this.#client.iq(el("iq", { type: "get" }, query), { to: jid });
    const result = answer.getChild("query", NS.discoInfo);
    return {
      identities: (result?.getChildren("identity") ?? []).slice(0, MAX_IDENTITIES)
        .map(({ attrs }) => ({
          category: attrs.category ?? "",
          type: attrs.type ?? "",
          name: attrs.name ?? "",
        })),
      features: new Set(
        result?.getChildren("feature").flatMap(({ attrs }) => attrs.var ?? []) ?? [],
      ),
    };
  }

  #answer(iq: Element): Element {
    const { node } = iq.getChild("query", NS.discoInfo)!.attrs;
    // With entity capabilities the node is ours, and a hash after "#".
    if (node !== undefined && !node.startsWith(`${this.node}#`)) {
      throw new StanzaError("cancel", "item-not-found");
    }
    return el(
      "query",
      { xmlns: NS.discoInfo, node },
      el("identity", { ...this.identity }),
      ...this.#client.hooks.features.map((feature) => el("feature", { var: feature })),
    );
  }
}
