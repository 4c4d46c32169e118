import assert from "node:assert/strict";
import { el, Jid, NS } from "../../core/mod.ts";
import {
  conditionOf,
  DOMAIN,
  PASSWORD,
  until,
  withSqliteServer as withServer,
} from "../testing.ts";

Deno.test("a client logs in with SCRAM-SHA-256 and SCRAM-SHA-1; PLAIN is not offered", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    for (const mechanism of ["SCRAM-SHA-256", "SCRAM-SHA-1"] as const) {
      const client = await bed.connect();
      await client.login("alice", PASSWORD, "phone", mechanism);
      assert.equal(client.jid, `alice@${DOMAIN}/phone`);
      await client.close();
    }
    const client = await bed.connect();
    const features = await client.open();
    const offered = features.getChild("mechanisms", NS.sasl)!.getChildren("mechanism");
    assert.deepEqual(offered.map((m) => m.getText()), [
      "SIMPP-1",
      "SCRAM-SHA-256",
      "SCRAM-SHA-1",
    ]);
    client.send(el("auth", { xmlns: NS.sasl, mechanism: "PLAIN" }, "AGFsaWNlAGFsaWNl"));
    const failure = await client.until((s) => s.is("failure", NS.sasl));
    assert.ok(failure.getChild("invalid-mechanism"));
  });
});

Deno.test("a wrong password and an unknown account fail alike, after the same steps", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    for (const name of ["alice", "nobody"]) {
      const client = await bed.connect();
      await client.open();
      const failure = await client.authenticate(name, "wrong password");
      assert.ok(failure.getChild("not-authorized"));
    }
    const salts = [];
    for (let i = 0; i < 2; i++) {
      const client = await bed.connect();
      await client.open();
      client.send(
        el(
          "auth",
          { xmlns: NS.sasl, mechanism: "SCRAM-SHA-256" },
          btoa("n,,n=nobody,r=abcdefghij"),
        ),
      );
      const challenge = await client.until((s) => s.is("challenge", NS.sasl));
      salts.push(/s=([^,]+),i=(\d+)/.exec(atob(challenge.getText()))!.slice(1));
    }
    assert.deepEqual(salts[0], salts[1]);
  });
});

Deno.test("repeated wrong passwords are backed off, and end the stream", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const client = await bed.connect();
    await client.open();
    for (let i = 0; i < 4; i++) await client.authenticate("alice", `wrong ${i} password`);
    assert.equal(await client.streamError(), "policy-violation");
    const next = await bed.connect();
    await next.open();
    const failure = await next.authenticate("alice", PASSWORD);
    assert.ok(failure.getChild("temporary-auth-failure"));
  }, { failuresBeforeBackoff: 3, backoffMs: 60_000 });
});

Deno.test("an address that guesses over many accounts is banned, others are not hurt", async () => {
  await withServer(async (bed) => {
    const alice = await bed.login("alice");
    for (let i = 0; i < 4; i++) {
      const client = await bed.connect();
      await client.open();
      await client.authenticate(`user${i}`, "wrong password");
    }
    assert.equal((await bed.server.stats()).bannedAddresses, 1);
    // Alice has logged in from here: she still may, a guesser may not.
    const again = await bed.connect();
    await again.login("alice", PASSWORD);
    const guesser = await bed.connect();
    await guesser.open();
    const failure = await guesser.authenticate("user9", "wrong password");
    assert.ok(failure.getChild("temporary-auth-failure"));
    await alice.settle();
  }, { failuresBeforeBan: 4 });
});

Deno.test("a banned address nobody is known at is turned away before TLS", async () => {
  await withServer(async (bed) => {
    for (let i = 0; i < 2; i++) {
      const client = await bed.connect();
      await client.open();
      await client.authenticate(`user${i}`, "wrong password");
    }
    await assert.rejects(bed.connect());
    assert.equal((await bed.server.stats()).refused, 1);
  }, { failuresBeforeBan: 2 });
});

Deno.test("binding the same resource again ends the older session with conflict", async () => {
  await withServer(async (bed) => {
    const old = await bed.online("alice", "phone");
    const tablet = await bed.online("alice", "tablet");
    const fresh = await bed.login("alice", "phone");
    assert.equal(await old.streamError(), "conflict");
    assert.equal(fresh.jid, `alice@${DOMAIN}/phone`);
    await tablet.presence("unavailable", `alice@${DOMAIN}/phone`);
    await fresh.settle();
    assert.equal((await bed.server.stats()).sessions, 2);
  });
});

Deno.test("sessions of one account are bounded, resources are checked", async () => {
  await withServer(async (bed) => {
    await bed.login("alice", "one");
    await bed.login("alice", "two");
    const third = await bed.connect();
    await third.open();
    await third.authenticate("alice", PASSWORD);
    await third.open();
    const answer = await third.request("set", el("bind", { xmlns: NS.bind }));
    assert.equal(conditionOf(answer), "resource-constraint");
    const bad = el("bind", { xmlns: NS.bind }, el("resource", {}, "x".repeat(2000)));
    assert.equal(conditionOf(await third.request("set", bad)), "bad-request");
    const replace = el("bind", { xmlns: NS.bind }, el("resource", {}, "two"));
    const bound = await third.request("set", replace);
    assert.equal(bound.attrs.type, "result");
  }, { sessionsPerAccount: 2 });
});

Deno.test("the old session request does nothing and is answered", async () => {
  await withServer(async (bed) => {
    const alice = await bed.login("alice");
    const answer = await alice.request("set", el("session", { xmlns: NS.session }));
    assert.equal(answer.attrs.type, "result");
  });
});

Deno.test("forty clients log in at once, each as itself", async () => {
  await withServer(async (bed) => {
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => bed.server.createAccount(`user${i}`, PASSWORD)),
    );
    const clients = await Promise.all(
      Array.from({ length: 40 }, (_, i) => bed.login(`user${i % 20}`)),
    );
    const names = clients.map((client, i) => {
      assert.equal(Jid.parse(client.jid).local, `user${i % 20}`);
      return client.jid;
    });
    assert.equal(new Set(names).size, 40);
    assert.equal((await bed.server.stats()).sessions, 40);
  });
});

Deno.test("the stream is closed in peace when the client closes it", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice", "a");
    const other = await bed.online("alice", "b");
    await alice.write("</stream:stream>");
    await alice.ended;
    await other.presence("unavailable", alice.jid);
  });
});

Deno.test("stop() says system-shutdown, and a second stop() waits for the first", async () => {
  await withServer(async (bed) => {
    const alice = await bed.login("alice");
    const stopped = bed.server.stop();
    assert.equal(await alice.streamError(), "system-shutdown");
    await stopped;
    await bed.server.stop();
    await assert.rejects(bed.server.stats(), { code: "server-stopped" });
  });
});

Deno.test("a taken port falls back to a free one; listen() moves and keeps streams", async () => {
  await withServer(async (bed) => {
    const alice = await bed.login("alice");
    const before = bed.server.port;
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const wanted = (taken.addr as Deno.NetAddr).port;
    const moved = await bed.server.listen("127.0.0.1", wanted);
    taken.close();
    assert.notEqual(moved.port, wanted);
    assert.notEqual(moved.port, before);
    await alice.settle();
    await bed.login("bob");
    await assert.rejects(bed.server.listen("192.0.2.1", 0), { code: "cannot-listen" });
    await bed.login("carol");
  });
});

Deno.test("guessing at an account from its own address does not lock its owner out", async () => {
  await withServer(async (bed) => {
    await bed.login("alice");
    for (let i = 0; i < 6; i++) {
      const client = await bed.connect();
      await client.open();
      await client.authenticate("alice", "wrong password");
      await client.close();
    }
    await until(async () => {
      const client = await bed.connect();
      await client.open();
      const outcome = await client.authenticate("alice", PASSWORD);
      await client.close();
      return outcome.getName() === "success";
    });
  }, { failuresBeforeBackoff: 1, backoffMs: 60_000, longestKnownBackoffMs: 300 });
});
