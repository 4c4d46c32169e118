import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { fromBase64, toBase64 } from "../../../base/mod.ts";
import {
  type KeyPair,
  loginProfile,
  type LoginProfileId,
  systemRandom,
} from "../../../crypto/mod.ts";
import {
  el,
  type Element,
  endPointOf,
  loginKeysElement,
  NS,
  type PublicLoginKey,
  simpp1Client,
  SIMPP_1,
} from "../../core/mod.ts";
import {
  conditionOf,
  DOMAIN,
  PASSWORD,
  type TestBed,
  type TestClient,
  testOptions,
  withServer,
} from "../testing.ts";

const MECHANISMS = [
  SIMPP_1,
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
];
const MODERN = loginProfile("simpp-modern");

const isSasl = (stanza: Element) => stanza.getNS() === NS.sasl;
const failureOf = (element: Element) =>
  `${element.getName()} ${element.getChildElements()[0]?.getName() ?? ""}`.trim();

function say(client: TestClient, name: string, data: Uint8Array | string): Promise<Element> {
  const attrs = { xmlns: NS.sasl, ...(name === "auth" ? { mechanism: SIMPP_1 } : {}) };
  const text = typeof data === "string" ? data : toBase64(data);
  client.send(el(name, attrs, text === "" ? undefined : text));
  return client.until(isSasl, "a SASL element");
}

function publicKey(own: KeyPair, profile: LoginProfileId = "simpp-modern"): PublicLoginKey {
  return { profile, public: own.public };
}

/** A login of `jid` with `own`, as far as it gets. @returns what the server said last */
async function tries(bed: TestBed, client: TestClient, jid: string, own: KeyPair): Promise<string> {
  const [server] = bed.server.logins.publicKeys;
  const simpp = simpp1Client({
    jid,
    domain: DOMAIN,
    keys: [{ profile: MODERN, own, server: server!.public }],
    mechanisms: MECHANISMS,
    endPoint: endPointOf(new X509Certificate((await testOptions()).certificatePem).raw),
  }, systemRandom);
  const challenge = await say(client, "auth", simpp.first());
  if (challenge.getName() !== "challenge") return failureOf(challenge);
  const last = await say(client, "response", simpp.respond(fromBase64(challenge.getText())));
  if (last.getName() !== "success") return failureOf(last);
  simpp.verify(fromBase64(last.getText()));
  return "success";
}

Deno.test("an account of keys alone: a wrong key, no key and no account are refused alike", async () => {
  await withServer(async (bed) => {
    const own = MODERN.clientSigner.generate(systemRandom);
    await bed.server.createAccount("alice", { loginKeys: [publicKey(own)] });
    await bed.server.createAccount("bob", PASSWORD);
    const client = await bed.connect();
    await client.open();
    const wrong = MODERN.clientSigner.generate(systemRandom);
    const names = ["alice", "bob", "nobody"];
    for (const name of names) {
      const said = await tries(bed, client, `${name}@${DOMAIN}`, wrong);
      assert.equal(said, "failure not-authorized", name);
    }
    assert.equal(await tries(bed, client, `alice@${DOMAIN}`, own), "success");
  });
});

Deno.test("a key account has nothing a password could fit", async () => {
  await withServer(async (bed) => {
    const own = MODERN.clientSigner.generate(systemRandom);
    await bed.server.createAccount("alice", { loginKeys: [publicKey(own)] });
    assert.equal(bed.server.storage.accounts.credential("alice", "SCRAM-SHA-256"), undefined);
    assert.deepEqual(bed.server.storage.accounts.loginKey("alice", "simpp-modern"), own.public);
    const client = await bed.connect();
    await client.open();
    assert.equal(failureOf(await client.authenticate("alice", PASSWORD)), "failure not-authorized");
  });
});

Deno.test("guessing, at keys or the password, does not hold up who has the key", async () => {
  await withServer(async (bed) => {
    const own = MODERN.clientSigner.generate(systemRandom);
    const wrong = MODERN.clientSigner.generate(systemRandom);
    await bed.server.createAccount("alice", { loginKeys: [publicKey(own)] });
    const alice = `alice@${DOMAIN}`;
    const owner = await bed.connect();
    await owner.open();
    assert.equal(await tries(bed, owner, alice, own), "success");
    for (let i = 0; i < 3; i++) {
      const client = await bed.connect();
      await client.open();
      await client.authenticate("alice", "wrong password");
      assert.equal(await tries(bed, client, alice, wrong), "failure not-authorized");
    }
    const guesser = await bed.connect();
    await guesser.open();
    const refused = failureOf(await guesser.authenticate("alice", PASSWORD));
    assert.equal(refused, "failure temporary-auth-failure");
    const client = await bed.connect();
    await client.open();
    assert.equal(await tries(bed, client, alice, own), "success");
  }, { failuresBeforeBackoff: 1, backoffMs: 60_000, longestKnownBackoffMs: 60_000 });
});

Deno.test("a login that is begun again, cut or garbled is refused, and the stream bounded", async () => {
  await withServer(async (bed) => {
    const own = MODERN.clientSigner.generate(systemRandom);
    await bed.server.createAccount("alice", { loginKeys: [publicKey(own)] });
    const client = await bed.connect();
    await client.open();
    assert.equal(
      failureOf(await say(client, "auth", new Uint8Array(5_000))),
      "failure malformed-request",
    );
    assert.equal(failureOf(await say(client, "auth", "%%%")), "failure incorrect-encoding");
    // An empty challenge asks for what was not sent along; a second beginning ends the first.
    assert.equal((await say(client, "auth", "")).getName(), "challenge");
    assert.equal(failureOf(await say(client, "auth", "")), "failure malformed-request");
    assert.equal(failureOf(await say(client, "response", "AAAA")), "failure malformed-request");
    assert.equal(await client.streamError(), "policy-violation");
    const large = await bed.connect();
    await large.open();
    large.send(el("auth", { xmlns: NS.sasl, mechanism: SIMPP_1 }, toBase64(new Uint8Array(9_000))));
    assert.equal(await large.streamError(), "policy-violation");
  });
});

Deno.test("keys are registered in the place of a password, and the server gives its own", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const { token } = await bed.server.createInvitation(`alice@${DOMAIN}`, 3600);
    const client = await bed.connect();
    await client.open();
    await client.request("set", el("preauth", { xmlns: NS.preAuth, token }));
    const asks = (...children: Element[]) =>
      client.request(
        "set",
        el("query", { xmlns: NS.register }, el("username", {}, "bob"), ...children),
      );
    const own = MODERN.clientSigner.generate(systemRandom);
    const good = () => loginKeysElement([publicKey(own)]);
    const cut = { profile: "simpp-modern", public: own.public.slice(1) } as const;
    const old = loginProfile("simpp-2009").clientSigner.generate(systemRandom);
    const refused: [Element[], string][] = [
      [[el("simpp", { xmlns: NS.simppLogin })], "not-acceptable"],
      [[loginKeysElement([cut])], "not-acceptable"],
      [[loginKeysElement([publicKey(own), publicKey(own)])], "not-acceptable"],
      // The paper's profile is let in where the options name it, and nowhere else.
      [[loginKeysElement([publicKey(old, "simpp-2009")])], "not-acceptable"],
      [[good(), el("password", {}, PASSWORD)], "bad-request"],
    ];
    for (const [children, condition] of refused) {
      assert.equal(conditionOf(await asks(...children)), condition);
    }
    const answer = await asks(good());
    const theirs = answer.getChild("query", NS.register)!.getChild("simpp", NS.simppLogin)!;
    const [server] = bed.server.logins.publicKeys;
    assert.equal(theirs.getChild("key")!.attrs.profile, "2");
    assert.equal(theirs.getChild("key")!.getText(), toBase64(server!.public));
    // The same stream goes on to log in.
    assert.equal(await tries(bed, client, `bob@${DOMAIN}`, own), "success");
  });
});

Deno.test("a login that is under way does not become the next owner's of the name", async () => {
  await withServer(async (bed) => {
    const mallory = MODERN.clientSigner.generate(systemRandom);
    await bed.server.createAccount("bob", { loginKeys: [publicKey(mallory)] });
    const [server] = bed.server.logins.publicKeys;
    const simpp = simpp1Client({
      jid: `bob@${DOMAIN}`,
      domain: DOMAIN,
      keys: [{ profile: MODERN, own: mallory, server: server!.public }],
      mechanisms: MECHANISMS,
      endPoint: endPointOf(new X509Certificate((await testOptions()).certificatePem).raw),
    }, systemRandom);
    const begun = await bed.connect(), proven = await bed.connect();
    for (const client of [begun, proven]) await client.open();
    const challenge = await say(begun, "auth", simpp.first());
    await bed.server.createAccount("carl", PASSWORD);
    await proven.authenticate("carl", PASSWORD);

    const { accounts } = bed.server.storage;
    for (const name of ["bob", "carl"]) {
      bed.server.storage.transaction(() => accounts.remove(name));
      await new Promise((resolve) => setTimeout(resolve, 5)); // made at another millisecond
      await bed.server.createAccount(name, PASSWORD);
    }
    const last = await say(begun, "response", simpp.respond(fromBase64(challenge.getText())));
    assert.equal(failureOf(last), "failure not-authorized");
    await proven.open();
    proven.send(el("iq", { type: "set", id: "b" }, el("bind", { xmlns: NS.bind })));
    assert.equal(await proven.streamError(), "not-authorized");
  });
});

Deno.test("who logged in and is not bound is ended with the account", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("bob", PASSWORD);
    const ghost = await bed.connect();
    await ghost.open();
    await ghost.authenticate("bob", PASSWORD);
    const owner = await bed.login("bob", "phone");
    const remove = el("query", { xmlns: NS.register }, el("remove"));
    owner.send(el("iq", { type: "set", id: "r" }, remove));
    assert.equal(await ghost.streamError(), "not-authorized");
    assert.equal(await owner.streamError(), "not-authorized");
  });
});
