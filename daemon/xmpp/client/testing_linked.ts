import { el, type Element, type Jid, NS, StanzaError } from "../core/mod.ts";
import { Hooks } from "./hooks.ts";

/** A client whose stanzas go straight to another's hooks. */
export class LinkedClient {
  readonly hooks = new Hooks();
  other!: LinkedClient;
  /** Blocks that wait for an answer now, and the most that ever did. */
  waiting = 0;
  most = 0;

  /** What becomes of a request on its way to the other. */
  network: (iq: Element) => Element | undefined = (iq) => iq;

  constructor(readonly jid: Jid) {}

  async iq(iq: Element, { to }: { to: Jid | string }): Promise<Element> {
    Object.assign(iq.attrs, { from: this.jid.toString(), to: to.toString(), id: "1" });
    this.most = Math.max(this.most, ++this.waiting);
    await Promise.resolve();
    const comes = this.network(iq);
    if (comes === undefined) return iq;
    const answer = await this.other.hooks.answer(comes).finally(() => this.waiting--);
    if (answer.attrs.type === "error") throw StanzaError.fromElement(answer);
    return answer;
  }
  send(message: Element): void {
    message.attrs.from = this.jid.toString();
    this.other.hooks.dispatch(message);
  }
  confirm(): Promise<void> {
    return Promise.resolve();
  }
  /** A request of in-band bytestreams, as a peer that keeps no rules makes it. */
  say(name: string, attrs: Record<string, string>, text = ""): Promise<Element> {
    return this.request(name, NS.ibb, attrs, text);
  }
  request(name: string, xmlns: string, attrs: Record<string, string>, text = ""): Promise<Element> {
    const iq = el("iq", { type: "set" }, el(name, { xmlns, ...attrs }, text));
    return this.iq(iq, { to: this.other.jid });
  }
}
