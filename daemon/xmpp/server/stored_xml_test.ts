import assert from "node:assert/strict";
import { el, MAX_DEPTH, NS, serialise } from "../core/mod.ts";
import { DEFAULT_CONFIG } from "./pubsub/pep_config.ts";
import { PARSE_COST, passOn, readStored } from "./stored_xml.ts";
import { withServer, withSqliteServer } from "./testing.ts";

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

Deno.test("passOn() looks at a text once, is paid for it before, and changes nothing of it", () => {
  let charged = 0;
  const payer = { charge: (bytes: number) => void (charged += bytes) };
  const good = `<a xmlns="urn:example:${crypto.randomUUID()}"><b x="&quot;">&gt;</b></a>`;
  for (let i = 0; i < 3; i++) {
    const item = el("item", { id: "1" }, passOn(good, payer));
    assert.equal(serialise(item), `<item id="1">${good}</item>`);
    assert.equal(charged, PARSE_COST * good.length);
  }
  const bad = `<a>${crypto.randomUUID()}`;
  for (let i = 0; i < 2; i++) assert.equal(passOn(bad, payer), undefined);
  assert.equal(charged, PARSE_COST * (good.length + bad.length));
});

Deno.test("what an account stored is read for it once, however often it asks", () =>
  withSqliteServer(async ({ server, online }) => {
    const alice = await online("alice");
    const dense = (name: string, ns: string) =>
      el(name, { xmlns: ns }, ...Array.from({ length: 2_000 }, () => el("a")));
    const requests = {
      pubsub: el("pubsub", { xmlns: NS.pubsub }, el("items", { node: "n" })),
      private: el("query", { xmlns: NS.privateXml }, el("d", { xmlns: "urn:example:d" })),
      vCard: el("vCard", { xmlns: NS.vcard }),
    };
    const item = el("item", { id: "1" }, dense("d", "urn:example:p"));
    for (
      const stored of [
        el("pubsub", { xmlns: NS.pubsub }, el("publish", { node: "n" }, item)),
        el("query", { xmlns: NS.privateXml }, dense("d", "urn:example:d")),
        dense("vCard", NS.vcard),
      ]
    ) assert.equal((await alice.request("set", stored)).attrs.type, "result");
    const [session] = server.sessions.available("alice");
    let charged = 0;
    session!.charge = (bytes) => void (charged += bytes);
    const bytes = serialise(dense("d", "")).length;
    for (const [name, request] of Object.entries(requests)) {
      const costs = [];
      for (let i = 0; i < 2; i++) {
        charged = 0;
        const answer = await alice.request("get", request);
        assert.equal(serialise(answer).split("<a/>").length, 2_001, name);
        costs.push(charged);
      }
      assert.ok(costs[0]! > PARSE_COST * bytes && costs[1]! > bytes, `${name}: ${costs}`);
      assert.ok(costs[1]! < 2 * bytes, `${name}: ${costs}`);
    }
  }));
