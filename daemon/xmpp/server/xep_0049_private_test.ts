import assert from "node:assert/strict";
import { el, type Element, NS } from "../core/mod.ts";
import { conditionOf, DOMAIN, withServer, withSqliteServer } from "./testing.ts";

const query = (...children: Element[]) => el("query", { xmlns: NS.privateXml }, ...children);
const prefs = (text?: string) => el("prefs", { xmlns: "urn:example:prefs" }, text);
const textOf = (answer: Element) =>
  answer.getChild("query", NS.privateXml)!.getChild("prefs", "urn:example:prefs")!.getText();

Deno.test("what is stored privately is found again by its account, by nobody else", async () => {
  await withServer(async (bed) => {
    const alice = await bed.login("alice");
    assert.equal(textOf(await alice.request("get", query(prefs()))), "");
    const other = el("prefs", { xmlns: "urn:example:other" }, "other");
    const stored = await alice.request("set", query(prefs("one & <two>"), other));
    assert.equal(stored.attrs.type, "result");
    assert.equal(textOf(await alice.request("get", query(prefs()))), "one & <two>");
    await alice.request("set", query(prefs("three")));
    const again = await bed.login("alice");
    assert.equal(textOf(await again.request("get", query(prefs()))), "three");

    const eve = await bed.login("eve");
    const own = await eve.request("get", query(prefs()), `alice@${DOMAIN}`);
    assert.equal(conditionOf(own), "service-unavailable");
    const items = el("items", { node: `${NS.privateXml} prefs urn:example:prefs` });
    const bare = `alice@${DOMAIN}`;
    const node = await eve.request("get", el("pubsub", { xmlns: NS.pubsub }, items), bare);
    assert.equal(conditionOf(node), "service-unavailable");
  });
});

Deno.test("private storage is bounded, and wants namespaces of its own", async () => {
  await withSqliteServer(async (bed) => {
    const alice = await bed.login("alice");
    const condition = async (...children: Element[]) =>
      conditionOf(await alice.request("set", query(...children)));
    assert.equal(await condition(prefs("x".repeat(2_000))), "not-acceptable");
    assert.equal(await condition(el("prefs", { xmlns: "" })), "not-acceptable");
    assert.equal(await condition(el("query", { xmlns: NS.privateXml })), "not-acceptable");
    assert.equal(await condition(), "bad-request");
    const many = Array.from({ length: 4 }, (_, i) => el("a", { xmlns: `urn:${i}` }));
    assert.equal(await condition(...many), "resource-constraint");
    // Nothing of what was too much is there.
    assert.equal(bed.server.storage.pep.nodes("alice").length, 0);
    const twice = await alice.request("get", query(prefs(), prefs()));
    assert.equal(conditionOf(twice), "bad-request");
  }, { pepNodes: 3, pepItemBytes: 1_024 });
});
