import { el, type Element, NS, StanzaError } from "../../core/mod.ts";

type Arguments = ConstructorParameters<typeof StanzaError>;

/** A stanza error with the condition of its own that XEP-0060 gives it. */
export class PubsubError extends StanzaError {
  readonly #attrs: Record<string, string>;

  /** @param specific such as `closed-node`; `attrs` of it, such as `feature` */
  constructor(
    type: Arguments[0],
    condition: Arguments[1],
    specific: string,
    attrs: Record<string, string> = {},
  ) {
    super(type, condition, undefined, specific);
    this.#attrs = attrs;
  }

  override toElement(): Element {
    const element = super.toElement();
    element.append(el(this.application!, { xmlns: NS.pubsubErrors, ...this.#attrs }));
    return element;
  }
}
