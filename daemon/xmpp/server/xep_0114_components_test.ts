import assert from "node:assert/strict";
import { Component } from "../client/mod.ts";
import { componentProof, el, NS } from "../core/mod.ts";
import type { ServerLimits } from "./limits.ts";
import { XmppServer } from "./server.ts";
import { conditionOf, DOMAIN, PASSWORD, TestClient, testOptions, until } from "./testing.ts";
import { Flood, FLOOD_BYTES, MOST_TAKEN, openDescriptors } from "./stream/testing_flood.ts";

const KEYS = `keys.${DOMAIN}`;
const SECRET = "a secret of keys";

async function withComponents(
  work: (server: XmppServer, anna: TestClient) => Promise<void>,
  limits: Partial<ServerLimits> = {},
): Promise<void> {
  const options = await testOptions(limits);
  const server = await XmppServer.start({
    ...options,
    components: { host: "127.0.0.1", port: 0, domains: [{ domain: KEYS, secret: SECRET }] },
  });
  try {
    await server.createAccount("anna", PASSWORD);
    const anna = await TestClient.connect(server.port, options.certificatePem);
    await anna.login("anna", PASSWORD);
    await work(server, anna);
    await anna.close();
  } finally {
    await server.stop();
  }
}

const keys = (port: number, secret = SECRET, domain = KEYS) =>
  new Component({ domain, secret, host: "127.0.0.1", port });

/** Writes to the component port, and gives all that comes until it closes. */
async function raw(port: number, ...parts: string[]): Promise<string> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const decoder = new TextDecoder();
  let all = "";
  const reading = (async () => {
    const chunk = new Uint8Array(4096);
    for (let n; (n = await conn.read(chunk).catch(() => null)) !== null;) {
      all += decoder.decode(chunk.subarray(0, n));
    }
  })();
  for (const part of parts) await conn.write(new TextEncoder().encode(part)).catch(() => {});
  await reading;
  conn.close();
  return all;
}

const HEADER = `<stream:stream xmlns='${NS.component}' xmlns:stream='${NS.stream}' to='${KEYS}'>`;

Deno.test("a component and an account talk both ways, and discovery shows it", () =>
  withComponents(async (server, anna) => {
    const component = keys(server.componentPort);
    const heard: string[] = [];
    component.hooks.message((stanza) => void heard.push(`${stanza.attrs.from} ${stanza.attrs.to}`));
    component.hooks.iq("get", "query", NS.version, () => el("query", { xmlns: NS.version }));
    await component.connect();
    try {
      const answer = await anna.request("get", el("query", { xmlns: NS.version }), `x@${KEYS}`);
      assert.equal(answer.attrs.type, "result");
      assert.equal(answer.attrs.from, `x@${KEYS}`);
      anna.send(el("message", { to: KEYS }, el("body", {}, "hello")));
      await until(() => heard.length === 1);
      assert.deepEqual(heard, [`${anna.jid} ${KEYS}`]);
      component.send(el("message", { from: `y@${KEYS}`, to: anna.jid }, el("body", {}, "hi")));
      assert.equal((await anna.until((s) => s.is("message"))).attrs.from, `y@${KEYS}`);
      const ping = el(
        "iq",
        { type: "get", to: `nobody@${DOMAIN}/x` },
        el("ping", { xmlns: NS.ping }),
      );
      await assert.rejects(component.iq(ping), { condition: "service-unavailable" });
      assert.throws(() => component.send(el("message", { from: anna.jid, to: anna.jid })), {
        code: "bad-jid",
      });
      const items = await anna.request("get", el("query", { xmlns: NS.discoItems }), DOMAIN);
      assert.match(items.toString(), new RegExp(KEYS));
    } finally {
      await component.close();
    }
    await until(() => server.services.get(KEYS) === undefined);
  }));

Deno.test("a wrong secret or name is refused, and nothing is tried again by itself", () =>
  withComponents(async (server) => {
    for (
      const wrong of [
        keys(server.componentPort, "another one"),
        keys(server.componentPort, SECRET, `x.${DOMAIN}`),
      ]
    ) {
      await assert.rejects(wrong.connect(), { code: "component-refused" });
      assert.equal(server.services.get(KEYS), undefined);
    }
  }));

Deno.test("a newer connection takes the place; a component comes back by itself", () =>
  withComponents(async (server) => {
    const first = keys(server.componentPort);
    await first.connect();
    const one = server.services.get(KEYS);
    const second = keys(server.componentPort);
    await second.connect();
    assert.notEqual(server.services.get(KEYS), one);
    await second.close();
    await until(() => server.services.get(KEYS) !== undefined);
    await first.close();
  }));

Deno.test("stanzas before the proof, forged senders and bad XML end the stream", () =>
  withComponents(async (server) => {
    const port = server.componentPort;
    const message = `<message from='x@${KEYS}' to='anna@${DOMAIN}'><body>forged</body></message>`;
    assert.match(await raw(port, HEADER, message), /not-authorized/);
    assert.match(await raw(port, HEADER, "<handshake>00</handshake>"), /not-authorized/);
    assert.match(await raw(port, HEADER.replace(KEYS, "evil.example")), /host-unknown/);
    assert.match(await raw(port, HEADER.replace(NS.component, NS.client)), /invalid-namespace/);
    assert.match(await raw(port, "<!DOCTYPE x>"), /restricted-xml|not-well-formed/);
    assert.match(await raw(port, HEADER, "x".repeat(20_000)), /bad-format|policy-violation/);
    assert.equal(server.services.get(KEYS), undefined);
    const component = keys(port);
    await component.connect();
    const stream = server.services.get(KEYS)!;
    assert.ok(stream.name.includes(KEYS));
    await component.close();
  }));

Deno.test("a component's domain and secret are checked, and it stays on this machine", async () => {
  const options = await testOptions();
  for (
    const entry of [
      { domain: DOMAIN, secret: SECRET },
      { domain: "a@b", secret: SECRET },
      { domain: KEYS, secret: "short" },
    ]
  ) {
    await assert.rejects(
      XmppServer.start({
        ...options,
        components: { host: "127.0.0.1", port: 0, domains: [entry] },
      }),
      { code: "bad-component" },
    );
  }
  assert.throws(
    () => new Component({ domain: KEYS, secret: SECRET, host: "192.0.2.1", port: 1 }),
    { code: "component-in-clear" },
  );
});

Deno.test("a component's flood stays with it past its rate, and ends with its stream", () =>
  withComponents(async (server, anna) => {
    const before = openDescriptors();
    const spaces = new Uint8Array(65_536).fill(0x20);
    const proved = await Deno.connect({ hostname: "127.0.0.1", port: server.componentPort });
    await proved.write(new TextEncoder().encode(HEADER));
    const said = new Uint8Array(4096);
    const header = new TextDecoder().decode(said.subarray(0, (await proved.read(said)) ?? 0));
    const proof = componentProof(/ id='([^']+)'/.exec(header)![1]!, SECRET);
    await proved.write(new TextEncoder().encode(`<handshake>${proof}</handshake>`));
    await proved.read(said);
    const wrong = await Deno.connect({ hostname: "127.0.0.1", port: server.componentPort });
    const floods = [new Flood(proved, spaces), new Flood(wrong, spaces)];
    for (const flood of floods) {
      const sent = await flood.stuck();
      assert.ok(sent > 0 && sent < MOST_TAKEN, `${sent} bytes were taken`);
    }
    assert.ok(server.services.get(KEYS) !== undefined);
    await anna.settle();
    // A newer connection takes the place of the one that is not read.
    const component = keys(server.componentPort);
    await component.connect();
    await Promise.all(floods.map(({ over }) => over));
    for (const { sent } of floods) assert.ok(sent < FLOOD_BYTES, `${sent} bytes were taken`);
    proved.close();
    wrong.close();
    await component.close();
    await until(() => openDescriptors() <= before);
  }, { bytesPerSecond: 10_000, burstBytes: 100_000 }));

Deno.test("a component that reads slowly holds its senders back, loses nothing and stays", () =>
  withComponents(async (server, anna) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.componentPort });
    const write = (text: string) => conn.write(new TextEncoder().encode(text));
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(65_536);
    const read = async () => decoder.decode(chunk.subarray(0, (await conn.read(chunk)) ?? 0));
    await write(HEADER);
    const proof = componentProof(/ id='([^']+)'/.exec(await read())![1]!, SECRET);
    await write(`<handshake>${proof}</handshake>`);
    await read();
    const stream = server.services.get(KEYS);
    // More than the buffers of the system and ours take together.
    const text = "x".repeat(200_000);
    const count = 100;
    for (let i = 0; i < count; i++) anna.send(el("message", { to: KEYS, id: `m${i}` }, text));
    let refused: string | undefined;
    anna.intercept = (stanza) => {
      if (stanza.attrs.type === "error") refused ??= conditionOf(stanza);
      return stanza.is("message");
    };
    await until(() => refused !== undefined);
    assert.equal(refused, "resource-constraint");
    assert.equal(server.services.get(KEYS), stream);
    let heard = "";
    const reading = (async () => {
      for (let more; (more = await read().catch(() => "")) !== "";) {
        heard = heard.slice(-100) + more;
      }
    })();
    await anna.settle();
    anna.intercept = () => false;
    await until(async () => {
      anna.send(el("message", { to: KEYS }, el("body", {}, "are you there?")));
      return (await anna.settle()).length === 0;
    });
    await until(() => heard.includes("are you there?"));
    assert.equal(server.services.get(KEYS), stream);
    conn.close();
    await reading;
  }, { crowdedHoldMs: 200, outQueueBytes: 1 << 20, bytesPerSecond: 1e9, burstBytes: 1e9 }));

Deno.test("what a component writes has its addresses in the one spelling", () =>
  withComponents(async (server, anna) => {
    const component = keys(server.componentPort);
    await component.connect();
    component.send(
      el("message", { from: `Y@${KEYS.toUpperCase()}`, to: anna.jid.replace("a", "A") }),
    );
    const { from, to } = (await anna.until((stanza) => stanza.is("message"))).attrs;
    assert.deepEqual([from, to], [`y@${KEYS}`, anna.jid]);
    await component.close();
  }));

Deno.test("a component reads items of open nodes by their ids, and nothing else of an account", () =>
  withComponents(async (server, anna) => {
    const component = keys(server.componentPort);
    await component.connect();
    const publish = (node: string, model: string) =>
      anna.request(
        "set",
        el(
          "pubsub",
          { xmlns: NS.pubsub },
          el("publish", { node }, el("item", { id: "1" }, el("n", { xmlns: "urn:n" }, node))),
          el(
            "publish-options",
            {},
            el(
              "x",
              { xmlns: NS.dataForms, type: "submit" },
              el("field", { var: "FORM_TYPE" }, el("value", {}, NS.pubsubPublishOptions)),
              el("field", { var: "pubsub#access_model" }, el("value", {}, model)),
            ),
          ),
        ),
      );
    await publish("urn:open", "open");
    await publish("urn:closed", "whitelist");
    const ask = (to: string, node: string, ...ids: string[]) =>
      component.iq(el(
        "iq",
        { type: "get", to },
        el(
          "pubsub",
          { xmlns: NS.pubsub },
          el("items", { node }, ...ids.map((id) => el("item", { id }))),
        ),
      ));
    const answer = await ask(`anna@${DOMAIN}`, "urn:open", "1", "2");
    const items = answer.getChild("pubsub", NS.pubsub)!.getChild("items")!.getChildren("item");
    assert.deepEqual(items.map((item) => item.getText()), [""]);
    assert.equal(items[0]!.getChild("n", "urn:n")!.getText(), "urn:open");
    const unavailable = { condition: "service-unavailable" };
    await assert.rejects(ask(`anna@${DOMAIN}`, "urn:open"), unavailable);
    await assert.rejects(ask(`anna@${DOMAIN}`, "urn:closed", "1"), unavailable);
    await assert.rejects(ask(`anna@${DOMAIN}`, "urn:none", "1"), unavailable);
    await assert.rejects(ask(`nobody@${DOMAIN}`, "urn:open", "1"), unavailable);
    const set = el(
      "pubsub",
      { xmlns: NS.pubsub },
      el("items", { node: "urn:open" }, el("item", { id: "1" })),
    );
    await assert.rejects(
      component.iq(el("iq", { type: "set", to: `anna@${DOMAIN}` }, set)),
      unavailable,
    );
    await component.close();
  }));
