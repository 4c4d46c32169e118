import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { type Bytes, concat, SimppdError } from "../base/mod.ts";
import { MIGRATIONS, openDatabase } from "../store/mod.ts";
import type { AppEvent } from "../views/mod.ts";
import { App } from "./gate.ts";

const PASSPHRASE = "correct horse battery";
const BACKUP = "another good passphrase";
const refused = (code: string) => (error: unknown) =>
  error instanceof SimppdError && error.code === code;

/** Daemons on state directories of their own, all closed at the end. */
async function withApps(
  work: (open: (name: string, passphrase?: string) => Promise<App>, root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-rest-" });
  const apps: App[] = [];
  const open = async (name: string, passphrase?: string) => {
    const known = passphrase === undefined ? {} : { passphrase };
    const app = await App.open({ state: join(root, name), callHosts: ["127.0.0.1"], ...known });
    apps.push(app);
    return app;
  };
  try {
    await work(open, root);
  } finally {
    for (const app of apps.reverse()) await app.close().catch(() => {});
    await Deno.remove(root, { recursive: true });
  }
}

/** Waits until `condition` holds, looking again at each event; fails after 10 s. */
function until(app: App, condition: () => boolean): Promise<AppEvent | undefined> {
  if (condition()) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const stop = app.events.on((event) => {
      if (!condition()) return;
      clearTimeout(timer);
      stop();
      resolve(event);
    });
    const timer = setTimeout(() => {
      stop();
      reject(new Error("it did not happen within 10 s"));
    }, 30_000);
  });
}

const sees = (app: App) =>
  until(app, () => app.contacts().some(({ presence }) => presence === "online"));

/** Alice carries the server, Bob has joined her; both have written. */
async function couple(open: (name: string) => Promise<App>): Promise<[App, App]> {
  const [alice, bob] = [await open("alice"), await open("bob")];
  await alice.carry({ nick: "Alice", reach: "this-machine" });
  await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
  await Promise.all([sees(alice), sees(bob)]);
  const [a, b] = [jidOf(alice), jidOf(bob)];
  await alice.sendMessage(b, "marker from Alice");
  await until(bob, () => bob.messages(a).length === 1);
  await bob.sendMessage(a, "marker from Bob");
  await until(alice, () => alice.messages(b).length === 2);
  await until(bob, () => bob.messages(a)[1]!.delivery === "delivered");
  return [alice, bob];
}

const jidOf = (app: App) => app.status().account!.jid;
const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<Bytes> =>
  concat(...await Array.fromAsync(stream));
const streamOf = (bytes: Bytes) => new Blob([bytes]).stream();

Deno.test("with a passphrase the daemon starts locked, answers nothing, and opens with it", () =>
  withApps(async (open) => {
    const first = await open("alice");
    await first.carry({ nick: "Alice", reach: "this-machine" });
    const { instance } = first;
    const { keeper } = await first.setPassphrase({ passphrase: PASSPHRASE });
    assert.equal(keeper, "passphrase");
    await first.close();

    const app = await open("alice");
    const status = app.status();
    assert.deepEqual([status.locked, status.account, status.server], [true, null, null]);
    assert.equal(app.instance, instance);
    const asked: (() => unknown)[] = [
      () => app.contacts(),
      () => app.invite(),
      () => app.carry({ nick: "Mallory", reach: "this-machine" }),
      () => app.calls(),
      () => app.backup({ passphrase: BACKUP, server: true }),
      () => app.restore({ file: streamOf(new Uint8Array(9)), passphrase: BACKUP, lost: false }),
      () => app.setPassphrase({ passphrase: "a new passphrase" }),
      () => app.removePassphrase({ current: PASSPHRASE }),
    ];
    for (const question of asked) {
      await assert.rejects(async () => await question(), refused("locked"), String(question));
    }
    const checks = await app.doctor();
    assert.deepEqual(checks.map(({ check }) => check), [
      "state directory",
      "key file",
      "ffmpeg",
      "passphrase",
    ]);
    assert.deepEqual(checks.map(({ ok }) => ok).filter((ok) => !ok).length >= 1, true);
    assert.match(checks.at(-1)!.detail, /simppd unlock/);
    await assert.rejects(app.unlock({ passphrase: "wrong" }), refused("wrong-passphrase"));
    assert.equal(app.status().locked, true);
    const told: boolean[] = [];
    app.events.on((event) => event.type === "status" && told.push(event.data.locked));
    await app.unlock({ passphrase: PASSPHRASE });
    assert.equal(told.at(-1), false);
    assert.notEqual(app.status().server, null);
    await until(app, () => app.status().state === "online");
    await assert.rejects(app.unlock({ passphrase: PASSPHRASE }), refused("not-locked"));

    await app.lock();
    assert.throws(() => app.contacts(), refused("locked"));
    await app.unlock({ passphrase: PASSPHRASE });
    await app.removePassphrase({ current: PASSPHRASE });
    await app.close();
    assert.equal((await open("alice")).status().locked, false);
  }));

Deno.test("locking waits for a change of keeper that runs, and then finds it done", () =>
  withApps(async (open) => {
    const app = await open("alice");
    await app.setPassphrase({ passphrase: PASSPHRASE });
    const changing = app.removePassphrase({ current: PASSPHRASE });
    const locking = assert.rejects(app.lock(), refused("no-passphrase"));
    assert.equal((await changing).keeper, "file");
    await locking;
    assert.equal(app.status().locked, false);
    const [, locked] = await Promise.all([
      app.setPassphrase({ passphrase: PASSPHRASE }),
      app.lock(),
    ]);
    assert.equal(locked.locked, true);
    assert.equal((await app.unlock({ passphrase: PASSPHRASE })).locked, false);
  }));

Deno.test("a passphrase at the start unlocks; a wrong one is an error and leaves all free", () =>
  withApps(async (open) => {
    const first = await open("alice");
    await first.setPassphrase({ passphrase: PASSPHRASE });
    await first.close();
    await assert.rejects(open("alice", "wrong"), refused("wrong-passphrase"));
    assert.equal((await open("alice", PASSPHRASE)).status().locked, false);
  }));

Deno.test("a backup restored elsewhere: same person, new device, server and history with it", () =>
  withApps(async (open, root) => {
    const [alice, bob] = await couple(open);
    const [a, b] = [jidOf(alice), jidOf(bob)];
    const { number } = await alice.safety(b);
    await alice.verify(b, { number });
    await alice.setBlindTrust(false);
    await alice.setCallRoute("relay-only");
    await alice.setPolicy(null, ["simpp-pq"]);
    await alice.setPolicy(b, ["simpp-pq", "simpp-modern"]);
    const file = await bytesOf(await alice.backup({ passphrase: BACKUP, server: true }));
    const before = alice.status().account!;
    for (const secret of ["marker", a, b]) assert.equal(Buffer.from(file).includes(secret), false);
    await alice.close();

    const again = await open("again");
    await again.restore({ file: streamOf(file), passphrase: BACKUP, lost: true });
    const { account, server } = again.status();
    assert.equal(account!.jid, a);
    assert.equal(account!.fingerprint, before.fingerprint);
    assert.notEqual(account!.device, before.device);
    assert.notEqual(server, null);
    const chats = again.messages(b).filter(({ kind }) => kind === "chat");
    assert.deepEqual(chats.map(({ body }) => body), [
      "marker from Alice",
      "marker from Bob",
    ]);
    const { trust } = again.contacts()[0]!;
    assert.equal(trust.state, "verified");
    assert.equal(again.status().blindTrust, false);
    assert.equal(again.status().calls, "relay-only");
    assert.deepEqual(again.status().policy, ["simpp-pq"]);
    assert.deepEqual(trust.policy, ["simpp-pq", "simpp-modern"]);
    await Promise.all([sees(again), sees(bob)]);
    await again.sendMessage(b, "from the new device");
    await until(bob, () => bob.messages(a).some(({ body }) => body === "from the new device"));
    await bob.sendMessage(a, "heard");
    await until(again, () => again.messages(b).some(({ body }) => body === "heard"));
    assert.equal(bob.contacts()[0]!.trust.state, "first-use");
    assert.deepEqual(bob.contacts()[0]!.trust.devices.map(({ id }) => id), [account!.device]);
    for await (const { name } of Deno.readDir(join(root, "again"))) {
      assert.equal(name.startsWith("scratch-"), false);
    }
  }));

Deno.test("a device restored beside a living one: both are written to, and both are heard", () =>
  withApps(async (open) => {
    const [alice, bob] = await couple(open);
    const [a, b] = [jidOf(alice), jidOf(bob)];
    const file = await bytesOf(await bob.backup({ passphrase: BACKUP, server: true }));
    const twin = await open("twin");
    await twin.restore({ file: streamOf(file), passphrase: BACKUP, lost: false });
    assert.equal(twin.status().server, null);
    await until(twin, () => twin.status().state === "online");
    await until(alice, () => alice.contacts()[0]!.trust.devices.length === 2);
    await alice.sendMessage(b, "to both of you");
    const has = (app: App, text: string) => app.messages(a).some(({ body }) => body === text);
    await Promise.all([bob, twin].map((app) => until(app, () => has(app, "to both of you"))));
    await twin.sendMessage(a, "from the twin");
    await bob.sendMessage(a, "from the first");
    const heard = () => alice.messages(b).map(({ body }) => body);
    await until(alice, () => heard().includes("from the twin"));
    await until(alice, () => heard().includes("from the first"));
    assert.equal(alice.contacts()[0]!.trust.state, "first-use");
  }));

Deno.test("a backup that is wrong in any way restores nothing, and the next one may still come", () =>
  withApps(async (open) => {
    const alice = await open("alice");
    const weak = alice.backup({ passphrase: "short", server: true });
    await assert.rejects(weak, refused("bad-passphrase"));
    const none = alice.backup({ passphrase: BACKUP, server: true });
    await assert.rejects(none, refused("no-account"));
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    const unread = await alice.backup({ passphrase: BACKUP, server: true });
    const second = alice.backup({ passphrase: BACKUP, server: true });
    await assert.rejects(second, refused("busy"));
    await unread.cancel();
    const file = await bytesOf(await alice.backup({ passphrase: BACKUP, server: true }));

    const app = await open("again");
    const restore = (bytes: Bytes, passphrase = BACKUP) =>
      app.restore({ file: streamOf(bytes), passphrase, lost: false });
    const cut = file.slice(0, 28 + 65_536 + 16);
    assert.ok(cut.length < file.length, "the backup should have two chunks at least");
    await assert.rejects(restore(cut), refused("backup-damaged"));
    await assert.rejects(restore(file.with(file.length - 1, 1 ^ file.at(-1)!)), SimppdError);
    await assert.rejects(restore(file.with(8, 9)), refused("backup-newer"));
    await assert.rejects(restore(file, "not the passphrase"), refused("wrong-passphrase"));
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(16 * 1024 * 1024)),
    });
    const much = app.restore({ file: endless, passphrase: BACKUP, lost: false });
    await assert.rejects(much, refused("too-large"));
    assert.deepEqual([app.status().account, app.contacts(), app.status().server], [null, [], null]);

    await restore(file);
    assert.equal(jidOf(app), jidOf(alice));
    await assert.rejects(restore(file), refused("account-exists"));
  }));

Deno.test("a contact who is removed leaves the chat, which is there again with them or deleted", () =>
  withApps(async (open, root) => {
    const [alice, bob] = await couple(open);
    const a = jidOf(alice);
    const before = bob.messages(a).map(({ id, body }) => ({ id, body }));
    assert.ok(before.length >= 2);
    await bob.removeContact(a);
    assert.deepEqual(bob.contacts(), []);
    const db = openDatabase(join(root, "bob", "simppd.db"), MIGRATIONS);
    const { n } = db.prepare("SELECT count(*) AS n FROM messages WHERE contact = ?").get(a)!;
    db.close();
    assert.equal(n, before.length);

    await bob.addContact({ jid: a });
    assert.deepEqual(bob.messages(a).map(({ id, body }) => ({ id, body })), before);
    await bob.removeContact(a);
    await bob.forgetContact(a);
    await assert.rejects(bob.forgetChat(a), refused("unknown-contact"));
    await bob.addContact({ jid: a });
    assert.deepEqual(bob.messages(a), []);
  }));

Deno.test("a chat that is deleted and a contact that is forgotten are in no file any more", () =>
  withApps(async (open, root) => {
    const [alice, bob] = await couple(open);
    const a = jidOf(alice);
    const files = async () => {
      const names = ["simppd.db", "simppd.db-wal"].map((name) => join(root, "bob", name));
      return Buffer.concat(await Promise.all(names.map((name) => Deno.readFile(name))));
    };
    const ids = bob.messages(a).map(({ id }) => id);
    assert.ok(ids.length >= 2);
    for (const id of ids) assert.equal((await files()).includes(id), true);
    await bob.forgetChat(a);
    assert.deepEqual(bob.messages(a), []);
    for (const id of ids) assert.equal((await files()).includes(id), false);
    assert.equal((await files()).includes(a), true);

    await bob.forgetContact(a);
    assert.deepEqual(bob.contacts(), []);
    assert.equal((await files()).includes(a), false);
    await assert.rejects(bob.forgetChat(a), refused("unknown-contact"));
  }));
