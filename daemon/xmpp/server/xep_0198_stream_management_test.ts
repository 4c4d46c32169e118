import assert from "node:assert/strict";
import fc from "fast-check";
import { el, type Element, NS } from "../core/mod.ts";
import { DOMAIN, PASSWORD, TestClient, testOptions, until, withServer } from "./testing.ts";
import { chat, ManagedClient } from "./testing_managed.ts";
import { XmppServer } from "./server.ts";

const SM = NS.streamManagement;
const nonza = (name: string) => (element: Element) => element.is(name, SM);

Deno.test("enable is answered once, r with the count of what was taken, a lightens the queue", async () => {
  await withServer(async (bed) => {
    const alice = await bed.login("alice");
    alice.send(el("r", { xmlns: SM }));
    assert.ok((await alice.until(nonza("failed"))).getChild("unexpected-request"));
    alice.send(el("enable", { xmlns: SM, resume: "true", max: "10" }));
    const enabled = await alice.until(nonza("enabled"));
    assert.equal(enabled.attrs.max, "10");
    assert.match(enabled.attrs.id!, /^[A-Za-z0-9_-]{32}$/);
    alice.send(el("enable", { xmlns: SM }));
    assert.ok((await alice.until(nonza("failed"))).getChild("unexpected-request"));
    alice.send(el("presence"));
    alice.send(chat("alice", "to myself"));
    alice.send(el("r", { xmlns: SM }));
    assert.equal((await alice.until(nonza("a"))).attrs.h, "2");
    await alice.until(nonza("r"));
    const [session] = bed.server.sessions.of("alice");
    assert.equal(session!.management!.unacknowledged, 2);
    alice.send(el("a", { xmlns: SM, h: "1" }));
    await alice.settle();
    // The answer to the ping waits as well.
    assert.equal(session!.management!.unacknowledged, 2);
    // It asks again for the rest.
    alice.send(el("a", { xmlns: SM, h: "3" }));
    await until(() => session!.management!.unacknowledged === 0);
  });
});

Deno.test("before a resource is bound nothing can be enabled, and a bound stream resumes nothing", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const client = await bed.connect();
    await client.open();
    await client.authenticate("alice", PASSWORD);
    await client.open();
    client.send(el("enable", { xmlns: SM }));
    assert.ok((await client.until(nonza("failed"))).getChild("unexpected-request"));
    client.send(el("resume", { xmlns: SM, previd: "nothing", h: "0" }));
    assert.ok((await client.until(nonza("failed"))).getChild("item-not-found"));
    await client.request("set", el("bind", { xmlns: NS.bind }));
    client.send(el("resume", { xmlns: SM, previd: "nothing", h: "0" }));
    assert.ok((await client.until(nonza("failed"))).getChild("unexpected-request"));
  });
});

Deno.test("a count of what was never sent ends the stream with handled-count-too-high", async () => {
  await withServer(async (bed) => {
    const alice = await bed.login("alice");
    alice.send(el("enable", { xmlns: SM, resume: "true" }));
    await alice.until(nonza("enabled"));
    alice.send(el("a", { xmlns: SM, h: "7" }));
    const error = await alice.until((element) => element.is("error", NS.stream));
    assert.ok(error.getChild("undefined-condition", NS.streams));
    const { h, "send-count": sent } = error.getChild("handled-count-too-high", SM)!.attrs;
    assert.deepEqual([h, sent], ["7", "0"]);
    await until(() => bed.server.sessions.count === 0);
  });
});

Deno.test("a cut connection is resumed: present all along, nothing lost, nothing doubled", async () => {
  for (const profile of ["sasl", "sasl2"] as const) {
    await withServer(async (bed) => {
      const watcher = await bed.online("bob", "watcher");
      const bob = new ManagedClient(bed.server.port, "bob");
      await bob.start();
      await watcher.presence(undefined, bob.jid);
      const alice = await bed.online("alice");
      await bob.cut();
      for (const body of ["one", "two"]) alice.send(chat(bob.jid, body));
      await alice.settle();
      const waiting = bed.server.sessions.get(bed.server.address("bob").withResource("managed"))!;
      await until(() => waiting.outlet === undefined);
      assert.equal((await bob.resume(profile)).attrs.previd, bob.previd);
      await until(() => bob.bodies.length === 2);
      alice.send(chat(bob.jid, "three"));
      await until(() => bob.bodies.length === 3);
      assert.deepEqual(bob.bodies, ["one", "two", "three"]);
      bob.send(chat(alice.jid, "four"));
      assert.equal((await alice.message()).getChildText("body"), "four");
      // Nobody saw it go.
      const seen = await watcher.settle();
      assert.deepEqual(seen.filter(({ attrs }) => attrs.type === "unavailable"), []);
      await bob.cut();
    });
  }
});

Deno.test("only the account itself resumes its session, and it leaves the connection it was on", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("eve", PASSWORD);
    await bed.server.createAccount("alice", PASSWORD);
    const alice = new ManagedClient(bed.server.port, "alice");
    await alice.start();
    const eve = new ManagedClient(bed.server.port, "eve");
    eve.previd = alice.previd;
    assert.ok((await eve.resume()).getChild("item-not-found"));
    assert.ok((await eve.resume("sasl2")).getChild("item-not-found"));
    await eve.cut();
    // Its connection is not lost for all that the server knows.
    const old = alice.client!;
    alice.client = undefined;
    await alice.resume();
    assert.equal(await old.streamError(), "conflict");
    alice.send(chat("alice", "still here"));
    await until(() => alice.bodies.length === 1);
    assert.equal(bed.server.sessions.count, 1);
    await alice.cut();
  });
});

Deno.test("who does not come back leaves, and what was not acknowledged goes elsewhere, once", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    await bed.server.createAccount("bob", PASSWORD);
    const bob = new ManagedClient(bed.server.port, "bob");
    await bob.start();
    alice.send(chat(bob.jid, "acknowledged"));
    await until(() => bob.bodies.length === 1);
    await until(() => bed.server.sessions.of("bob")[0]!.management!.unacknowledged === 0);
    await bob.cut();
    for (const body of ["one", "two"]) alice.send(chat(bob.jid, body));
    await alice.settle();
    await until(() => bed.server.sessions.of("bob").length === 0);
    assert.equal(bed.server.storage.offline.count("bob"), 2);
    assert.ok((await bob.resume()).getChild("item-not-found"));
    const again = await bed.online("bob");
    assert.equal((await again.message()).getChildText("body"), "one");
    assert.equal((await again.message()).getChildText("body"), "two");
    await until(() => bed.server.storage.offline.count("bob") === 0);
  }, { resumeMs: 300, sweepMs: 50 });
});

Deno.test("offline messages that were acknowledged in part come again in the other part alone", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    await bed.server.createAccount("bob", PASSWORD);
    for (let i = 0; i < 10; i++) alice.send(chat("bob", String(i)));
    await alice.settle();
    const bob = new ManagedClient(bed.server.port, "bob");
    bob.acknowledges = false;
    await bob.start();
    await until(() => bob.bodies.length === 10);
    // Its own presence came before them.
    bob.client!.send(el("a", { xmlns: SM, h: String(bob.received - 4) }));
    await until(() => bed.server.sessions.of("bob")[0]!.management!.unacknowledged === 4);
    await bob.cut();
    await until(() => bed.server.sessions.of("bob").length === 0);
    assert.equal(bed.server.storage.offline.count("bob"), 4);
  }, { resumeMs: 100, sweepMs: 20 });
});

Deno.test("past the bound messages are kept instead, and come when the client has caught up", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    await bed.server.createAccount("bob", PASSWORD);
    const bob = new ManagedClient(bed.server.port, "bob");
    bob.acknowledges = false;
    await bob.start();
    for (let i = 0; i < 40; i++) alice.send(chat(bob.jid, String(i)));
    await alice.settle();
    const session = bed.server.sessions.of("bob")[0]!;
    assert.equal(session.management!.unacknowledged, 20);
    assert.equal(bed.server.storage.offline.count("bob"), 21);
    // What it asks for itself it gets: then the oldest is given up, and with it the resumption.
    for (let i = 0; i < 15; i++) {
      await bob.client!.request("get", el("ping", { xmlns: NS.ping }), DOMAIN);
    }
    assert.equal(session.management!.resumable, false);
    bob.acknowledges = true;
    bob.acknowledge();
    await until(() => bob.bodies.length === 40);
    assert.deepEqual(bob.bodies, Array.from({ length: 40 }, (_, i) => String(i)));
    assert.equal(session.management!.resumable, true);
    await bob.cut();
  }, { unackedStanzas: 20 });
});

Deno.test("at the limit of sessions one without a client makes room", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const first = new ManagedClient(bed.server.port, "alice");
    await first.start("first");
    await bed.login("alice", "second");
    await first.cut();
    await until(() => bed.server.resumptions.waiting.length === 1);
    await bed.login("alice", "third");
    const resources = bed.server.sessions.of("alice").map(({ jid }) => jid.resource);
    assert.deepEqual(resources, ["second", "third"]);
  }, { sessionsPerAccount: 2 });
});

Deno.test("what is stored is settled before it is acknowledged", async () => {
  await withServer(async (bed) => {
    const { storage } = bed.server;
    await bed.server.createAccount("bob", PASSWORD);
    const alice = await bed.login("alice");
    const settle = storage.settle.bind(storage);
    const settled: number[] = [];
    storage.settle = () => {
      settled.push(storage.offline.count("bob"));
      // A full disk, once.
      return settled.length > 1 && settle();
    };
    alice.send(el("enable", { xmlns: SM }));
    alice.send(chat("bob", "hello"));
    alice.send(el("r", { xmlns: SM }));
    await until(() => settled.length === 1);
    assert.deepEqual(alice.inbox.filter(nonza("a")), []);
    alice.send(el("r", { xmlns: SM }));
    assert.equal((await alice.until(nonza("a"))).attrs.h, "1");
    assert.deepEqual(settled, [1, 1], "the message was stored before");
  });
});

Deno.test("a server that stops keeps what was not acknowledged", async () => {
  const directory = await Deno.makeTempDir();
  const options = { ...await testOptions(), database: `${directory}/server.db` };
  const server = await XmppServer.start(options);
  await server.createAccount("alice", PASSWORD);
  await server.createAccount("bob", PASSWORD);
  const bob = new ManagedClient(server.port, "bob");
  await bob.start();
  await bob.cut();
  const alice = await TestClient.connect(server.port, options.certificatePem);
  await alice.login("alice", PASSWORD);
  alice.send(chat(bob.jid, "keep me"));
  await alice.settle();
  await server.stop();
  await alice.close();
  const again = await XmppServer.start(options);
  assert.equal(again.storage.offline.count("bob"), 1);
  await again.stop();
  await Deno.remove(directory, { recursive: true });
});

/** What one of two clients does next. */
const step = fc.record({
  who: fc.constantFrom(0, 1),
  what: fc.constantFrom("send", "send", "send", "cut", "resume", "request", "deaf", "hear", "wait"),
  profile: fc.constantFrom<"sasl" | "sasl2">("sasl", "sasl2"),
});

Deno.test("whatever is cut and resumed, each message comes exactly once, in order", async () => {
  const server = await XmppServer.start(await testOptions());
  await server.createAccount("alice", PASSWORD);
  await server.createAccount("bob", PASSWORD);
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        const pair = ["alice", "bob"].map((name) => new ManagedClient(server.port, name));
        const sent: string[][] = [[], []];
        try {
          for (const client of pair) await client.start();
          for (const { who, what, profile } of steps) {
            const client = pair[who]!;
            if (what === "send") {
              const body = String(sent[who]!.length);
              sent[who]!.push(body);
              client.send(chat(pair[1 - who]!.jid, body));
            } else if (what === "cut") await client.cut();
            // Also while the old connection is up.
            else if (what === "resume") {
              assert.equal((await client.resume(profile)).getName(), "resumed");
            } else if (what === "request") client.request();
            else if (what === "deaf") client.acknowledges = false;
            else if (what === "hear") client.acknowledges = true;
            else await new Promise((resolve) => setTimeout(resolve, 1));
          }
          for (const client of pair) {
            client.acknowledges = true;
            assert.equal((await client.resume()).getName(), "resumed");
          }
          await until(() => pair.every(({ bodies }, i) => bodies.length >= sent[1 - i]!.length));
          for (const client of pair) {
            await client.settle();
          }
          assert.deepEqual(pair.map(({ bodies }) => bodies), sent.toReversed());
          await until(() => server.resumptions.waiting.length === 0);
        } finally {
          for (const client of pair) await client.cut();
        }
      }),
      { numRuns: 40 },
    );
  } finally {
    await server.stop();
  }
});

Deno.test("who confirms nothing is not asked over and over", () =>
  withServer(async ({ server, login }) => {
    const alice = await login("alice");
    alice.send(el("enable", { xmlns: SM }));
    await alice.until(nonza("enabled"));
    alice.send(el("presence"));
    await alice.until(nonza("r"));
    for (let i = 0; i < 5; i++) alice.send(el("a", { xmlns: SM, h: "0" }));
    await until(() => server.sessions.of("alice")[0]!.management!.requested === false);
    alice.send(chat("alice", "again"));
    const came = await alice.settle();
    assert.equal(came.filter(nonza("r")).length, 1, "only for what is new");
  }));
