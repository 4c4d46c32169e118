import assert from "node:assert/strict";
import { el, type Element, NS } from "../../core/mod.ts";
import { DOMAIN, type TestClient, withServer, withSqliteServer } from "../testing.ts";
import {
  affiliating,
  ALICE,
  BOB,
  configuring,
  EVE,
  eventsOf,
  form,
  items,
  listed,
  managing,
  NODE,
  outcome,
  owner,
  publishing,
  subscribeAs,
  three,
  unsubscribing,
} from "./testing.ts";

const AUTHORIZE = { access_model: "authorize" };

/** Who is asked for in the questions that came to the owner. */
async function questions(client: TestClient): Promise<string[]> {
  return (await client.settle()).flatMap((stanza) => {
    const fields = stanza.getChild("x", NS.dataForms)?.getChildren("field") ?? [];
    if (stanza.name !== "message" || fields.length === 0) return [];
    assert.equal(stanza.attrs.from, ALICE);
    const value = (name: string) =>
      fields.find(({ attrs }) => attrs.var === name)?.getChildText("value");
    assert.equal(value("FORM_TYPE"), NS.pubsubSubscribeAuthorization);
    return [`${value("pubsub#subscriber_jid")} ${value("pubsub#node")}`];
  });
}

const decision = (jid: string, allow: string, node = NODE) =>
  el(
    "message",
    { to: ALICE, id: "d" },
    form(NS.pubsubSubscribeAuthorization, { node, subscriber_jid: jid, allow }),
  );

/** The states that messages told a subscriber. */
async function told(client: TestClient): Promise<string[]> {
  return (await client.settle()).flatMap((stanza) => {
    const one = stanza.name === "message" && stanza.getChild("pubsub", NS.pubsub);
    return one ? [one.getChild("subscription")!.attrs.subscription!] : [];
  });
}

const subscriptionsOf = async (alice: TestClient) =>
  listed(
    await alice.request("get", owner(el("subscriptions", { node: NODE }))),
    "subscription",
  );

Deno.test("access model authorize: the owner is asked, and decides by the form", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "a", AUTHORIZE));
    assert.equal(await outcome(bob, "get", items(), ALICE), "not-authorized not-subscribed");
    assert.equal(await subscribeAs(bob, BOB), "pending");
    assert.equal(await subscribeAs(bob, bob.jid), "pending");
    assert.equal(await subscribeAs(eve, EVE), "pending");
    // Asked once a person, on whatever device.
    assert.deepEqual(await questions(alice), [`${BOB} ${NODE}`, `${EVE} ${NODE}`]);
    assert.equal(await outcome(bob, "get", items(), ALICE), "not-authorized pending-subscription");
    await alice.request("set", publishing("1", "b"));
    assert.deepEqual(await eventsOf(bob), []);
    // Again to a device that comes online later.
    const tablet = await bed.online("alice", "tablet");
    assert.deepEqual(await questions(tablet), [
      `${BOB} ${NODE}`,
      `${bob.jid} ${NODE}`,
      `${EVE} ${NODE}`,
    ]);
    tablet.send(decision(BOB, "true"));
    await tablet.settle();
    const reached = (await alice.settle()).filter(({ name }) => name === "message");
    assert.deepEqual(reached, [], "the answer is the server's alone");
    const came = await bob.settle();
    assert.ok(came.some((s) => s.getChild("pubsub", NS.pubsub)));
    assert.ok(came.some((s) => s.getChild("event", NS.pubsubEvent)), "the newest item follows");
    alice.send(decision(EVE, "0"));
    await alice.settle();
    assert.deepEqual(await told(eve), ["none"]);
    await alice.request("set", publishing("1", "c"));
    assert.deepEqual([await eventsOf(bob), await eventsOf(eve)], [["c"], []]);
    assert.deepEqual(await subscriptionsOf(alice), [
      `${BOB} subscribed`,
      `${bob.jid} subscribed`,
    ]);
    assert.equal(await outcome(bob, "get", items(), ALICE), "done");
  }));

Deno.test("nobody decides but the owner: forms of others and forms about nothing change nothing", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "a", AUTHORIZE));
    await subscribeAs(eve, EVE);
    await questions(alice);
    eve.send(decision(EVE, "true"));
    bob.send(decision(EVE, "true"));
    await bob.settle();
    await eve.settle();
    assert.deepEqual(await subscriptionsOf(alice), [`${EVE} pending`]);
    assert.equal((await alice.settle()).length, 2, "to her they are messages like any");
    for (
      const [form, condition] of [
        [decision(BOB, "true"), "item-not-found"],
        [decision(EVE, "true", "no such node"), "item-not-found"],
        [decision(`eve@elsewhere.example`, "true"), "item-not-found"],
        [decision("@@", "true"), "bad-request"],
        [decision(EVE, "perhaps"), "not-acceptable"],
      ] as const
    ) {
      alice.send(form);
      const error = await alice.until(({ attrs }) => attrs.type === "error", condition);
      assert.ok(error.getChild("error")!.getChild(condition), condition);
    }
    const cancelled = decision(EVE, "true");
    (cancelled.getChild("x") as Element).attrs.type = "cancel";
    alice.send(cancelled);
    assert.deepEqual(await alice.settle(), []);
    assert.deepEqual(await subscriptionsOf(alice), [`${EVE} pending`]);
  }));

Deno.test("an owner is not reminded of whom it has blocked since", () =>
  withSqliteServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "a", AUTHORIZE));
    await subscribeAs(bob, BOB);
    await subscribeAs(eve, EVE);
    const block = el("block", { xmlns: NS.blocking }, el("item", { jid: EVE }));
    await alice.request("set", block);
    const tablet = await bed.online("alice", "tablet");
    assert.deepEqual(await questions(tablet), [`${BOB} ${NODE}`]);
  }));

Deno.test("the owner grants and ends subscriptions, and makes none", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "a", AUTHORIZE));
    await subscribeAs(bob, BOB);
    await subscribeAs(eve, EVE);
    assert.equal(await outcome(alice, "set", managing({ [BOB]: "subscribed" })), "done");
    assert.deepEqual(await told(bob), ["subscribed"]);
    for (
      const [people, condition] of [
        [{ [`nurse@${DOMAIN}`]: "subscribed" }, "not-acceptable"],
        [{ [bob.jid]: "subscribed" }, "not-acceptable"],
        [{ [EVE]: "unconfigured" }, "not-acceptable"],
        [{ [BOB]: "pending" }, "not-acceptable"],
        [{ "@": "none" }, "bad-request invalid-jid"],
        // All or none.
        [{ [EVE]: "none", [`nurse@${DOMAIN}`]: "none" }, "not-acceptable"],
      ] as const
    ) assert.equal(await outcome(alice, "set", managing(people)), condition);
    assert.deepEqual(await subscriptionsOf(alice), [`${BOB} subscribed`, `${EVE} pending`]);
    for (const to of [bob, eve]) {
      const refused = to === bob ? "forbidden" : "service-unavailable";
      assert.equal(await outcome(to, "set", managing({ [EVE]: "subscribed" }), ALICE), refused);
      const list = owner(el("subscriptions", { node: NODE }));
      assert.equal(await outcome(to, "get", list, ALICE), refused);
    }
    assert.equal(await outcome(alice, "set", managing({ [BOB]: "none", [EVE]: "none" })), "done");
    assert.deepEqual([await told(bob), await told(eve)], [["none"], ["none"]]);
    await alice.request("set", publishing("1", "b"));
    assert.deepEqual([await eventsOf(bob), await eventsOf(eve)], [[], []]);
  }));

Deno.test("changing the access model ends what it does not allow, and grants what it does", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "a", { access_model: "open" }));
    await alice.request("set", affiliating({ [BOB]: "member" }));
    await subscribeAs(bob, BOB);
    await subscribeAs(eve, EVE);
    // Whom the owner did not let in itself must ask.
    await alice.request("set", configuring(AUTHORIZE));
    assert.deepEqual([await told(bob), await told(eve)], [[], ["none"]]);
    assert.equal(await subscribeAs(eve, EVE), "pending");
    await alice.request("set", affiliating({ [BOB]: "none" }));
    assert.deepEqual(await told(bob), ["none"]);
    assert.equal(await subscribeAs(bob, BOB), "pending");
    await alice.request("set", configuring({ access_model: "presence" }));
    assert.deepEqual([await told(bob), await told(eve)], [["subscribed"], ["none"]]);
    assert.deepEqual(await subscriptionsOf(alice), [`${BOB} subscribed`]);
  }));

Deno.test("who waits is bounded, and leaves when it does not want any more", () =>
  withServer(async (bed) => {
    const [alice, bob, eve] = await three(bed);
    await alice.request("set", publishing("1", "a", AUTHORIZE));
    assert.equal(await subscribeAs(eve, EVE), "pending");
    assert.equal(await subscribeAs(bob, BOB), "resource-constraint");
    assert.equal(await outcome(eve, "set", unsubscribing(EVE), ALICE), "done");
    assert.equal(await subscribeAs(bob, BOB), "pending");
    // Approved, it would be one too many.
    alice.send(decision(BOB, "true"));
    const error = await alice.until(({ attrs }) => attrs.type === "error");
    assert.ok(error.getChild("error")!.getChild("resource-constraint"));
    assert.deepEqual(await subscriptionsOf(alice), [`${BOB} pending`]);
  }, { pepPending: 1, pepSubscribers: 0 }));

Deno.test("affiliations are listed, bounded, of this server's people, and leave the owner the owner", () =>
  withSqliteServer(async (bed) => {
    const [alice] = await three(bed);
    await alice.request("set", publishing("1", "a"));
    const set = (people: Record<string, string>) => outcome(alice, "set", affiliating(people));
    const list = async () =>
      listed(await alice.request("get", owner(el("affiliations", { node: NODE }))), "affiliation");
    for (
      const [people, condition] of [
        [{ [BOB]: "owner" }, "not-acceptable"],
        [{ [ALICE]: "none" }, "not-acceptable"],
        [{ [ALICE]: "outcast" }, "not-acceptable"],
        [{ [BOB]: "king" }, "bad-request"],
        [{ [`${BOB}/b`]: "member" }, "not-acceptable"],
        [{ "bob@elsewhere.example": "member" }, "not-acceptable"],
        [{ [DOMAIN]: "member" }, "not-acceptable"],
        [{ [`${"b".repeat(1_000)}@${DOMAIN}`]: "member" }, "not-acceptable"],
        [{ [`${"b".repeat(5_000)}@${DOMAIN}`]: "member" }, "bad-request invalid-jid"],
        [{ "@": "member" }, "bad-request invalid-jid"],
        [{ [BOB]: "member", [EVE]: "member", [`n@${DOMAIN}`]: "outcast" }, "resource-constraint"],
        [{ [BOB]: "member", [EVE]: "king" }, "bad-request"],
      ] as const
    ) assert.equal(await set(people), condition, JSON.stringify(people).slice(0, 80));
    assert.deepEqual(await list(), [`${ALICE} owner`]);
    // Whether there is such an account is not told.
    assert.equal(await set({ [`nobody@${DOMAIN}`]: "member", [BOB]: "publisher" }), "done");
    assert.equal(await set({ [EVE]: "member" }), "resource-constraint");
    assert.equal(await set({ [BOB]: "outcast", [`nobody@${DOMAIN}`]: "none" }), "done");
    assert.equal(await set({ [ALICE]: "owner" }), "done");
    assert.deepEqual(await list(), [`${ALICE} owner`, `${BOB} outcast`]);
  }, { pepAffiliations: 2 }));
