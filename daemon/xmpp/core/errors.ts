import { SimppdError } from "../../base/mod.ts";
import { el, type Element } from "./element.ts";
import { NS } from "./namespaces.ts";

/** Texts of peers are shown to people: no more than this many characters of them. */
const MAX_TEXT = 500;

/** Conditions of RFC 6120 section 4.9.3. */
export type StreamCondition =
  | "bad-format"
  | "bad-namespace-prefix"
  | "conflict"
  | "connection-timeout"
  | "host-gone"
  | "host-unknown"
  | "improper-addressing"
  | "internal-server-error"
  | "invalid-from"
  | "invalid-namespace"
  | "invalid-xml"
  | "not-authorized"
  | "not-well-formed"
  | "policy-violation"
  | "remote-connection-failed"
  | "reset"
  | "resource-constraint"
  | "restricted-xml"
  | "see-other-host"
  | "system-shutdown"
  | "undefined-condition"
  | "unsupported-encoding"
  | "unsupported-feature"
  | "unsupported-stanza-type"
  | "unsupported-version";

/** Conditions of RFC 6120 section 8.3.3. */
export type StanzaCondition =
  | "bad-request"
  | "conflict"
  | "feature-not-implemented"
  | "forbidden"
  | "gone"
  | "internal-server-error"
  | "item-not-found"
  | "jid-malformed"
  | "not-acceptable"
  | "not-allowed"
  | "not-authorized"
  | "policy-violation"
  | "recipient-unavailable"
  | "redirect"
  | "registration-required"
  | "remote-server-not-found"
  | "remote-server-timeout"
  | "resource-constraint"
  | "service-unavailable"
  | "subscription-required"
  | "undefined-condition"
  | "unexpected-request";

/** RFC 6120 section 8.3.2: what the sender may do about it. */
export type StanzaErrorType = "auth" | "cancel" | "continue" | "modify" | "wait";

/** An error that ends a stream (RFC 6120 section 4.9); code `stream-` and the condition. */
export class StreamError extends SimppdError {
  readonly condition: string;
  readonly text: string | undefined;

  constructor(condition: StreamCondition, text?: string, cause?: unknown) {
    super(
      `stream-${condition}`,
      `The XMPP connection ended with the error "${condition}"${text ? `: ${text}` : "."}`,
      cause,
    );
    this.name = "StreamError";
    this.condition = condition;
    this.text = text;
  }

  /** `<stream:error/>` as it is sent before the stream is closed. */
  toElement(): Element {
    return el(
      "stream:error",
      { "xmlns:stream": NS.stream },
      el(this.condition, { xmlns: NS.streams }),
      this.text === undefined ? undefined : el("text", { xmlns: NS.streams }, this.text),
    );
  }

  /** Reads a peer's `<stream:error/>`. */
  static fromElement(error: Element): StreamError {
    const { condition, text } = conditionOf(error, NS.streams);
    return new StreamError(condition as StreamCondition, text);
  }
}

/** An error answer to one stanza (RFC 6120 section 8.3); code `stanza-` and the condition. */
export class StanzaError extends SimppdError {
  readonly type: StanzaErrorType;
  readonly condition: string;
  readonly text: string | undefined;
  /** Name of the application-specific condition, such as `precondition-not-met`. */
  readonly application: string | undefined;

  constructor(
    type: StanzaErrorType,
    condition: StanzaCondition,
    text?: string,
    application?: string,
  ) {
    super(
      `stanza-${condition}`,
      `The other side refused this with "${condition}"${text ? `: ${text}` : "."}`,
    );
    this.name = "StanzaError";
    this.type = type;
    this.condition = condition;
    this.text = text;
    this.application = application;
  }

  /** The `<error/>` child of an error stanza. */
  toElement(): Element {
    return el(
      "error",
      { type: this.type },
      el(this.condition, { xmlns: NS.stanzas }),
      this.text === undefined ? undefined : el("text", { xmlns: NS.stanzas }, this.text),
    );
  }

  /** Reads the error out of a stanza of type `error`; one without is `undefined-condition`. */
  static fromElement(stanza: Element): StanzaError {
    const error = stanza.getChild("error");
    if (error === undefined) return new StanzaError("cancel", "undefined-condition");
    const { condition, text } = conditionOf(error, NS.stanzas);
    const application = error.getChildElements().find((child) => child.getNS() !== NS.stanzas);
    return new StanzaError(
      ERROR_TYPES.find((type) => type === error.attrs.type) ?? "cancel",
      condition as StanzaCondition,
      text,
      application?.getName(),
    );
  }
}

const ERROR_TYPES: StanzaErrorType[] = ["auth", "cancel", "continue", "modify", "wait"];

function conditionOf(error: Element, ns: string): { condition: string; text: string | undefined } {
  let condition = "undefined-condition";
  let text: string | undefined;
  for (const child of error.getChildElements()) {
    if (child.getNS() !== ns) continue;
    if (child.getName() === "text") text = child.getText().slice(0, MAX_TEXT) || undefined;
    else if (/^[a-z-]{1,40}$/.test(child.getName())) condition = child.getName();
  }
  return { condition, text };
}
