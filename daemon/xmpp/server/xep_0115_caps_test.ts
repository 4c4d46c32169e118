import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { el, type Element, NS } from "../core/mod.ts";
import { conditionOf, DOMAIN, PASSWORD, type TestClient, withSqliteServer } from "./testing.ts";

const FEATURES = [NS.discoInfo, NS.caps, "urn:example:events+notify"].sort();

/** Announces the hash of {@link FEATURES}; @returns the server's question, if it has one */
async function announce(client: TestClient): Promise<Element | undefined> {
  const text = "client/pc//test<" + FEATURES.map((name) => `${name}<`).join("");
  const ver = createHash("sha1").update(text).digest("base64");
  client.send(el("presence", {}, el("c", { xmlns: NS.caps, hash: "sha-1", node: "u", ver })));
  const came = await client.settle();
  return came.find((stanza) => stanza.getChild("query", NS.discoInfo) !== undefined);
}

function answer(client: TestClient, { attrs: { id, from } }: Element, features: string[]): void {
  const identity = el("identity", { category: "client", type: "pc", name: "test" });
  const list = features.map((name) => el("feature", { var: name }));
  client.send(
    el(
      "iq",
      { type: "result", id, to: from },
      el("query", { xmlns: NS.discoInfo }, identity, ...list),
    ),
  );
}

Deno.test("features that only look like those of another client are not taken for them", async () => {
  await withSqliteServer(async (bed) => {
    const eve = await bed.online("eve");
    // One name that reads as three: the same verification string.
    answer(eve, (await announce(eve))!, [FEATURES.join("<")]);
    await eve.settle();
    const bob = await bed.online("bob");
    const question = await announce(bob);
    assert.ok(question, "what Eve said is not remembered");
    answer(bob, question, FEATURES);
    await bob.settle();
    const again = await bed.online("bob", "again");
    assert.equal(await announce(again), undefined, "what Bob said is, for Bob");
    const session = bed.server.sessions.of("bob").find(({ jid }) => jid.resource === "again");
    assert.ok(session!.features!.has("urn:example:events+notify"));
    const carol = await bed.online("carol");
    assert.ok(await announce(carol), "nobody speaks for another account");
  });
});

Deno.test("the server announces its capabilities with a hash of what it says of itself", () =>
  withSqliteServer(async (bed) => {
    const alice = await bed.connect();
    await bed.server.createAccount("alice", PASSWORD);
    const before = await alice.open();
    assert.equal(before.getChild("c", NS.caps), undefined, "to who has not logged in, nothing");
    await alice.authenticate("alice", PASSWORD);
    const { hash, node, ver } = (await alice.open()).getChild("c", NS.caps)!.attrs;
    assert.equal(hash, "sha-1");
    await alice.request("set", el("bind", { xmlns: NS.bind }));
    const ask = (about: string | undefined, to: string) =>
      alice.request("get", el("query", { xmlns: NS.discoInfo, node: about }), to);
    for (const asked of [undefined, `${node}#${ver}`]) {
      const info = (await ask(asked, DOMAIN)).getChild("query", NS.discoInfo)!;
      assert.equal(info.attrs.node, asked);
      assert.equal(info.getChildren("x").length, 0);
      const identities = info.getChildren("identity").map(({ attrs }) =>
        `${attrs.category}/${attrs.type}//${attrs.name ?? ""}<`
      );
      const features = info.getChildren("feature").map(({ attrs }) => `${attrs.var}<`);
      const text = [...identities.sort(), ...features.sort()].join("");
      assert.equal(createHash("sha1").update(text).digest("base64"), ver);
    }
    assert.equal(conditionOf(await ask(`${node}#other`, DOMAIN)), "item-not-found");
    const account = await ask(`${node}#${ver}`, `alice@${DOMAIN}`);
    assert.equal(conditionOf(account), "item-not-found");
  }));
