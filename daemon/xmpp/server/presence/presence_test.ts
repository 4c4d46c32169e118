import assert from "node:assert/strict";
import { el, type Element, NS } from "../../core/mod.ts";
import { conditionOf, DOMAIN, type TestBed, type TestClient, withServer } from "../testing.ts";

const ALICE = `alice@${DOMAIN}`;
const BOB = `bob@${DOMAIN}`;

/** The item of the next roster push. */
async function push(client: TestClient): Promise<Record<string, string | undefined>> {
  const iq = await client.until(
    (stanza) => stanza.attrs.type === "set" && stanza.getChild("query", NS.roster) !== undefined,
    "a roster push",
  );
  client.send(el("iq", { type: "result", id: iq.attrs.id }));
  return iq.getChild("query", NS.roster)!.getChild("item")!.attrs;
}

async function roster(client: TestClient, ver?: string): Promise<Element | undefined> {
  const answer = await client.request("get", el("query", { xmlns: NS.roster, ver }));
  return answer.getChild("query", NS.roster);
}

async function befriend(bed: TestBed): Promise<[TestClient, TestClient]> {
  const alice = await bed.online("alice", "a");
  const bob = await bed.online("bob", "b");
  alice.send(el("presence", { to: BOB, type: "subscribe" }));
  await bob.presence("subscribe", ALICE);
  bob.send(el("presence", { to: ALICE, type: "subscribed" }));
  bob.send(el("presence", { to: ALICE, type: "subscribe" }));
  await alice.presence("subscribe", BOB);
  alice.send(el("presence", { to: BOB, type: "subscribed" }));
  await bob.presence(undefined, alice.jid);
  await alice.settle();
  await bob.settle();
  return [alice, bob];
}

Deno.test("roster items are set, pushed to interested resources only, versioned and removed", async () => {
  await withServer(async (bed) => {
    const phone = await bed.online("alice", "phone");
    const tablet = await bed.online("alice", "tablet");
    const blind = await bed.login("alice", "blind");
    const item = el("item", { jid: BOB, name: "Bob" }, el("group", {}, "Friends"));
    const answer = await phone.request("set", el("query", { xmlns: NS.roster }, item));
    assert.equal(answer.attrs.type, "result");
    for (const client of [phone, tablet]) {
      const pushed = await push(client);
      assert.deepEqual({ ...pushed }, { jid: BOB, name: "Bob", subscription: "none" });
    }
    assert.deepEqual(await blind.settle(), []);
    const query = (await roster(phone))!;
    assert.equal(query.getChildren("item").length, 1);
    assert.equal(query.getChild("item")!.getChildText("group"), "Friends");
    assert.equal(await roster(phone, query.attrs.ver), undefined);
    const removed = el("item", { jid: BOB, subscription: "remove" });
    await phone.request("set", el("query", { xmlns: NS.roster }, removed));
    assert.equal((await push(tablet)).subscription, "remove");
    assert.notEqual((await roster(phone, query.attrs.ver))?.attrs.ver, query.attrs.ver);
    const again = await phone.request("set", el("query", { xmlns: NS.roster }, removed));
    assert.equal(conditionOf(again), "item-not-found");
  });
});

Deno.test("roster changes of a wrong form are refused", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    await bed.server.createAccount("bob", "another password");
    const set = async (...items: Element[]) =>
      conditionOf(await alice.request("set", el("query", { xmlns: NS.roster }, ...items)));
    const item = (attrs: Record<string, string>, ...groups: string[]) =>
      el("item", attrs, ...groups.map((group) => el("group", {}, group)));
    assert.equal(await set(), "bad-request");
    assert.equal(await set(item({ jid: BOB }), item({ jid: BOB })), "bad-request");
    assert.equal(await set(item({ jid: `${BOB}/x` })), "bad-request");
    assert.equal(await set(item({ jid: BOB, name: "x".repeat(2000) })), "not-acceptable");
    assert.equal(await set(item({ jid: BOB }, "")), "not-acceptable");
    assert.equal(await set(item({ jid: BOB }, "a", "a")), "bad-request");
    const others = await alice.request("get", el("query", { xmlns: NS.roster }), BOB);
    assert.equal(conditionOf(others), "forbidden");
    const one = item({ jid: BOB });
    await alice.request("set", el("query", { xmlns: NS.roster }, one));
    assert.equal(await set(item({ jid: `carol@${DOMAIN}` })), "resource-constraint");
  }, { rosterItems: 1 });
});

Deno.test("a subscription is asked for, granted, seen, cancelled on both sides", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice", "a");
    const bob = await bed.online("bob", "b");
    alice.send(el("presence", { to: BOB, type: "subscribe" }, el("status", {}, "hello")));
    assert.deepEqual({ ...await push(alice) }, {
      jid: BOB,
      subscription: "none",
      ask: "subscribe",
    });
    const request = await bob.presence("subscribe", ALICE);
    assert.equal(request.getChildText("status"), "hello");
    assert.equal(request.attrs.to, bob.jid);
    bob.send(el("presence", { to: ALICE, type: "subscribed" }));
    assert.deepEqual({ ...await push(bob) }, { jid: ALICE, subscription: "from" });
    await alice.presence("subscribed", BOB);
    assert.deepEqual({ ...await push(alice) }, { jid: BOB, subscription: "to" });
    await alice.presence(undefined, bob.jid);
    assert.equal((await bob.settle()).length, 0, "bob does not see alice");

    bob.send(el("presence", {}, el("show", {}, "dnd")));
    const busy = await alice.presence(undefined, bob.jid);
    assert.equal(busy.getChildText("show"), "dnd");

    bob.send(el("presence", { to: ALICE, type: "unsubscribed" }));
    await alice.presence("unsubscribed", BOB);
    await alice.presence("unavailable", bob.jid);
    assert.equal((await push(alice)).subscription, "none");
    assert.equal((await push(bob)).subscription, "none");
  });
});

Deno.test("a request waits for who is offline, and comes again until it is answered", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("bob", "another password");
    const alice = await bed.online("alice");
    alice.send(el("presence", { to: BOB, type: "subscribe" }));
    await alice.settle();
    await (await loginAs(bed, "bob", "another password")).presence("subscribe", ALICE);
    const bob = await loginAs(bed, "bob", "another password");
    await bob.presence("subscribe", ALICE);
    bob.send(el("presence", { to: ALICE, type: "unsubscribed" }));
    await alice.presence("unsubscribed", BOB);
    const third = await loginAs(bed, "bob", "another password");
    assert.deepEqual((await third.settle()).filter((s) => s.attrs.type === "subscribe"), []);
  });
});

async function loginAs(bed: TestBed, name: string, password: string): Promise<TestClient> {
  const client = await bed.connect();
  await client.login(name, password);
  await roster(client);
  client.send(el("presence"));
  return client;
}

Deno.test("a request to an account that does not exist is answered with unsubscribed", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    alice.send(el("presence", { to: `nobody@${DOMAIN}`, type: "subscribe" }));
    await alice.presence("unsubscribed", `nobody@${DOMAIN}`);
    const query = (await roster(alice))!;
    assert.equal(query.getChild("item")!.attrs.ask, undefined);
  });
});

Deno.test("a request that was approved before is granted without asking", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const bob = await bed.online("bob");
    bob.send(el("presence", { to: ALICE, type: "subscribed" }));
    assert.equal((await push(bob)).approved, "true");
    alice.send(el("presence", { to: BOB, type: "subscribe" }));
    await alice.presence("subscribed", BOB);
    await alice.presence(undefined, bob.jid);
    assert.equal((await push(bob)).subscription, "from");
    assert.deepEqual((await bob.settle()).filter((s) => s.attrs.type === "subscribe"), []);
  });
});

Deno.test("contacts see each other come and go, also when a connection breaks", async () => {
  await withServer(async (bed) => {
    const [alice, bob] = await befriend(bed);
    await bob.close();
    await alice.presence("unavailable", bob.jid);
    const back = await bed.online("bob", "again");
    await back.presence(undefined, alice.jid);
    await alice.presence(undefined, back.jid);
    back.send(el("presence", { type: "unavailable" }));
    await alice.presence("unavailable", back.jid);
    await back.settle();
    alice.send(el("presence", {}, el("show", {}, "away")));
    await alice.settle();
    assert.deepEqual(await back.settle(), [], "who is unavailable gets no presence");
  });
});

Deno.test("removing a contact ends the subscriptions both ways", async () => {
  await withServer(async (bed) => {
    const [alice, bob] = await befriend(bed);
    const gone = el("item", { jid: BOB, subscription: "remove" });
    await alice.request("set", el("query", { xmlns: NS.roster }, gone));
    assert.equal((await push(alice)).subscription, "remove");
    await bob.presence("unavailable", alice.jid);
    await alice.presence("unavailable", bob.jid);
    await bob.settle();
    assert.equal((await roster(bob))!.getChild("item")!.attrs.subscription, "none");
  });
});

Deno.test("directed presence reaches a stranger, and so does its end", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const bob = await bed.online("bob");
    alice.send(el("presence", { to: bob.jid }));
    await bob.presence(undefined, alice.jid);
    await alice.close();
    await bob.presence("unavailable", alice.jid);
  });
});

Deno.test("presence is not shown to who may not see it: no broadcast, no probe", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const eve = await bed.online("eve");
    eve.send(el("presence", { to: ALICE, type: "probe" }));
    alice.send(el("presence", {}, el("status", {}, "secret")));
    await alice.settle();
    assert.deepEqual(await eve.settle(), []);
    eve.send(el("presence", {}, el("priority", {}, "200")));
    const error = await eve.until((s) => s.attrs.type === "error");
    assert.equal(conditionOf(error), "bad-request");
  });
});

Deno.test("who is blocked sees one go, and nothing passes either way until unblocked", async () => {
  await withServer(async (bed) => {
    const [alice, bob] = await befriend(bed);
    const item = el("item", { jid: BOB });
    await alice.request("get", el("blocklist", { xmlns: NS.blocking }));
    await alice.request("set", el("block", { xmlns: NS.blocking }, item));
    await alice.until((s) => s.getChild("block", NS.blocking) !== undefined, "a blocklist push");
    await bob.presence("unavailable", alice.jid);
    bob.send(el("message", { to: ALICE, id: "1" }, el("body", {}, "hi")));
    assert.equal(conditionOf(await bob.message()), "service-unavailable");
    alice.send(el("message", { to: BOB, id: "2" }, el("body", {}, "hi")));
    const own = await alice.message();
    assert.equal(conditionOf(own), "not-acceptable");
    assert.ok(own.getChild("error")!.getChild("blocked", "urn:xmpp:blocking:errors"));
    bob.send(el("presence", {}, el("show", {}, "away")));
    await bob.settle();
    assert.deepEqual((await alice.settle()).filter((s) => s.attrs.from === bob.jid).length, 1);
    await alice.request("set", el("unblock", { xmlns: NS.blocking }));
    await bob.presence(undefined, alice.jid);
    await alice.presence(undefined, bob.jid);
  });
});
