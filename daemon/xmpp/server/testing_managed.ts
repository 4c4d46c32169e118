import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { fromBase64, fromUtf8, toBase64, utf8 } from "../../base/mod.ts";
import { type KeyPair, loginProfile, systemRandom } from "../../crypto/mod.ts";
import {
  type ChannelBinding,
  el,
  type Element,
  endPointOf,
  newId,
  NS,
  readSmCounter,
  type SaslOffer,
  scramClient,
  type ScramMechanism,
  scramNonce,
  serialise,
  simpp1Client,
  SIMPP_1,
  smAdd,
  smDistance,
  tlsServerEndPoint,
} from "../core/mod.ts";
import type { XmppServer } from "./server.ts";
import { DOMAIN, PASSWORD, TestClient, testOptions, until } from "./testing.ts";

/** What clients of the test server bind to. */
export async function testBinding(): Promise<ChannelBinding> {
  const { raw } = new X509Certificate((await testOptions()).certificatePem);
  return { type: "tls-server-end-point", data: tlsServerEndPoint(raw)! };
}

/** What a server said it offers, in either profile of SASL. */
export function offerOf(features: Element, profile: "sasl" | "sasl2"): SaslOffer {
  const list = profile === "sasl"
    ? features.getChild("mechanisms", NS.sasl)
    : features.getChild("authentication", NS.sasl2);
  const bindings = features.getChild("sasl-channel-binding", NS.saslChannelBinding);
  return {
    mechanisms: list!.getChildren("mechanism").map((name) => name.getText()),
    channelBindings: bindings?.getChildren("channel-binding").map(({ attrs }) => attrs.type!),
  };
}

const isSasl2 = (element: Element) => element.getNS() === NS.sasl2;

/** A login by SCRAM in the profile of XEP-0388. @returns `<success/>` or `<failure/>` */
export async function authenticate2(
  client: TestClient,
  features: Element,
  name: string,
  inline: readonly Element[] = [],
  mechanism: ScramMechanism = "SCRAM-SHA-256-PLUS",
): Promise<Element> {
  const plus = mechanism.endsWith("-PLUS");
  const scram = scramClient(mechanism, name, PASSWORD, scramNonce, {
    ...(plus ? { binding: await testBinding() } : {}),
    offer: offerOf(features, "sasl2"),
  });
  client.send(el(
    "authenticate",
    { xmlns: NS.sasl2, mechanism },
    el("initial-response", {}, toBase64(utf8(scram.first()))),
    ...inline,
  ));
  const challenge = await client.until(isSasl2, "a challenge");
  if (challenge.getName() !== "challenge") return challenge;
  const response = await scram.respond(fromUtf8(fromBase64(challenge.getText())));
  client.send(el("response", { xmlns: NS.sasl2 }, toBase64(utf8(response))));
  const outcome = await client.until(isSasl2, "the outcome of the login");
  const proof = outcome.getChildText("additional-data");
  if (outcome.getName() === "success") scram.verify(fromUtf8(fromBase64(proof!)));
  return outcome;
}

/** A login of `name` by its key (SIMPP-1), binding nothing. @returns the last SASL element */
export async function authenticateByKey(
  client: TestClient,
  { logins }: XmppServer,
  name: string,
  own: KeyPair,
): Promise<Element> {
  const { raw } = new X509Certificate((await testOptions()).certificatePem);
  const simpp = simpp1Client({
    jid: `${name}@${DOMAIN}`,
    domain: DOMAIN,
    keys: [{ profile: loginProfile("simpp-modern"), own, server: logins.publicKeys[0]!.public }],
    mechanisms: logins.offer("sasl").mechanisms,
    endPoint: endPointOf(raw),
  }, systemRandom);
  const isSasl = (element: Element) => element.getNS() === NS.sasl;
  client.send(el("auth", { xmlns: NS.sasl, mechanism: SIMPP_1 }, toBase64(simpp.first())));
  const challenge = await client.until(isSasl, "a challenge");
  if (challenge.getName() !== "challenge") return challenge;
  const response = simpp.respond(fromBase64(challenge.getText()));
  client.send(el("response", { xmlns: NS.sasl }, toBase64(response)));
  const outcome = await client.until(isSasl, "the outcome of the login");
  if (outcome.getName() === "success") client.restart();
  return outcome;
}

/**
 * A client with stream management (XEP-0198), careful with both counters: what it keeps lasts from
 * one connection to the next.
 */
export class ManagedClient {
  /** Bodies of the messages that came, in order. */
  readonly bodies: string[] = [];
  client: TestClient | undefined;
  jid = "";
  previd = "";
  /** Does it answer `<r/>`? */
  acknowledges = true;
  /** What the server has not acknowledged. */
  unacknowledged: Element[] = [];

  #received = 0;
  #acknowledged = 0;

  constructor(readonly port: number, readonly name: string) {}

  get received(): number {
    return this.#received;
  }

  /** A new session, available. */
  async start(resource = "managed", max?: number): Promise<void> {
    const client = await this.#connect();
    await client.login(this.name, PASSWORD, resource);
    this.jid = client.jid;
    this.#listen(client);
    client.send(
      el("enable", { xmlns: NS.streamManagement, resume: "true", max: max?.toString() }),
    );
    const enabled = await client.until((element) => element.is("enabled"), "<enabled/>");
    this.previd = enabled.attrs.id!;
    this.#received = this.#acknowledged = 0;
    this.unacknowledged = [];
    this.send(el("presence"));
    await client.until((stanza) => stanza.attrs.from === this.jid, "its own presence");
  }

  send(stanza: Element): void {
    this.unacknowledged.push(stanza);
    this.client?.send(stanza);
  }

  /** The connection is lost, with whatever is on it. */
  async cut(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.close();
  }

  /** Goes on with the session on a new connection. @returns `<resumed/>` or `<failed/>` */
  async resume(profile: "sasl" | "sasl2" = "sasl"): Promise<Element> {
    const client = await this.#connect();
    const h = String(this.#received);
    const resume = el("resume", { xmlns: NS.streamManagement, previd: this.previd, h });
    const features = await client.open();
    let answer: Element | undefined;
    if (profile === "sasl2") {
      const success = await authenticate2(client, features, this.name, [resume]);
      assert.equal(success.getName(), "success", serialise(success));
      answer = success.getChildElements().find((child) => child.getNS() === NS.streamManagement);
    } else {
      await client.authenticate(this.name, PASSWORD);
      await client.open();
      // Counted from <resumed/> on: what follows it may come in the same segment.
      this.#listen(client);
      client.send(resume);
      answer = await client.until(
        (element) => element.is("resumed") || element.is("failed"),
        "an answer to <resume/>",
      );
    }
    if (answer!.getName() !== "resumed") {
      await client.close();
      return answer!;
    }
    if (profile === "sasl2") this.#listen(client);
    this.#take(answer!.attrs.h);
    for (const stanza of this.unacknowledged) client.send(stanza);
    return answer!;
  }

  /** All sent so far was handled, and acknowledged. */
  async settle(): Promise<void> {
    const id = newId();
    this.send(el("iq", { type: "get", id, to: DOMAIN }, el("ping", { xmlns: NS.ping })));
    await this.client!.until(({ attrs }) => attrs.id === id, "the answer to a ping");
    this.request();
    await until(() => this.unacknowledged.length === 0);
  }

  acknowledge(): void {
    const h = String(this.#received);
    this.client?.send(el("a", { xmlns: NS.streamManagement, h }));
  }

  request(): void {
    this.client?.send(el("r", { xmlns: NS.streamManagement }));
  }

  async #connect(): Promise<TestClient> {
    await this.cut();
    return await TestClient.connect(this.port, (await testOptions()).certificatePem);
  }

  #listen(client: TestClient): void {
    this.client = client;
    client.intercept = (element) => this.#intercept(element);
    for (const element of client.inbox.splice(0)) {
      if (!this.#intercept(element)) client.inbox.push(element);
    }
  }

  #intercept(element: Element): boolean {
    if (element.getNS() === NS.streamManagement) {
      if (element.getName() === "r" && this.acknowledges) this.acknowledge();
      if (element.getName() === "a") this.#take(element.attrs.h);
      return ["a", "r"].includes(element.getName());
    }
    if (element.getNS() !== NS.client) return false;
    this.#received = smAdd(this.#received, 1);
    const body = element.getChildText("body");
    if (element.getName() === "message" && body !== undefined && body !== null) {
      this.bodies.push(body);
    }
    return false;
  }

  #take(h: string | undefined): void {
    const count = smDistance(this.#acknowledged, readSmCounter(h)!);
    assert.ok(count <= this.unacknowledged.length, "the server counts what was never sent");
    this.unacknowledged.splice(0, count);
    this.#acknowledged = smAdd(this.#acknowledged, count);
  }
}

/** A chat message with a body. */
export function chat(to: string, body: string): Element {
  return el(
    "message",
    { to: to.includes("@") ? to : `${to}@${DOMAIN}`, type: "chat" },
    el("body", {}, body),
  );
}
