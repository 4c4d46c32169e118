import assert from "node:assert/strict";
import { el, MAX_DEPTH, NS, serialise } from "../core/mod.ts";
import { DEFAULT_CONFIG } from "./pubsub/pep_config.ts";
import { readStored } from "./stored_xml.ts";
import { withServer } from "./testing.ts";

const nested = (depth: number) => "<d>".repeat(depth) + "</d>".repeat(depth);

Deno.test("readStored() passes over what is no XML, or could not be wrapped and sent", () => {
  for (const xml of ["", "<a", "<a/><b/>", nested(MAX_DEPTH)]) {
    assert.equal(readStored(xml), undefined, xml.slice(0, 20));
  }
  const attributes = [...Array(100).keys()].map((i) => `a${i}="1"`).join(" ");
  assert.ok(readStored(`<a xmlns="q" ${attributes}/>`));
});

Deno.test("what cannot be read in the database costs its row, and nobody's stream", () =>
  withServer(async ({ server, online, login }) => {
    const anna = await online("anna");
    await (await online("bob")).close();
    const { archive, pep, rosters } = server.storage;
    const [owner, peer] = ["bob@test.simppd", "anna@test.simppd"];
    rosters.addRequest("bob", "carol@test.simppd", "<presence", 10);
    const deep = nested(MAX_DEPTH - 2);
    for (
      const stanza of [
        "<message",
        deep,
        `<message xmlns="${NS.client}"><body>good</body></message>`,
      ]
    ) {
      archive.add({ id: archive.nextId(Date.now()), owner, peer, resource: "", stanza });
    }
    for (const [node, payload] of [["n", "<broken"], [NS.vcard, ""]] as const) {
      pep.configure("bob", node, { ...DEFAULT_CONFIG, accessModel: "open" });
      pep.publish("bob", node, { id: "current", payload, published: Date.now() }, 1);
    }
    const bob = await login("bob");
    bob.send(el("presence"));
    await bob.request("set", el("query", { xmlns: NS.archive }));
    const items = await bob.request(
      "get",
      el("pubsub", { xmlns: NS.pubsub }, el("items", { node: "n" })),
    );
    assert.equal(items.attrs.type, "result");
    const found = (await bob.settle()).filter((s) => s.getChild("result", NS.archive));
    assert.deepEqual(found.map((s) => serialise(s).includes("good")), [true]);
    const card = await anna.request("get", el("vCard", { xmlns: NS.vcard }), owner);
    assert.equal(card.attrs.type, "error");
    await anna.settle();
  }));
