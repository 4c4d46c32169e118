import assert from "node:assert/strict";
import { SimppdError } from "../../base/mod.ts";
import { el, type Element, NS } from "../core/mod.ts";
import { conditionOf, DOMAIN, PASSWORD, until, withServer, withSqliteServer } from "./testing.ts";

const BOB = `bob@${DOMAIN}`;

function chat(body: string, attrs: Record<string, string> = {}, ...more: Element[]): Element {
  return el("message", { type: "chat", to: BOB, ...attrs }, el("body", {}, body), ...more);
}

Deno.test("a message to an account reaches its resources of no negative priority", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const phone = await bed.online("bob", "phone");
    const tablet = await bed.online("bob", "tablet");
    const robot = await bed.online("bob", "robot");
    robot.send(el("presence", {}, el("priority", {}, "-1")));
    await robot.settle();
    await phone.settle();
    alice.send(chat("hello & <goodbye>", { id: "m1" }));
    for (const client of [phone, tablet]) {
      const message = await client.message();
      assert.equal(message.getChildText("body"), "hello & <goodbye>");
      assert.equal(message.attrs.from, alice.jid);
      assert.equal(message.attrs.id, "m1");
    }
    await alice.settle();
    assert.deepEqual((await robot.settle()).filter((s) => s.name === "message"), []);
    alice.send(chat("for you", { to: robot.jid }));
    assert.equal((await robot.message()).getChildText("body"), "for you");
    alice.send(chat("you are gone", { to: `${BOB}/gone` }));
    assert.equal((await phone.message()).getChildText("body"), "you are gone");
    alice.send(chat("no such room", { type: "groupchat", id: "g" }));
    assert.equal(conditionOf(await alice.message()), "service-unavailable");
    alice.send(chat("nobody", { to: `nobody@${DOMAIN}` }));
    assert.equal(conditionOf(await alice.message()), "service-unavailable");
  });
});

Deno.test("messages wait for who is offline, stamped, in order, and come once", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("bob", PASSWORD);
    const alice = await bed.online("alice");
    const forged = el("delay", { xmlns: NS.delay, from: DOMAIN, stamp: "2001-01-01T00:00:00Z" });
    for (let i = 0; i < 120; i++) alice.send(chat(String(i), {}, ...(i === 0 ? [forged] : [])));
    alice.send(el("message", { type: "chat", to: BOB }, el("active", { xmlns: NS.chatStates })));
    alice.send(chat("hint", {}, el("no-store", { xmlns: NS.hints })));
    alice.send(el("message", { to: BOB }, el("store", { xmlns: NS.hints })));
    alice.send(chat("news", { type: "headline" }));
    await alice.settle();
    const bob = await bed.login("bob");
    bob.answersPings = false;
    bob.send(el("presence"));
    const got: Element[] = [];
    while (got.length < 121) {
      const stanza = await bob.until((s) => s.name === "message" || s.attrs.type === "get");
      if (stanza.name === "message") got.push(stanza);
      else bob.send(el("iq", { type: "result", id: stanza.attrs.id, to: DOMAIN }));
    }
    const bodies = got.map((message) => message.getChildText("body"));
    assert.deepEqual(bodies, [...Array.from({ length: 120 }, (_, i) => String(i)), null]);
    for (const message of got) {
      const delays = message.getChildren("delay", NS.delay);
      assert.equal(delays.length, 1);
      assert.equal(delays[0]!.attrs.from, DOMAIN);
      assert.ok(Math.abs(Date.parse(delays[0]!.attrs.stamp!) - Date.now()) < 60_000);
    }
    const last = await bob.until((s) => s.attrs.type === "get");
    bob.send(el("iq", { type: "result", id: last.attrs.id, to: DOMAIN }));
    await bob.settle();
    assert.equal(bed.server.storage.offline.count("bob"), 0);
  }, { offlineShareOfStrangers: 1 });
});

Deno.test("offline messages a connection died with come again", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("bob", PASSWORD);
    const alice = await bed.online("alice");
    alice.send(chat("precious"));
    await alice.settle();
    const dying = await bed.login("bob");
    dying.answersPings = false;
    dying.send(el("presence"));
    await dying.message();
    await dying.close();
    const bob = await bed.login("bob");
    bob.send(el("presence"));
    assert.equal((await bob.message()).getChildText("body"), "precious");
  });
});

Deno.test("messages written to a connection that was dead come again, once", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const dead = await bed.online("bob", "dead");
    dead.answersPings = false;
    for (const body of ["one", "two"]) alice.send(chat(body));
    alice.send(chat("to the resource", { to: dead.jid }));
    alice.send(chat("not kept", {}, el("no-store", { xmlns: NS.hints })));
    await alice.settle();
    await dead.close();
    await until(() => bed.server.storage.offline.count("bob") === 3);
    const bob = await bed.online("bob", "alive");
    for (const body of ["one", "two", "to the resource"]) {
      const message = await bob.message();
      assert.equal(message.getChildText("body"), body);
      assert.equal(message.getChildren("delay", NS.delay).length, 1);
    }
    // One that confirms what it got leaves nothing behind.
    alice.send(chat("three"));
    await bob.message();
    await bob.settle();
    await bob.close();
    await until(() => bed.server.sessions.of("bob").length === 0);
    assert.equal(bed.server.storage.offline.count("bob"), 0);
  });
});

Deno.test("a session that came later gets what the dead one never confirmed", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const dead = await bed.online("bob", "dead");
    dead.answersPings = false;
    alice.send(chat("hello"));
    await alice.settle();
    const fresh = await bed.online("bob", "fresh");
    alice.send(chat("for both"));
    assert.equal((await fresh.message()).getChildText("body"), "for both");
    await dead.close();
    assert.equal((await fresh.message()).getChildText("body"), "hello");
    const rest = (await fresh.settle()).filter((stanza) => stanza.name === "message");
    assert.deepEqual(rest, []);
    assert.equal(bed.server.storage.offline.count("bob"), 0);
  });
});

Deno.test("a full offline store bounces; a call nobody can take is bounced to contacts only", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("bob", PASSWORD);
    const alice = await bed.online("alice");
    for (let i = 0; i < 3; i++) alice.send(chat(String(i), { id: `m${i}` }));
    const bounced = await alice.message();
    assert.equal(bounced.attrs.id, "m2");
    assert.equal(conditionOf(bounced), "service-unavailable");
    const fleeting = () => chat("call", { id: "call" }, el("no-store", { xmlns: NS.hints }));
    alice.send(fleeting());
    assert.deepEqual(await alice.settle(), [], "a stranger does not learn that bob is away");
    const bob = await bed.online("bob");
    bob.send(el("presence", { to: `alice@${DOMAIN}`, type: "subscribed" }));
    alice.send(el("presence", { to: BOB, type: "subscribe" }));
    await alice.presence("subscribed", BOB);
    await bob.close();
    await alice.presence("unavailable", bob.jid);
    alice.send(fleeting());
    const missed = await alice.until((s) => s.attrs.id === "call");
    assert.equal(conditionOf(missed), "service-unavailable");
  }, { offlineMessages: 2, offlineShareOfStrangers: 1, offlineShareOfContact: 1 });
});

Deno.test("requests between clients are passed on with the true sender, and answered", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const bob = await bed.online("bob");
    const answered = alice.request("get", el("time", { xmlns: "urn:xmpp:time" }), bob.jid);
    const request = await bob.until((s) => s.attrs.type === "get");
    assert.equal(request.attrs.from, alice.jid);
    bob.send(el("iq", { type: "result", id: request.attrs.id, to: alice.jid }));
    assert.equal((await answered).attrs.from, bob.jid);
  });
});

Deno.test("nobody fills another's offline store alone: strangers a tenth, a contact half", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("bob", PASSWORD);
    const contact = `carol@${DOMAIN}`;
    bed.server.storage.transaction(() =>
      bed.server.storage.rosters.put("bob", {
        ...bed.server.storage.rosters.get("bob", contact),
        listed: true,
      })
    );
    const bounces = async (name: string, count: number) => {
      const client = await bed.online(name);
      for (let i = 0; i < count; i++) client.send(chat(`${name} ${i}`));
      const back = (await client.settle()).filter((stanza) => stanza.name === "message");
      for (const stanza of back) assert.equal(conditionOf(stanza), "service-unavailable");
      return back.length;
    };
    assert.equal(await bounces("eve", 8), 6);
    assert.equal(await bounces("mallory", 2), 2, "strangers share one part");
    assert.equal(await bounces("carol", 12), 2);
    assert.equal(await bounces("bob2", 1), 1);
    assert.equal(bed.server.storage.offline.count("bob"), 12);
  }, { offlineMessages: 20 });
});

Deno.test("a client's message cannot be an event of a node", async () => {
  await withServer(async (bed) => {
    const bob = await bed.online("bob");
    const eve = await bed.online("eve");
    const event = () =>
      el(
        "event",
        { xmlns: NS.pubsubEvent },
        el("items", { node: "n" }, el("item", { id: "1" }, el("n", { xmlns: "urn:n" }))),
      );
    for (const type of ["headline", "normal", undefined]) {
      eve.send(el("message", { to: bob.jid, type, id: "e" }, event()));
      assert.equal(conditionOf(await eve.until((s) => s.attrs.id === "e")), "forbidden");
    }
    assert.deepEqual((await bob.settle()).filter((s) => s.name === "message"), []);
  });
});

Deno.test("a message that was delivered is not refused too, whatever fails after it", () =>
  withSqliteServer(async ({ server, online }) => {
    const [alice, bob] = [await online("alice"), await online("bob")];
    for (const hook of [server.hooks.accepted, server.hooks.delivered]) {
      hook.on(() => {
        throw new SimppdError("database-unavailable", "The database is away.");
      });
    }
    const message = el("message", { to: `bob@${DOMAIN}`, id: "1", type: "chat" });
    message.append(el("body", {}, "hello"));
    alice.send(message);
    await bob.until((stanza) => stanza.getChildText("body") === "hello");
    const answers = (await alice.settle()).filter(({ attrs }) => attrs.id === "1");
    assert.deepEqual(answers.map(({ attrs }) => attrs.type), []);
  }));
