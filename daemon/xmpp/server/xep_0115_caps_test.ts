import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { el, type Element, NS } from "../core/mod.ts";
import { type TestClient, withSqliteServer } from "./testing.ts";

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
