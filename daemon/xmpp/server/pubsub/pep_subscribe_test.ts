import assert from "node:assert/strict";
import { el, NS } from "../../core/mod.ts";
import { DOMAIN, withServer, withSqliteServer } from "../testing.ts";
import {
  ALICE,
  BOB,
  configuring,
  EVE,
  eventsOf,
  listed,
  NODE,
  outcome,
  owner,
  publishing,
  pubsub,
  subscribeAs,
  three,
  unsubscribing,
} from "./testing.ts";

Deno.test("who subscribes is told of items, retractions, purge and deletion, until it unsubscribes", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "first", { access_model: "open" }));
    assert.equal(await subscribeAs(bob, BOB), "subscribed");
    assert.equal(await subscribeAs(eve, eve.jid), "subscribed");
    // The newest item comes at once, and not again for asking twice.
    assert.deepEqual(await eventsOf(bob), ["first"]);
    assert.equal(await subscribeAs(bob, BOB), "subscribed");
    assert.deepEqual(await eventsOf(bob), []);
    const tablet = await bed.online("bob", "tablet");
    const second = await bed.online("eve", "other");
    await alice.request("set", publishing("1", "second"));
    await eventsOf(eve);
    for (
      const [client, events] of [[bob, ["second"]], [tablet, ["second"]], [second, []]] as const
    ) {
      assert.deepEqual(await eventsOf(client), events);
    }
    const retract = el("retract", { node: NODE, notify: "true" }, el("item", { id: "1" }));
    assert.equal(await outcome(alice, "set", pubsub(retract)), "done");
    assert.equal(await outcome(alice, "set", owner(el("purge", { node: NODE }))), "done");
    assert.deepEqual(await eventsOf(eve), ["-1", "purge"]);
    assert.equal(await outcome(eve, "set", unsubscribing(eve.jid), ALICE), "done");
    assert.equal(await outcome(eve, "set", unsubscribing(eve.jid), ALICE), "service-unavailable");
    assert.equal(await outcome(alice, "set", owner(el("delete", { node: NODE }))), "done");
    assert.deepEqual(await eventsOf(eve), []);
    assert.deepEqual(await eventsOf(bob), ["-1", "purge", "delete"]);
    assert.equal(await subscribeAs(bob, BOB), "item-not-found");
  }));

Deno.test("subscriptions are listed to their subscriber, each its own", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "a", { access_model: "open" }));
    await alice.request("set", publishing("1", "a", { access_model: "open" }, "other"));
    await subscribeAs(bob, BOB);
    await subscribeAs(bob, bob.jid, "other");
    await subscribeAs(eve, EVE);
    const all = await bob.request("get", pubsub(el("subscriptions")), ALICE);
    assert.deepEqual(listed(all, "subscription"), [
      `other ${bob.jid} subscribed`,
      `${NODE} ${BOB} subscribed`,
    ]);
    const one = await bob.request("get", pubsub(el("subscriptions", { node: NODE })), ALICE);
    assert.deepEqual(listed(one, "subscription"), [`${NODE} ${BOB} subscribed`]);
    await eve.request("set", unsubscribing(EVE), ALICE);
    // Nothing there, as if there were no alice.
    for (const list of ["subscriptions", "affiliations"]) {
      assert.equal(await outcome(eve, "get", pubsub(el(list)), ALICE), "service-unavailable");
    }
    assert.deepEqual(
      listed(await bob.request("get", pubsub(el("affiliations")), ALICE), "affiliation"),
      [],
    );
    assert.deepEqual(
      listed(await alice.request("get", pubsub(el("affiliations"))), "affiliation"),
      [`other owner`, `${NODE} owner`],
    );
  }));

Deno.test("nobody subscribes another, nor with what is no address", () =>
  withSqliteServer(async (bed) => {
    const [alice, bob] = await three(bed);
    await alice.request("set", publishing("1", "a", { access_model: "open" }));
    for (
      const jid of [EVE, ALICE, "", "@", `bob@elsewhere.example`, `${BOB}/${"x".repeat(5_000)}`]
    ) {
      assert.equal(await subscribeAs(bob, jid), "bad-request invalid-jid", jid.slice(0, 50));
      assert.equal(
        await outcome(bob, "set", unsubscribing(jid), ALICE),
        "bad-request invalid-jid",
      );
    }
    const nobody = pubsub(el("subscribe", { node: NODE }));
    assert.equal(await outcome(bob, "set", nobody, ALICE), "bad-request invalid-jid");
    const nothing = pubsub(el("subscribe", { jid: BOB }));
    assert.equal(await outcome(bob, "set", nothing, ALICE), "bad-request nodeid-required");
    const long = pubsub(el("subscribe", { jid: BOB, node: "n".repeat(5_000) }));
    assert.equal(await outcome(bob, "set", long, ALICE), "not-acceptable");
    assert.deepEqual(bed.server.storage.pepSubscriptions.of("alice", NODE), []);
  }));

Deno.test("a stranger that subscribes again and again has as many subscriptions as one may", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "a", { access_model: "open" }));
    const asked = Array.from({ length: 500 }, async (_, i) => {
      const subscribe = el("subscribe", { node: NODE, jid: `${EVE}/${i}` });
      return (await eve.request("set", pubsub(subscribe), ALICE)).attrs.type;
    });
    const done = (await Promise.all(asked)).filter((type) => type === "result");
    assert.equal(done.length, 3, "as many as it may have sessions");
    const { pepSubscriptions } = bed.server.storage;
    assert.equal(pepSubscriptions.of("alice", NODE).length, 3);
    // Of a node, whoever it is; the fourth is one too many.
    assert.equal(await subscribeAs(bob, BOB), "subscribed");
    assert.equal(await subscribeAs(bob, bob.jid), "resource-constraint");
    // And in all of hers.
    for (const node of ["n1", "n2"]) {
      await alice.request("set", publishing("1", "a", { access_model: "open" }, node));
    }
    assert.equal(await subscribeAs(eve, EVE, "n1"), "subscribed");
    assert.equal(await subscribeAs(eve, EVE, "n2"), "service-unavailable");
    assert.equal(pepSubscriptions.countOf("eve"), 4);
  }, { sessionsPerAccount: 3, pepSubscribers: 4, pepSubscriptions: 4 }));

Deno.test("nobody is told who blocks the owner or whom it blocks, nor who may not read any more", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "a", { access_model: "open" }));
    for (const [client, jid] of [[bob, BOB], [eve, EVE]] as const) {
      assert.equal(await subscribeAs(client, jid), "subscribed");
      await client.settle();
    }
    const list = (name: string, jid: string) =>
      el(name, { xmlns: NS.blocking }, el("item", { jid }));
    await alice.request("set", list("block", EVE));
    await bob.request("set", list("block", ALICE));
    await alice.request("set", publishing("2", "b"));
    assert.deepEqual(await eventsOf(bob), []);
    assert.deepEqual(await eventsOf(eve), []);
    assert.equal(await subscribeAs(eve, eve.jid), "service-unavailable");
    await alice.request("set", list("unblock", EVE));
    await bob.request("set", list("unblock", ALICE));
    await alice.request("set", publishing("3", "c"));
    assert.deepEqual([await eventsOf(bob), await eventsOf(eve)], [["c"], ["c"]]);
    // Closed to who does not see her presence: eve is told that it is over, and hears nothing.
    assert.equal(await outcome(alice, "set", configuring({ access_model: "presence" })), "done");
    const told = await eve.message();
    const { jid, subscription } = told.getChild("pubsub", NS.pubsub)!.getChild("subscription")!
      .attrs;
    assert.deepEqual([jid, subscription], [EVE, "none"]);
    await alice.request("set", publishing("4", "d"));
    assert.deepEqual([await eventsOf(bob), await eventsOf(eve)], [["d"], []]);
    // It is not opened for her again by opening the node.
    await alice.request("set", configuring({ access_model: "open" }));
    await alice.request("set", publishing("5", "e"));
    assert.deepEqual([await eventsOf(bob), await eventsOf(eve)], [["e"], []]);
    // Bob goes out of her sight.
    await alice.request("set", configuring({ access_model: "presence" }));
    alice.send(el("presence", { to: BOB, type: "unsubscribed" }));
    await alice.settle();
    await alice.request("set", publishing("6", "f"));
    assert.deepEqual(await eventsOf(bob), []);
    assert.deepEqual(bed.server.storage.pepSubscriptions.of("alice", NODE), []);
  }));

Deno.test("an account made anew under an old name has nothing of the old one's subscriptions", () =>
  withServer(async (bed) => {
    const [alice, , eve] = await three(bed);
    const { pepSubscriptions, pepAffiliations } = bed.server.storage;
    await alice.request("set", publishing("1", "a", { access_model: "open" }));
    await subscribeAs(eve, EVE);
    const member = el("affiliation", { jid: EVE, affiliation: "member" });
    await alice.request("set", owner(el("affiliations", { node: NODE }, member)));
    assert.equal(pepAffiliations.of("alice", NODE).get("eve"), "member");
    eve.send(el("iq", { type: "set", id: "r" }, el("query", { xmlns: NS.register }, el("remove"))));
    await eve.ended;
    assert.equal(await outcome(alice, "set", publishing("2", "b")), "done");
    assert.deepEqual(pepSubscriptions.of("alice", NODE), []);
    assert.equal(pepAffiliations.of("alice", NODE).size, 0);
    const anew = await bed.online("eve");
    await alice.request("set", publishing("3", "c"));
    assert.deepEqual(await eventsOf(anew), []);
    assert.ok(anew.jid.startsWith(`eve@${DOMAIN}/`));
  }));
