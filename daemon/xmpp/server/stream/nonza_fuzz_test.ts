import assert from "node:assert/strict";
import fc from "fast-check";
import { el, type Element, NS, serialise } from "../../core/mod.ts";
import { PASSWORD, TestClient, testOptions, until } from "../testing.ts";
import { XmppServer } from "../server.ts";

const counter = fc.oneof(
  fc.constantFrom("0", "1", "4294967295", "4294967296", "-1", "", "x", "1e3", "99999999999"),
  fc.nat(20).map(String),
);
const attributes = fc.record({
  h: counter,
  previd: fc.constantFrom("", "guess", "\u{1F600}", "x".repeat(5_000)),
  resume: fc.constantFrom("true", "1", "false", "yes"),
  max: counter,
  mechanism: fc.constantFrom("SCRAM-SHA-256", "HT-SHA-256-ENDP", "SIMPP-1", "", "PLAIN"),
}, { requiredKeys: [] });
const namespace = fc.constantFrom<string>(
  NS.streamManagement,
  NS.clientState,
  NS.sasl,
  NS.sasl2,
  NS.bind2,
  NS.fast,
  NS.tls,
  NS.client,
  "urn:unknown",
);
const name = fc.constantFrom(
  ...["enable", "enabled", "resume", "resumed", "failed", "a", "r", "active", "inactive"],
  ...["auth", "authenticate", "response", "abort", "success", "starttls", "proceed", "presence"],
);
const content = fc.constantFrom("", "=", "AA==", "!", btoa("n,,n=alice,r=abcdefghij"));

/** An element that is no stanza, or hardly one. */
const nonza = fc.record({ name, namespace, attributes, content, inline: fc.array(namespace) })
  .map(({ name, namespace, attributes, content, inline }): Element =>
    el(
      name,
      { xmlns: namespace, ...attributes },
      content || undefined,
      el("initial-response", {}, content || undefined),
      ...inline.map((xmlns) => el("enable", { xmlns })),
      ...inline.map((xmlns) => el("bind", { xmlns }, el("tag", {}, "x"))),
    )
  );

Deno.test("whatever a client says that is no stanza, before or after login, others are served", async () => {
  // Nothing holds it up: every word is heard.
  const options = await testOptions({
    failuresBeforeBan: 1e9,
    failuresBeforeBackoff: 1e9,
    bytesPerSecondBeforeAuth: 1e9,
    burstBytesBeforeAuth: 1e9,
    resumeMs: 50,
    sweepMs: 20,
  });
  const server = await XmppServer.start(options);
  await server.createAccount("alice", PASSWORD);
  await server.createAccount("witness", PASSWORD);
  const witness = await TestClient.connect(server.port, options.certificatePem);
  try {
    await witness.login("witness", PASSWORD);
    const stage = fc.constantFrom("opened", "logged in", "bound", "managed");
    await fc.assert(
      fc.asyncProperty(stage, fc.array(nonza, { minLength: 1, maxLength: 8 }), async (at, said) => {
        const client = await TestClient.connect(server.port, options.certificatePem);
        if (at === "opened") await client.open();
        else if (at === "logged in") {
          await client.open();
          await client.authenticate("alice", PASSWORD);
          await client.open();
        } else await client.login("alice", PASSWORD);
        if (at === "managed") {
          client.send(el("enable", { xmlns: NS.streamManagement, resume: "true" }));
        }
        await client.write(said.map(serialise).join("")).catch(() => {});
        await client.write(serialise(el("iq", { type: "get", id: "last" }))).catch(() => {});
        const last = await client.until((element) =>
          element.is("error", NS.stream) || element.attrs.id === "last"
        );
        assert.equal(last.getChild("internal-server-error"), undefined, said.map(serialise).join());
        await client.close();
        await witness.settle();
      }),
      { numRuns: 120 },
    );
    await until(async () => (await server.stats()).connections === 1);
    await until(() => server.sessions.count === 1);
    assert.equal((await server.stats()).accounts, 2);
  } finally {
    await witness.close();
    await server.stop();
  }
});
