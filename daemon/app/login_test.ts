import assert from "node:assert/strict";
import { join } from "node:path";
import type { LoginProfileId } from "../crypto/mod.ts";
import { StateDirectory } from "../store/mod.ts";
import { XmppClient } from "../xmpp/client/mod.ts";
import { App } from "./gate.ts";
import { AppSettings } from "./settings.ts";

/** Daemons on state directories of their own, closed with the test. */
async function withApps(
  test: (
    open: (name: string, profiles?: LoginProfileId[]) => Promise<App>,
    close: () => Promise<void>,
    root: string,
  ) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-login-" });
  const apps: App[] = [];
  const open = async (name: string, loginProfiles: LoginProfileId[] = ["simpp-modern"]) => {
    const app = await App.open({ state: join(root, name), loginProfiles });
    apps.push(app);
    return app;
  };
  const close = async () => {
    for (const app of apps.splice(0).reverse()) await app.close();
  };
  try {
    await test(open, close, root);
  } finally {
    await close();
    await Deno.remove(root, { recursive: true });
  }
}

/** Waits until `app` is online; fails after 10 s. */
async function online(app: App): Promise<void> {
  for (let i = 0; i < 500 && app.status().state !== "online"; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(app.status().state, "online");
}

const mutual = (profile: LoginProfileId) => ({ mechanism: "SIMPP-1", mutual: true, profile });

Deno.test("accounts of a carried server log in by keys, mutually, and again after a restart", () =>
  withApps(async (open, close, root) => {
    const alice = await open("alice");
    assert.equal(alice.status().login, null);
    assert.deepEqual(
      (await alice.carry({ nick: "Alice", reach: "this-machine" })).login,
      mutual("simpp-modern"),
    );
    const bob = await open("bob");
    const { link } = await alice.invite();
    assert.deepEqual((await bob.join({ link, nick: "Bob" })).login, mutual("simpp-modern"));
    await close();
    const state = await StateDirectory.open(join(root, "bob"));
    const { account } = new AppSettings(state);
    state.close();
    assert.ok(account !== undefined && "login" in account && !("password" in account));
    const again = await open("alice");
    await online(again);
    assert.deepEqual(again.status().login, mutual("simpp-modern"));
  }));

Deno.test("the paper's login profile is used where both sides name it, and nowhere else", () =>
  withApps(async (open) => {
    const alice = await open("alice", ["simpp-2009"]);
    const { login } = await alice.carry({ nick: "Alice", reach: "this-machine" });
    assert.deepEqual(login, mutual("simpp-2009"));
    const { link } = await alice.invite();
    const bob = await open("bob");
    await assert.rejects(bob.join({ link, nick: "Bob" }), { code: "registration-refused" });
    const carol = await open("carol", ["simpp-modern", "simpp-2009"]);
    assert.deepEqual((await carol.join({ link, nick: "Carol" })).login, mutual("simpp-2009"));
  }));

Deno.test("a password can be set for other programs, which then log in with it", () =>
  withApps(async (open) => {
    const alice = await open("alice");
    await assert.rejects(alice.setPassword("correct horse"), { code: "not-online" });
    const { account, server } = await alice.carry({ nick: "Alice", reach: "this-machine" });
    const other = () =>
      new XmppClient({
        jid: account!.jid,
        password: "correct horse",
        endpoints: [{ host: "127.0.0.1", port: server!.port, tls: "direct" }],
        trust: { kind: "pin", pin: server!.pin },
      });
    const early = other();
    await assert.rejects(early.connect(), { code: "bad-password" });
    await early.close();
    await alice.setPassword("correct horse");
    const client = other();
    await client.connect();
    assert.equal(client.login!.mechanism, "SCRAM-SHA-256-PLUS");
    await client.close();
    // Who signed in with a password changes it elsewhere: here it would be changed for others too.
    const guest = await open("guest");
    const { host, port, pin } = server!;
    const input = { jid: account!.jid, password: "correct horse", nick: "Alice", pin };
    const { login } = await guest.signIn({ ...input, server: `${host}:${port}` });
    assert.equal(login?.mechanism, "SCRAM-SHA-256-PLUS");
    assert.equal(login.mutual, false);
    await assert.rejects(guest.setPassword("another password"), { code: "no-login-keys" });
  }));
