import { type Bytes, fromBase64, logOf, toBase64 } from "../../base/mod.ts";
import { el, type Element, NS, StanzaError, StreamError } from "../core/mod.ts";
import { Binding, continueSession } from "./stream/binding.ts";
import { BoundStream } from "./stream/bound_stream.ts";
import type { Login, LoginStep } from "./login/login.ts";
import type { Stage, StagedStream } from "./stream/stage.ts";
import type { StreamHost } from "./stream/stream_host.ts";
import { managementFeature, resumeSession } from "./xep_0198_stream_management.ts";
import { bind2, bind2Feature } from "./xep_0386_bind2.ts";
import { fastFeature, renewToken } from "./xep_0484_fast.ts";

/** Longest name a client may give itself. */
const LONGEST_CLIENT = 100;

/** What a client asked for along with its login. */
export interface Sasl2Request {
  readonly element: Element;
  /** `id` of `<user-agent/>`; "" when there is none. */
  readonly client: string;
  /** `<fast/>`, when it shows a token (XEP-0484). */
  readonly fast: Element | undefined;
}

type Success = Extract<LoginStep, { kind: "success" }>;

/**
 * The newer profile of SASL (XEP-0388): what a client needs at its start goes with the login, so that
 * one round trip does. It frames the same {@link Login} as the older one.
 */
export class Sasl2 {
  readonly #host: StreamHost;
  readonly #stream: StagedStream;
  readonly #login: Login;
  readonly #failed: () => void;
  #request: Sasl2Request | undefined;

  /** @param failed counts a login that failed. @throws StreamError when there were too many */
  constructor(host: StreamHost, stream: StagedStream, login: Login, failed: () => void) {
    this.#host = host;
    this.#stream = stream;
    this.#login = login;
    this.#failed = failed;
  }

  /** Forgets the login of this profile that runs. @returns whether one did */
  abandon(): boolean {
    const pending = this.#request !== undefined;
    this.#request = undefined;
    return pending;
  }

  feature(): Element {
    const { hooks, logins } = this.#host;
    return el(
      "authentication",
      { xmlns: NS.sasl2 },
      ...logins.offer("sasl2").mechanisms.map((name) => el("mechanism", {}, name)),
      el("inline", {}, bind2Feature(hooks), managementFeature(), fastFeature(logins)),
    );
  }

  async handle(element: Element): Promise<void> {
    const step = await this.#step(element);
    if (this.#stream.closed) return;
    if (step.kind === "challenge") {
      return this.#stream.send(el("challenge", { xmlns: NS.sasl2 }, toBase64(step.data)));
    }
    const request = this.#request;
    this.#request = undefined;
    if (step.kind === "success" && this.#isWho(step.account)) {
      return await this.#succeed(step, request!);
    }
    const condition = step.kind === "failure" ? step.condition : "invalid-authzid";
    this.#stream.send(el("failure", { xmlns: NS.sasl2 }, el(condition, { xmlns: NS.sasl })));
    this.#failed();
  }

  async #step(element: Element): Promise<LoginStep> {
    const login = this.#login;
    const name = element.getName();
    if (name === "abort") return login.fail("aborted");
    if (name === "authenticate") {
      const initial = element.getChild("initial-response");
      const data = initial && decoded(initial);
      if (initial !== undefined && data === undefined) return login.fail("incorrect-encoding");
      const request = this.#request = requestOf(element);
      const { mechanism = "" } = element.attrs;
      if (request.fast === undefined) return await login.begin("sasl2", mechanism, data);
      if (request.client === "") return login.fail("malformed-request");
      return await login.begin("sasl2", mechanism, data, request.client);
    }
    if (name !== "response" || this.#request === undefined) return login.fail("malformed-request");
    const data = decoded(element);
    return data === undefined ? login.fail("incorrect-encoding") : await login.respond(data);
  }

  /** Is the account the one the stream's header named, if it named one? */
  #isWho(account: string): boolean {
    const { from } = this.#stream;
    return from === undefined || from.bareEquals(this.#host.address(account));
  }

  async #succeed(step: Success, request: Sasl2Request): Promise<void> {
    const { account, mechanism } = step;
    // During the login a client sends nothing else (XEP-0388 section 2.4).
    if (this.#stream.pipelined) throw new StreamError("policy-violation", "sent before success");
    logOf("xmpp-server").info("{account} logged in by {mechanism}", { account, mechanism });
    this.#stream.authenticated(account);
    const host = this.#host;
    const token = renewToken(host, account, request);
    const resume = request.element.getChild("resume", NS.streamManagement);
    const resumed = resume && await resumeSession(host, account, resume);
    if (this.#stream.closed) return;
    const said = [token];
    if (resumed !== undefined && "session" in resumed) {
      this.#sendSuccess(step, resumed.session.jid.toString(), [resumed.element, ...said]);
      this.#stream.enter(new BoundStream(host, this.#stream, resumed.session));
      this.#stream.sendFeatures();
      return continueSession(host, this.#stream, resumed);
    }
    const bind = request.element.getChild("bind", NS.bind2);
    let stage: Stage = new Binding(host, this.#stream, account);
    let jid = host.address(account).toString();
    if (bind !== undefined) {
      const { session, bound } = this.#bind(account, bind, request.client);
      stage = new BoundStream(host, this.#stream, session);
      jid = session.jid.toString();
      said.unshift(bound);
    }
    this.#sendSuccess(step, jid, [resumed, ...said]);
    this.#stream.enter(stage);
    this.#stream.sendFeatures();
  }

  #bind(account: string, bind: Element, client: string) {
    try {
      return bind2(this.#host, this.#stream, account, bind, client);
    } catch (error) {
      // The login stands, and the client counts on a resource: no other answer fits.
      if (error instanceof StanzaError) throw new StreamError("resource-constraint", error.text);
      throw error;
    }
  }

  #sendSuccess(step: Success, jid: string, said: readonly (Element | undefined)[]): void {
    const data = toBase64(step.data);
    this.#stream.send(el(
      "success",
      { xmlns: NS.sasl2 },
      data === "" ? undefined : el("additional-data", {}, data),
      el("authorization-identifier", {}, jid),
      ...said,
    ));
  }
}

function requestOf(element: Element): Sasl2Request {
  const client = element.getChild("user-agent")?.attrs.id ?? "";
  return {
    element,
    client: client.length > LONGEST_CLIENT ? "" : client,
    fast: element.getChild("fast", NS.fast),
  };
}

function decoded(element: Element): Bytes | undefined {
  try {
    return fromBase64(element.getText().trim());
  } catch {
    return undefined;
  }
}
