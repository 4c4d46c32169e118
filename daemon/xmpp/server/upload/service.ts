import { el, type Element, iqResult, type Jid, NS, StanzaError } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import { refusal } from "../refusal.ts";
import type { Service } from "../services.ts";
import type { Session } from "../session.ts";
import { slotFor } from "./slots.ts";
import type { Uploads } from "./uploads.ts";

/** `upload.DOMAIN`: says what it takes, and gives slots to the accounts of the server. */
export class UploadService implements Service {
  readonly name = "Uploads";
  readonly #host: Host;
  readonly #uploads: Uploads;

  constructor(host: Host, uploads: Uploads) {
    this.#host = host;
    this.#uploads = uploads;
  }

  receive(stanza: Element, _from: Jid, to: Jid, session: Session | undefined): void {
    const { type } = stanza.attrs;
    if (stanza.getName() !== "iq") {
      if (stanza.getName() === "presence" || type === "error") return;
      throw new StanzaError("cancel", "service-unavailable");
    }
    if (type === "result" || type === "error") return;
    if (to.local !== "" || to.resource !== "") throw new StanzaError("cancel", "item-not-found");
    const [payload, ...others] = stanza.getChildElements();
    if (type !== "get" || payload === undefined || others.length > 0) {
      throw new StanzaError("modify", "bad-request", "a request is a get with one child");
    }
    if (payload.is("query", NS.discoInfo)) return this.#answer(stanza, this.#info(payload));
    if (payload.is("query", NS.discoItems)) {
      return this.#answer(stanza, el("query", { xmlns: NS.discoItems }));
    }
    if (!payload.is("request", NS.upload)) throw new StanzaError("cancel", "service-unavailable");
    if (session === undefined) throw new StanzaError("auth", "forbidden");
    slotFor(this.#uploads, session.jid, payload).then(
      (slot) => this.#answer(stanza, slot),
      (error) => this.#host.deliver(refusal(stanza, error)),
    );
  }

  #answer(request: Element, child: Element): void {
    this.#host.deliver(iqResult(request, child));
  }

  #info(query: Element): Element {
    if (query.attrs.node !== undefined) throw new StanzaError("cancel", "item-not-found");
    const field = (name: string, value: string, type?: string) =>
      el("field", { var: name, type }, el("value", {}, value));
    return el(
      "query",
      { xmlns: NS.discoInfo },
      el("identity", { category: "store", type: "file", name: "HTTP File Upload" }),
      el("feature", { var: NS.discoInfo }),
      el("feature", { var: NS.discoItems }),
      el("feature", { var: NS.upload }),
      el(
        "x",
        { xmlns: NS.dataForms, type: "result" },
        field("FORM_TYPE", NS.upload, "hidden"),
        field("max-file-size", String(this.#uploads.limits.uploadFileBytes)),
      ),
    );
  }
}
