import assert from "node:assert/strict";
import { el, NS } from "../core/mod.ts";
import { conditionOf, DOMAIN, withServer } from "./testing.ts";

Deno.test("server and own account say what they are and can do; strangers learn nothing", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const eve = await bed.online("eve");
    const query = () => el("query", { xmlns: NS.discoInfo });
    const server = (await alice.request("get", query(), DOMAIN)).getChild("query")!;
    assert.deepEqual({ ...server.getChild("identity")!.attrs }, {
      category: "server",
      type: "im",
      name: "simppd",
    });
    const features = server.getChildren("feature").map((feature) => feature.attrs.var);
    for (const name of [NS.discoInfo, NS.ping, NS.blocking, NS.offline]) {
      assert.ok(features.includes(name), name);
    }
    const account = (await alice.request("get", query())).getChild("query")!;
    const kinds = account.getChildren("identity").map(({ attrs }) =>
      `${attrs.category}/${attrs.type}`
    );
    assert.deepEqual(kinds, ["account/registered", "pubsub/pep"]);
    for (const to of [`alice@${DOMAIN}`, `nobody@${DOMAIN}`]) {
      assert.equal(conditionOf(await eve.request("get", query(), to)), "service-unavailable");
      const ping = el("ping", { xmlns: NS.ping });
      assert.equal(conditionOf(await eve.request("get", ping, to)), "service-unavailable");
      for (
        const [type, child] of [
          ["get", el("pubsub", { xmlns: NS.pubsub }, el("items", { node: "n" }))],
          ["set", el("pubsub", { xmlns: NS.pubsub }, el("publish", { node: "n" }))],
          ["set", el("query", { xmlns: NS.archive })],
          ["get", el("query", { xmlns: NS.register })],
          ["set", el("enable", { xmlns: NS.carbons })],
          ["get", el("vCard", { xmlns: NS.vcard })],
        ] as const
      ) {
        const answer = await eve.request(type, child, to);
        assert.equal(conditionOf(answer), "service-unavailable", `${child} ${to}`);
      }
    }
    const unknown = el("query", { xmlns: NS.discoInfo, node: "x" });
    assert.equal(conditionOf(await alice.request("get", unknown, DOMAIN)), "item-not-found");
  });
});
