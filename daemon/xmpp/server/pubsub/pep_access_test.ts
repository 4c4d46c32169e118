import assert from "node:assert/strict";
import { el, NS } from "../../core/mod.ts";
import { conditionOf, withServer } from "../testing.ts";
import {
  affiliating,
  ALICE,
  befriend,
  BOB,
  configuring,
  EVE,
  eventsOf,
  items,
  NODE,
  outcome,
  publishing,
  pubsub,
  subscribeAs,
  three,
} from "./testing.ts";

const ROSTER = { access_model: "roster", roster_groups_allowed: ["Friends", "Family"] };

Deno.test("access model roster lets in contacts of its groups alone, as long as they are in them", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await befriend(alice, eve, "eve", ["Work", "Friends"]);
    await alice.request("set", publishing("1", "a", ROSTER));
    assert.equal(await outcome(eve, "get", items(), ALICE), "done");
    assert.equal(await subscribeAs(eve, EVE), "subscribed");
    await eve.settle();
    assert.equal(await outcome(bob, "get", items(), ALICE), "not-authorized not-in-roster-group");
    assert.equal(await subscribeAs(bob, BOB), "not-authorized not-in-roster-group");
    const nodes = async (client: typeof bob) => {
      const answer = await client.request("get", el("query", { xmlns: NS.discoItems }), ALICE);
      return answer.getChild("query")!.getChildren("item").map(({ attrs }) => attrs.node);
    };
    assert.deepEqual([await nodes(eve), await nodes(bob)], [[NODE], []]);
    const info = (node: string) => el("query", { xmlns: NS.discoInfo, node });
    const known = await eve.request("get", info(NODE), ALICE);
    const identity = known.getChild("query")!.getChild("identity")!.attrs;
    assert.deepEqual([identity.category, identity.type], ["pubsub", "leaf"]);
    for (const node of [NODE, "no such node", NS.vcard]) {
      assert.equal(await outcome(bob, "get", info(node), ALICE), "item-not-found", node);
    }
    const regroup = (group: string) =>
      alice.request(
        "set",
        el("query", { xmlns: NS.roster }, el("item", { jid: EVE }, el("group", {}, group))),
      );
    await regroup("Work");
    await alice.request("set", publishing("2", "b"));
    assert.deepEqual(await eventsOf(eve), []);
    assert.equal(await outcome(eve, "get", items(), ALICE), "not-authorized not-in-roster-group");
    await regroup("Family");
    await alice.request("set", publishing("3", "c"));
    assert.deepEqual(await eventsOf(eve), ["c"]);
    // Of no group, nobody; and the settings are kept.
    const shown = await alice.request(
      "get",
      el(
        "pubsub",
        { xmlns: NS.pubsubOwner },
        el("configure", { node: NODE }),
      ),
    );
    const fields = shown.getChild("pubsub")!.getChild("configure")!.getChild("x")!
      .getChildren("field");
    const groups = fields.find(({ attrs }) => attrs.var === "pubsub#roster_groups_allowed")!;
    assert.deepEqual(groups.getChildren("value").map((v) => v.getText()), ["Family", "Friends"]);
    assert.deepEqual(groups.getChildren("option").map((o) => o.getChildText("value")), ["Family"]);
    await alice.request("set", configuring({ roster_groups_allowed: [] }));
    assert.equal(await outcome(eve, "get", items(), ALICE), "not-authorized not-in-roster-group");
  }));

Deno.test("a group of strangers is no access: they must see the presence as well", () =>
  withServer(async (bed) => {
    const [alice, , eve] = await three(bed);
    const item = el("item", { jid: EVE }, el("group", {}, "Friends"));
    await alice.request("set", el("query", { xmlns: NS.roster }, item));
    await alice.request("set", publishing("1", "a", ROSTER));
    assert.equal(await outcome(eve, "get", items(), ALICE), "service-unavailable");
    assert.equal(await subscribeAs(eve, EVE), "service-unavailable");
  }));

Deno.test("members read a whitelist, outcasts nothing, and strangers learn of no node", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "a", { access_model: "whitelist" }));
    assert.equal(await subscribeAs(bob, BOB), "not-allowed closed-node");
    for (const node of [NODE, "no such node"]) {
      assert.equal(await subscribeAs(eve, EVE, node), "service-unavailable");
      assert.equal(await outcome(eve, "get", items(node), ALICE), "service-unavailable");
      assert.equal(
        await outcome(eve, "set", publishing("9", "x", {}, node), ALICE),
        "service-unavailable",
      );
    }
    const disco = el("query", { xmlns: NS.discoItems });
    assert.equal(conditionOf(await eve.request("get", disco, ALICE)), "service-unavailable");
    assert.equal(await outcome(alice, "set", affiliating({ [EVE]: "member" })), "done");
    assert.equal(await outcome(eve, "get", items(), ALICE), "done");
    assert.equal(await subscribeAs(eve, EVE), "subscribed");
    const seen = await eve.request("get", disco, ALICE);
    const nodes = seen.getChild("query")!.getChildren("item").map(({ attrs }) => attrs.node);
    assert.deepEqual(nodes, [NODE]);
    await eve.settle();
    // Taken off the list: told so, and nothing more.
    assert.equal(await outcome(alice, "set", affiliating({ [EVE]: "none" })), "done");
    assert.ok((await eve.message()).getChild("pubsub", NS.pubsub));
    await alice.request("set", publishing("2", "b"));
    assert.deepEqual(await eventsOf(eve), []);
    assert.equal(await outcome(eve, "get", items(), ALICE), "service-unavailable");
    await alice.request("set", configuring({ access_model: "open" }));
    assert.equal(await subscribeAs(bob, BOB), "subscribed");
    await bob.settle();
    await alice.request("set", affiliating({ [BOB]: "outcast" }));
    await alice.request("set", publishing("3", "c"));
    assert.deepEqual(await eventsOf(bob), []);
    assert.equal(await outcome(bob, "get", items(), ALICE), "forbidden");
    assert.equal(await subscribeAs(bob, BOB), "forbidden");
  }));

Deno.test("publish models say who else publishes; items name who did, and are theirs alone", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    const open = { access_model: "open", max_items: "9" };
    await alice.request("set", publishing("1", "hers", open));
    assert.equal(await outcome(bob, "set", publishing("2", "x"), ALICE), "forbidden");
    await alice.request("set", affiliating({ [BOB]: "publisher" }));
    await subscribeAs(eve, EVE);
    await eve.settle();
    assert.equal(await outcome(bob, "set", publishing("2", "his"), ALICE), "done");
    assert.deepEqual(await eventsOf(eve), [`${BOB}: his`]);
    const answer = await alice.request("get", items());
    const publishers = answer.getChild("pubsub")!.getChild("items")!.getChildren("item")
      .map(({ attrs }) => attrs.publisher);
    assert.deepEqual(publishers, [undefined, BOB]);
    const retract = (id: string) => pubsub(el("retract", { node: NODE }, el("item", { id })));
    assert.equal(await outcome(bob, "set", publishing("1", "forged"), ALICE), "forbidden");
    assert.equal(await outcome(bob, "set", retract("1"), ALICE), "forbidden");
    assert.equal(await outcome(bob, "set", retract("2"), ALICE), "done");
    // No node is made, changed or managed by another.
    const create = pubsub(el("create", { node: "new" }));
    assert.equal(await outcome(bob, "set", create, ALICE), "forbidden");
    assert.equal(
      await outcome(bob, "set", publishing("1", "x", {}, "new"), ALICE),
      "item-not-found",
    );
    for (const request of [configuring({}), affiliating({ [BOB]: "member" })]) {
      assert.equal(await outcome(bob, "set", request, ALICE), "forbidden");
    }
    await alice.request("set", configuring({ publish_model: "subscribers" }));
    assert.equal(await outcome(eve, "set", publishing("3", "sub"), ALICE), "done");
    await alice.request("set", affiliating({ [EVE]: "outcast" }));
    assert.equal(await outcome(eve, "set", publishing("3", "sub"), ALICE), "service-unavailable");
    await alice.request("set", affiliating({ [EVE]: "publish-only" }));
    assert.equal(await outcome(eve, "set", publishing("4", "in"), ALICE), "done");
    assert.equal(await outcome(eve, "get", items(), ALICE), "service-unavailable");
    const nurse = await bed.online("nurse");
    assert.equal(await outcome(nurse, "set", publishing("5", "n"), ALICE), "service-unavailable");
    await alice.request("set", configuring({ publish_model: "open" }));
    assert.equal(await outcome(nurse, "set", publishing("5", "n"), ALICE), "done");
    assert.equal(bed.server.storage.pep.item("alice", NODE, "5")!.publisher, "nurse");
  }));
