import assert from "node:assert/strict";
import { el, type Element, NS } from "../../core/mod.ts";
import { conditionOf, DOMAIN, PASSWORD, type TestClient, withServer } from "../testing.ts";

const ALICE = `alice@${DOMAIN}`;

function preauth(token: string): Element {
  return el("preauth", { xmlns: NS.preAuth, token });
}
function account(username: string, password = PASSWORD): Element {
  return el(
    "query",
    { xmlns: NS.register },
    el("username", {}, username),
    el("password", {}, password),
  );
}

async function asks(client: TestClient, payload: Element): Promise<string> {
  const answer = await client.request("set", payload);
  return answer.attrs.type === "result" ? "done" : conditionOf(answer);
}

Deno.test("an invitation makes one account, befriends both, and is used up", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const { token, expires } = await bed.server.createInvitation(ALICE, 3600);
    assert.match(token, /^[A-Za-z0-9_-]{22}$/);
    assert.ok(Math.abs(expires - Date.now() - 3_600_000) < 60_000);
    const client = await bed.connect();
    const features = await client.open();
    assert.ok(features.getChild("register", NS.invite));
    assert.ok(features.getChild("register", NS.registerFeature));
    assert.equal(await asks(client, account("bob")), "forbidden");
    assert.equal(await asks(client, preauth("AAAAAAAAAAAAAAAAAAAAAA")), "item-not-found");
    assert.equal(await asks(client, preauth(token)), "done");
    assert.equal(await asks(client, account("alice")), "conflict");
    assert.equal(await asks(client, account("bob", "short")), "not-acceptable");
    assert.equal(await asks(client, account("b@b")), "not-acceptable");
    assert.equal(await asks(client, account("Bob")), "done");
    assert.equal(await asks(client, account("bob2")), "forbidden");
    assert.equal(await asks(client, preauth(token)), "item-not-found");
    // The same stream goes on to log in.
    await client.authenticate("bob", PASSWORD);
    await client.open();
    await client.request("set", el("bind", { xmlns: NS.bind }));
    const push = await alice.until((s) => s.getChild("query", NS.roster) !== undefined);
    const item = push.getChild("query")!.getChild("item")!;
    assert.equal(item.attrs.jid, `bob@${DOMAIN}`);
    assert.equal(item.attrs.subscription, "both");
    client.send(el("presence"));
    await client.presence(undefined, alice.jid);
    await alice.until((s) => s.name === "presence" && s.attrs.from!.startsWith("bob@"));
  });
});

Deno.test("an invitation runs out; its kept form cannot be used; its number is bounded", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const { token } = await bed.server.createInvitation(ALICE, 60);
    const { invitations } = bed.server.storage;
    assert.equal(invitations.inviterOf(token, Date.now()), "alice");
    assert.equal(invitations.inviterOf(token, Date.now() + 61_000), undefined);
    assert.equal(invitations.inviterOf(token + "A", Date.now()), undefined);
    await bed.server.createInvitation(ALICE, 60);
    await assert.rejects(bed.server.createInvitation(ALICE, 60), {
      code: "too-many-invitations",
    });
    await assert.rejects(bed.server.createInvitation(`nobody@${DOMAIN}`, 60), {
      code: "unknown-account",
    });
    await assert.rejects(bed.server.createInvitation(ALICE, 0), { code: "bad-input" });
  }, { invitations: 2 });
});

Deno.test("two who redeem one invitation at the same time get one account", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const { token } = await bed.server.createInvitation(ALICE, 60);
    const answers = await Promise.all(["bob", "carol"].map(async (name) => {
      const client = await bed.connect();
      await client.open();
      assert.equal(await asks(client, preauth(token)), "done");
      return await asks(client, account(name));
    }));
    assert.deepEqual(answers.sort(), ["done", "item-not-found"]);
    assert.equal((await bed.server.stats()).accounts, 2);
  });
});

Deno.test("guessing tokens slows its own connection down, and bans nobody who shares its address", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const { token } = await bed.server.createInvitation(`alice@${DOMAIN}`, 3600);
    const guesser = await bed.connect();
    await guesser.open();
    const began = performance.now();
    for (let i = 0; i < 6; i++) {
      assert.equal(await asks(guesser, preauth("AAAAAAAAAAAAAAAAAAAAAA")), "item-not-found");
    }
    // 20 kB each: 40 pass at once, 200 a second, and the last is not waited for.
    assert.ok(performance.now() - began >= 200);
    const honest = await bed.connect();
    await honest.open();
    assert.equal(await asks(honest, preauth(token)), "done");
    assert.equal(await asks(honest, account("bob")), "done");
    assert.equal((await bed.server.stats()).bannedAddresses, 0);
  }, { failuresBeforeBan: 3, bytesPerSecondBeforeAuth: 200_000 });
});

Deno.test("names of accounts are ASCII: none looks like another", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    for (
      const name of [
        "\u0430lice",
        "a\u200dlice",
        "\uff41lice2",
        "ali ce",
        "a@b",
        "",
        "a".repeat(101),
      ]
    ) {
      await assert.rejects(
        bed.server.createAccount(name, PASSWORD),
        (error: { code?: string }) => error.code === "bad-username",
        name,
      );
    }
    await bed.server.createAccount("Al.ice_2-b", PASSWORD);
    assert.ok(bed.server.storage.accounts.exists("al.ice_2-b"));
  });
});

Deno.test("a password is changed by its owner; only derived keys are kept of it", async () => {
  await withServer(async (bed) => {
    const alice = await bed.login("alice");
    assert.equal(await asks(alice, account("bob", "a new password")), "not-allowed");
    assert.equal(await asks(alice, account("alice", "a new password")), "done");
    const client = await bed.connect();
    await client.login("alice", "a new password");
    const old = await bed.connect();
    await old.open();
    assert.ok((await old.authenticate("alice", PASSWORD)).getChild("not-authorized"));
  });
});

Deno.test("a removed account is gone: its sessions end, contacts see the subscription end", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const { token } = await bed.server.createInvitation(ALICE, 60);
    const bob = await bed.connect();
    await bob.open();
    await asks(bob, preauth(token));
    await asks(bob, account("bob"));
    await bob.authenticate("bob", PASSWORD);
    await bob.open();
    await bob.request("set", el("bind", { xmlns: NS.bind }));
    bob.send(el(
      "iq",
      { type: "set", id: "remove" },
      el("query", { xmlns: NS.register }, el("remove")),
    ));
    assert.equal(await bob.streamError(), "not-authorized");
    await alice.presence("unsubscribed", `bob@${DOMAIN}`);
    assert.equal((await bed.server.stats()).accounts, 1);
    const ghost = await bed.connect();
    await ghost.open();
    assert.ok((await ghost.authenticate("bob", PASSWORD)).getChild("not-authorized"));
  });
});

Deno.test("createAccount() refuses taken and impossible names and passwords", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("Alice", PASSWORD);
    await assert.rejects(bed.server.createAccount("alice", PASSWORD), { code: "account-exists" });
    for (const name of ["", "a b", "a@b", "a/b", "x".repeat(101)]) {
      await assert.rejects(bed.server.createAccount(name, PASSWORD), { code: "bad-username" });
    }
    for (const password of ["short", "x".repeat(1001), "bell\u0007bell"]) {
      await assert.rejects(bed.server.createAccount("bob", password), { code: "bad-password" });
    }
  });
});
