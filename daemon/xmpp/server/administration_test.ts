import assert from "node:assert/strict";
import { openDatabase } from "../../store/mod.ts";
import { el, NS } from "../core/mod.ts";
import { MIGRATIONS } from "./storage/schema.ts";
import { OPEN_INVITATIONS } from "./storage/schema_open_invitations.ts";
import { conditionOf, DOMAIN, PASSWORD, withServer } from "./testing.ts";

Deno.test("the administrator's invitation makes an account and no contact", () =>
  withServer(async ({ server, connect }) => {
    const { token } = await server.createInvitation(null, 60);
    await server.createInvitation(null, 60);
    await assert.rejects(server.createInvitation(null, 60), { code: "too-many-invitations" });
    assert.equal((await server.administer("report")).invitations, 2);
    const client = await connect();
    await client.open();
    await client.request("set", el("preauth", { xmlns: NS.preAuth, token }));
    const [name, password] = [el("username", {}, "bob"), el("password", {}, PASSWORD)];
    const query = el("query", { xmlns: NS.register }, name, password);
    assert.equal((await client.request("set", query)).attrs.type, "result");
    assert.deepEqual(server.storage.rosters.list("bob"), []);
    assert.equal((await server.administer("report")).invitations, 1);
    const spent = await client.request("set", el("preauth", { xmlns: NS.preAuth, token }));
    assert.equal(conditionOf(spent), "item-not-found");
  }, { invitations: 2 }));

Deno.test("a password set by the administrator is the only one, and ends what the old one opened", () =>
  withServer(async ({ server, online, connect }) => {
    const alice = await online("alice");
    await server.createAccount("bob", PASSWORD);
    await server.administer("setPassword", "ALICE", "another password");
    await alice.ended;
    const client = await connect();
    await client.open();
    assert.equal((await client.authenticate("alice", PASSWORD)).name, "failure");
    const again = await connect();
    await again.open();
    assert.equal((await again.authenticate("alice", "another password")).name, "success");
    await assert.rejects(server.administer("setPassword", "nobody", PASSWORD), {
      code: "unknown-account",
    });
    await assert.rejects(server.administer("setPassword", "bob", "short"), {
      code: "bad-password",
    });
  }));

Deno.test("accounts are listed with their clients, and removed with them", () =>
  withServer(async ({ server, online }) => {
    const alice = await online("alice");
    await server.createAccount("bob", PASSWORD);
    const seen = async () =>
      (await server.administer("accounts"))
        .map(({ name, password, loginKeys, sessions }) => [name, password, loginKeys, sessions]);
    assert.deepEqual(await seen(), [["alice", true, false, 1], ["bob", true, false, 0]]);
    await server.administer("removeAccount", "alice");
    await alice.ended;
    assert.deepEqual(await seen(), [["bob", true, false, 0]]);
    await assert.rejects(server.administer("removeAccount", "alice"), { code: "unknown-account" });
  }));

Deno.test("the report counts archives, also what was not stored a moment ago", () =>
  withServer(async ({ server, online }) => {
    const [alice, bob] = [await online("alice"), await online("bob")];
    alice.send(el("message", { to: bob.jid, type: "chat", id: "1" }, el("body", {}, "hello")));
    await bob.until(({ name }) => name === "message");
    const report = await server.administer("report");
    assert.equal(report.archivedMessages, 2);
    assert.ok(report.archivedBytes > 20);
    assert.equal(report.domain, DOMAIN);
    assert.equal(report.sessions, 2);
  }));

Deno.test("rooms are made for an account, listed, and ended for who is inside", () =>
  withServer(async ({ server, online }) => {
    const alice = await online("alice");
    const made = await server.administer("createRoom", "Tea", "alice");
    const jid = `tea@rooms.${DOMAIN}`;
    assert.deepEqual(made, {
      jid,
      title: "",
      public: false,
      membersOnly: true,
      owners: [`alice@${DOMAIN}`],
      occupants: 0,
    });
    await assert.rejects(server.administer("createRoom", "tea", "alice"), { code: "room-exists" });
    await assert.rejects(server.administer("createRoom", "too", "alice"), {
      code: "too-many-rooms",
    });
    await assert.rejects(server.administer("createRoom", "a/b", "alice"), { code: "bad-room" });
    alice.send(el("presence", { to: `${jid}/al` }, el("x", { xmlns: NS.muc })));
    await alice.until(({ attrs }) => attrs.from === `${jid}/al`);
    assert.deepEqual((await server.administer("rooms")).map(({ occupants }) => occupants), [1]);
    assert.equal(await server.administer("removeRoom", "tea"), jid);
    await alice.until(({ attrs }) => attrs.type === "unavailable" && attrs.from === `${jid}/al`);
    assert.deepEqual(await server.administer("rooms"), []);
    await assert.rejects(server.administer("removeRoom", "tea"), { code: "unknown-room" });
    const open = await server.administer("createRoom", "hall", "alice", true);
    assert.deepEqual([open.public, open.membersOnly], [true, false]);
  }, { rooms: 1 }));

Deno.test("invitations that were open when the schema changed stay good", async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-schema-" });
  try {
    const path = `${folder}/server.db`;
    const all = MIGRATIONS.map(({ sqlite }) => sqlite);
    const before = openDatabase(path, all.slice(0, MIGRATIONS.indexOf(OPEN_INVITATIONS)));
    before.exec("INSERT INTO account VALUES ('alice', 1, 0)");
    before.exec("INSERT INTO invitation VALUES (x'01', 'alice', 5)");
    before.close();
    const after = openDatabase(path, all);
    const row = after.prepare("SELECT inviter, expires FROM invitation").get();
    assert.deepEqual({ ...row }, { inviter: "alice", expires: 5 });
    after.exec("DELETE FROM account");
    assert.equal(after.prepare("SELECT inviter FROM invitation").get(), undefined);
    after.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
