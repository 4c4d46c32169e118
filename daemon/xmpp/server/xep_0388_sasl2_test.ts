import assert from "node:assert/strict";
import { fromBase64, fromUtf8, toBase64, utf8 } from "../../base/mod.ts";
import { loginProfile, systemRandom } from "../../crypto/mod.ts";
import {
  el,
  type Element,
  endPointOf,
  hashedTokenClient,
  NS,
  type SaslOffer,
  simpp1Client,
  SIMPP_1,
} from "../core/mod.ts";
import { X509Certificate } from "node:crypto";
import {
  DOMAIN,
  PASSWORD,
  type TestBed,
  type TestClient,
  testOptions,
  until,
  withServer,
} from "./testing.ts";
import { authenticate2, chat, offerOf, testBinding } from "./testing_managed.ts";

const isSasl2 = (element: Element) => element.getNS() === NS.sasl2;
const isFeatures = (element: Element) => element.is("features", NS.stream);
const failure = (element: Element) => {
  assert.equal(element.getName(), "failure", String(element));
  return element.getChildElements()[0]!.getName();
};

const userAgent = (id: string) => el("user-agent", { id }, el("software", {}, "test"));
const bind = (...features: Element[]) =>
  el("bind", { xmlns: NS.bind2 }, el("tag", {}, "test"), ...features);
const requestToken = () => el("request-token", { xmlns: NS.fast, mechanism: "HT-SHA-256-ENDP" });

async function opened(bed: TestBed): Promise<{ client: TestClient; features: Element }> {
  const client = await bed.connect();
  return { client, features: await client.open() };
}

/** A login by token. */
async function byToken(
  bed: TestBed,
  token: string,
  { id = "device-1", name = "alice", mechanism = "HT-SHA-256-ENDP", invalidate = false } = {},
): Promise<Element> {
  const { client } = await opened(bed);
  const endPoint = (await testBinding()).data;
  const login = hashedTokenClient("HT-SHA-256-ENDP", name, token, endPoint);
  client.send(el(
    "authenticate",
    { xmlns: NS.sasl2, mechanism },
    el("initial-response", {}, toBase64(login.first())),
    userAgent(id),
    el("fast", { xmlns: NS.fast, invalidate: invalidate ? "true" : undefined }),
  ));
  const outcome = await client.until(isSasl2);
  if (outcome.getName() === "success") {
    login.verify(fromBase64(outcome.getChildText("additional-data")!));
  }
  return outcome;
}

/** A login by password that asks for a token. */
async function tokenFor(bed: TestBed, id = "device-1"): Promise<string> {
  const { client, features } = await opened(bed);
  const success = await authenticate2(client, features, "alice", [userAgent(id), requestToken()]);
  const token = success.getChild("token", NS.fast)!;
  assert.ok(Date.parse(token.attrs.expiry!) > Date.now());
  return token.attrs.token!;
}

Deno.test("SASL2 offers what SASL does, and to bind it; without Bind 2 a resource is bound as ever", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const { client, features } = await opened(bed);
    const bare = ({ mechanisms }: SaslOffer) =>
      mechanisms.filter((name) => !name.endsWith("-PLUS"));
    assert.deepEqual(bare(offerOf(features, "sasl2")), offerOf(features, "sasl").mechanisms);
    const inline = features.getChild("authentication", NS.sasl2)!.getChild("inline")!;
    const offered = inline.getChild("bind", NS.bind2)!.getChild("inline")!.getChildren("feature");
    assert.deepEqual(
      offered.map(({ attrs }) => attrs.var).toSorted(),
      [NS.carbons, NS.clientState, NS.streamManagement].toSorted(),
    );
    assert.ok(inline.getChild("sm", NS.streamManagement));
    const mechanisms = inline.getChild("fast", NS.fast)!.getChildren("mechanism");
    assert.deepEqual(mechanisms.map((name) => name.getText()), ["HT-SHA-256-ENDP"]);
    const success = await authenticate2(client, features, "alice", [], "SCRAM-SHA-1");
    assert.equal(success.getChildText("authorization-identifier"), `alice@${DOMAIN}`);
    // The same stream goes on.
    assert.ok((await client.until(isFeatures)).getChild("bind", NS.bind));
    const bound = await client.request("set", el("bind", { xmlns: NS.bind }));
    assert.equal(bound.attrs.type, "result");
    await client.settle();
  });
});

Deno.test("Bind 2 binds with the login, enables what is wanted, and replaces the client's old session", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const seen: string[] = [];
    bed.server.hooks.bind2("urn:test", (session, element) => {
      seen.push(`${session.account} ${element.getName()}`);
      return el("done", { xmlns: "urn:test" });
    });
    const login = async () => {
      const { client, features } = await opened(bed);
      const success = await authenticate2(client, features, "alice", [
        bind(
          el("enable", { xmlns: NS.streamManagement, resume: "true" }),
          el("inactive", { xmlns: NS.clientState }),
          el("enable", { xmlns: "urn:test" }),
          el("enable", { xmlns: NS.carbons }),
          el("enable", { xmlns: "urn:unknown" }),
        ),
        userAgent("device-1"),
      ]);
      return { client, success };
    };
    const { client, success } = await login();
    const jid = success.getChildText("authorization-identifier")!;
    assert.match(jid, new RegExp(`^alice@${DOMAIN}/test/[A-Za-z0-9_-]{12}$`));
    const bound = success.getChild("bound", NS.bind2)!;
    assert.ok(bound.getChild("enabled", NS.streamManagement)!.attrs.id);
    assert.ok(bound.getChild("done", "urn:test"));
    assert.ok(bound.getChild("metadata", NS.archive));
    assert.deepEqual(seen, ["alice enable"]);
    assert.ok(bed.server.sessions.of("alice")[0]!.wantsCarbons);
    assert.equal((await client.until(isFeatures)).getChild("bind", NS.bind), undefined);
    client.send(chat("alice", "at once"));
    client.send(el("r", { xmlns: NS.streamManagement }));
    assert.equal((await client.until((e) => e.is("a"))).attrs.h, "1");
    const again = await login();
    assert.equal(again.success.getChildText("authorization-identifier"), jid);
    assert.equal(await client.streamError(), "conflict");
    assert.equal(bed.server.sessions.count, 1);
  });
});

Deno.test("SIMPP-1 goes through SASL2 as well, with a resource bound", async () => {
  await withServer(async (bed) => {
    const profile = loginProfile("simpp-modern");
    const own = profile.clientSigner.generate(systemRandom);
    await bed.server.createAccount("alice", {
      loginKeys: [{ profile: "simpp-modern", public: own.public }],
    });
    const { client, features } = await opened(bed);
    const simpp = simpp1Client({
      jid: `alice@${DOMAIN}`,
      domain: DOMAIN,
      keys: [{ profile, own, server: bed.server.logins.publicKeys[0]!.public }],
      mechanisms: offerOf(features, "sasl2").mechanisms,
      endPoint: endPointOf(new X509Certificate((await testOptions()).certificatePem).raw),
    }, systemRandom);
    client.send(el(
      "authenticate",
      { xmlns: NS.sasl2, mechanism: SIMPP_1 },
      el("initial-response", {}, toBase64(simpp.first())),
      bind(),
    ));
    const challenge = await client.until(isSasl2);
    const response = simpp.respond(fromBase64(challenge.getText()));
    client.send(el("response", { xmlns: NS.sasl2 }, toBase64(response)));
    const success = await client.until(isSasl2);
    simpp.verify(fromBase64(success.getChildText("additional-data")!));
    assert.ok(success.getChild("bound", NS.bind2));
    await client.settle();
  });
});

Deno.test("SASL2 fails as SASL does: wrong password, mixed profiles, another from, sent ahead", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    await bed.server.createAccount("bob", PASSWORD);
    const initial = (text: string) => el("initial-response", {}, btoa(text));
    const ask = async (client: TestClient, element: Element) => {
      client.send(element);
      return await client.until((e) => isSasl2(e) || e.getNS() === NS.sasl);
    };
    const authenticate = (mechanism: string, ...children: Element[]) =>
      el("authenticate", { xmlns: NS.sasl2, mechanism }, ...children);
    {
      const { client } = await opened(bed);
      assert.equal(failure(await ask(client, authenticate("PLAIN"))), "invalid-mechanism");
      assert.equal(
        failure(await ask(client, el("response", { xmlns: NS.sasl2 }, "eA=="))),
        "malformed-request",
      );
      const first = "n,,n=alice,r=abcdefghij";
      await ask(client, authenticate("SCRAM-SHA-256", initial(first)));
      // Begun in one profile, answered in the other.
      const mixed = await ask(client, el("response", { xmlns: NS.sasl }, "eA=="));
      assert.ok(mixed.is("failure", NS.sasl));
    }
    {
      const { client } = await opened(bed);
      const challenge = await ask(client, authenticate("SCRAM-SHA-256"));
      assert.equal(challenge.getText(), "", "it asks for the first message");
      assert.equal(failure(await ask(client, el("abort", { xmlns: NS.sasl2 }))), "aborted");
      assert.equal(
        failure(await ask(client, authenticate("HT-SHA-256-ENDP", initial("alice\0x")))),
        "invalid-mechanism",
        "a token is shown by <fast/> only",
      );
    }
    {
      const client = await bed.connect();
      await client.write(
        `<stream:stream to='${DOMAIN}' from='bob@${DOMAIN}' version='1.0' xmlns='${NS.client}' ` +
          `xmlns:stream='${NS.stream}'>`,
      );
      const features = await client.until(isFeatures);
      assert.equal(failure(await authenticate2(client, features, "alice")), "invalid-authzid");
    }
    {
      const client = await bed.connect();
      await client.open();
      const first = await ask(
        client,
        authenticate("SCRAM-SHA-256", initial("n,,n=alice,r=abcdefghij")),
      );
      assert.equal(first.getName(), "challenge");
      await client.write(
        `<response xmlns='${NS.sasl2}'>${btoa("c=biws,r=x,p=eA==")}</response>` +
          `<message to='bob@${DOMAIN}'><body>hi</body></message>`,
      );
      assert.equal(await client.streamError(), "not-authorized");
    }
  });
});

Deno.test("what is sent ahead of SASL2's success ends the stream", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const token = await tokenFor(bed);
    const { client } = await opened(bed);
    const login = hashedTokenClient("HT-SHA-256-ENDP", "alice", token, (await testBinding()).data);
    await client.write(
      `<authenticate xmlns='${NS.sasl2}' mechanism='HT-SHA-256-ENDP'><initial-response>` +
        `${toBase64(login.first())}</initial-response><user-agent id='device-1'/>` +
        `<fast xmlns='${NS.fast}'/></authenticate><message to='alice@${DOMAIN}'/>`,
    );
    assert.equal(await client.streamError(), "policy-violation");
  });
});

Deno.test("a token lets its client in once more, in one round trip, and nobody else", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    await bed.server.createAccount("bob", PASSWORD);
    const token = await tokenFor(bed);
    assert.equal((await byToken(bed, token)).getName(), "success");
    // Until a newer one is used it stays good.
    assert.equal((await byToken(bed, token)).getName(), "success");
    assert.equal(failure(await byToken(bed, token, { id: "device-2" })), "not-authorized");
    assert.equal(failure(await byToken(bed, token, { name: "bob" })), "not-authorized");
    assert.equal(failure(await byToken(bed, token, { name: "nobody" })), "not-authorized");
    assert.equal(failure(await byToken(bed, "guess")), "not-authorized");
    const none = { mechanism: "HT-SHA-256-NONE" };
    assert.equal(failure(await byToken(bed, token, none)), "invalid-mechanism");
    // Guessing at tokens bans nobody.
    assert.equal((await bed.server.stats()).bannedAddresses, 0);
    assert.equal((await byToken(bed, token, { invalidate: true })).getName(), "success");
    assert.equal(failure(await byToken(bed, token)), "not-authorized");
  }, { bytesPerSecondBeforeAuth: 1e9, burstBytesBeforeAuth: 1e9 });
});

Deno.test("a token that is due is replaced, and void once the new one is used", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const first = await tokenFor(bed);
    const renewed = await byToken(bed, first);
    const second = renewed.getChild("token", NS.fast)!.attrs.token!;
    // The answer may have been lost: the old one is still good.
    const third = (await byToken(bed, first)).getChild("token", NS.fast)!.attrs.token!;
    assert.equal(failure(await byToken(bed, second)), "not-authorized", "one unused at a time");
    assert.equal((await byToken(bed, third)).getName(), "success");
    assert.equal(failure(await byToken(bed, first)), "not-authorized");
  }, { tokenRotateMs: 0 });
});

Deno.test("tokens run out, are few for an account, and end with the password and the account", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const one = await tokenFor(bed, "one");
    await new Promise((resolve) => setTimeout(resolve, 2));
    const two = await tokenFor(bed, "two");
    await new Promise((resolve) => setTimeout(resolve, 2));
    const three = await tokenFor(bed, "three");
    assert.equal(failure(await byToken(bed, one, { id: "one" })), "not-authorized");
    assert.equal((await byToken(bed, two, { id: "two" })).getName(), "success");
    const alice = await bed.login("alice");
    const change = el(
      "query",
      { xmlns: NS.register },
      el("username", {}, "alice"),
      el("password", {}, "another password"),
    );
    assert.equal((await alice.request("set", change)).attrs.type, "result");
    assert.equal(failure(await byToken(bed, two, { id: "two" })), "not-authorized");
    assert.equal(failure(await byToken(bed, three, { id: "three" })), "not-authorized");
  }, { tokenClients: 2 });
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const token = await tokenFor(bed);
    await until(async () => {
      const outcome = await byToken(bed, token);
      return outcome.getName() === "failure" && failure(outcome) === "credentials-expired";
    });
  }, { tokenLifeMs: 50 });
});

Deno.test("what is kept of a token lets nobody in", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const token = await tokenFor(bed);
    const [kept] = bed.server.storage.tokens.find("alice", "device-1");
    const shown = hashedTokenClient("HT-SHA-256-ENDP", "alice", token, (await testBinding()).data);
    const proof = shown.first().slice(utf8("alice\0").length);
    for (const value of [kept!.initiator, kept!.responder]) {
      assert.notDeepEqual(value, proof);
      assert.ok(!fromUtf8(utf8(value.toBase64())).includes(token));
    }
  });
});
