import { fromBase64, logOf, toBase64 } from "../../../base/mod.ts";
import type { Bytes } from "../../../base/mod.ts";
import { el, type Element, iqResult, NS, StreamError } from "../../core/mod.ts";
import { Binding } from "../stream/binding.ts";
import { Login, type LoginStep } from "./login.ts";
import { refusal } from "../refusal.ts";
import type { Stage, StagedStream } from "../stream/stage.ts";
import type { StreamHost } from "../stream/stream_host.ts";
import { Sasl2 } from "../xep_0388_sasl2.ts";

/** Failed logins after which a stream is closed (RFC 6120 section 6.4.4 wants two to five). */
const MOST_FAILED_LOGINS = 4;

/** A stream whose client has not shown who it is: SASL in either profile, and accounts to be made. */
export class Authentication implements Stage {
  readonly #host: StreamHost;
  readonly #stream: StagedStream;
  readonly #login: Login;
  readonly #sasl2: Sasl2;
  #elements = 0;
  #failures = 0;

  constructor(host: StreamHost, stream: StagedStream) {
    this.#host = host;
    this.#stream = stream;
    this.#login = new Login(host, stream.address, (bytes) => stream.charge(bytes));
    this.#sasl2 = new Sasl2(host, stream, this.#login, () => this.#failed());
  }

  features(): Element[] {
    const { hooks, logins } = this.#host;
    const mechanisms = logins.offer("sasl").mechanisms.map((name) => el("mechanism", {}, name));
    const bindings = logins.channelBindings.map((type) => el("channel-binding", { type }));
    return [
      el("mechanisms", { xmlns: NS.sasl }, ...mechanisms),
      this.#sasl2.feature(),
      ...(bindings.length === 0
        ? []
        : [el("sasl-channel-binding", { xmlns: NS.saslChannelBinding }, ...bindings)]),
      ...hooks.streamFeatures("login"),
    ];
  }

  handle(element: Element): Promise<void> {
    if (++this.#elements > this.#host.limits.stanzasBeforeAuth) {
      throw new StreamError("policy-violation", "too many stanzas before login");
    }
    if (element.getNS() === NS.sasl) return this.#sasl(element);
    if (element.getNS() === NS.sasl2) return this.#sasl2.handle(element);
    const type = element.attrs.type;
    const [payload, ...others] = element.getChildElements();
    const handler = payload && this.#host.hooks.loginIqHandler(payload);
    const request = element.is("iq", NS.client) && (type === "get" || type === "set");
    if (!request || others.length > 0 || handler === undefined) {
      throw new StreamError("not-authorized", "log in first");
    }
    return this.#iq(element, async () => await handler(this.#login, type, payload!));
  }

  async #iq(iq: Element, work: () => Promise<Element | undefined>): Promise<void> {
    delete iq.attrs.from;
    try {
      const child = await work();
      this.#stream.send(iqResult(iq, child));
    } catch (error) {
      if (error instanceof StreamError) throw error;
      this.#stream.send(refusal(iq, error));
    }
  }

  /** SASL as RFC 6120 section 6 frames it. */
  async #sasl(element: Element): Promise<void> {
    const step = await this.#step(element);
    if (this.#stream.closed) return;
    switch (step.kind) {
      case "challenge":
        return this.#stream.send(
          el("challenge", { xmlns: NS.sasl }, toBase64(step.data) || undefined),
        );
      case "failure":
        this.#stream.send(el("failure", { xmlns: NS.sasl }, el(step.condition)));
        return this.#failed();
      case "success": {
        // Nothing may have been sent ahead: it was parsed as part of the stream that ends here.
        if (this.#stream.pipelined) {
          throw new StreamError("policy-violation", "sent before success");
        }
        logLogin(step);
        this.#stream.authenticated(step.account);
        this.#stream.restart(new Binding(this.#host, this.#stream, step.account));
        this.#stream.send(el("success", { xmlns: NS.sasl }, toBase64(step.data)));
      }
    }
  }

  async #step(element: Element): Promise<LoginStep> {
    const login = this.#login;
    const name = element.getName();
    if (name === "abort") {
      this.#sasl2.abandon();
      return login.fail("aborted");
    }
    // A login is not begun in one profile and ended in the other.
    if (this.#sasl2.abandon() || (name !== "auth" && name !== "response")) {
      return login.fail("malformed-request");
    }
    const data = decoded(element);
    if (data === undefined) return login.fail("incorrect-encoding");
    if (name === "response") return await login.respond(data);
    return await login.begin("sasl", element.attrs.mechanism ?? "", data);
  }

  #failed(): void {
    if (++this.#failures >= MOST_FAILED_LOGINS) {
      throw new StreamError("policy-violation", "too many failed logins");
    }
  }
}

/** Says in the log who came, and how. */
export function logLogin({ account, mechanism }: { account: string; mechanism: string }): void {
  logOf("xmpp-server").info("{account} logged in by {mechanism}", { account, mechanism });
}

/** The bytes of a SASL element, "=" for none (RFC 6120 section 6.4.2). */
function decoded(element: Element): Bytes | undefined {
  const text = element.getText();
  if (text === "=") return new Uint8Array(0);
  try {
    return fromBase64(text);
  } catch {
    return undefined;
  }
}
