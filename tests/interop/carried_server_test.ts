import assert from "node:assert/strict";
import { el, type Element, NS } from "../../daemon/xmpp/core/mod.ts";
import {
  announceCaps,
  Disco,
  Pep,
  Presence,
  registerByInvitation,
  Roster,
  XmppClient,
} from "../../daemon/xmpp/client/mod.ts";
import {
  type CarriedServer,
  makeServerCertificate,
  startCarriedServer,
} from "../../daemon/xmpp/server/mod.ts";

const DOMAIN = "a1b2c3.simppd.internal";
const PASSWORD = "a long enough password";
const NODE = "urn:example:bundle";

interface Account {
  client: XmppClient;
  roster: Roster;
  presence: Presence;
  pep: Pep;
  messages: Element[];
}

interface Bed {
  server: CarriedServer;
  account(name: string): Account;
  register(name: string, token: string): Promise<unknown>;
}

async function withServer(test: (bed: Bed) => Promise<void>): Promise<void> {
  const { certificatePem, keyPem, pin } = await makeServerCertificate(DOMAIN);
  const server = await startCarriedServer({
    database: ":memory:",
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
  });
  const reach = {
    endpoints: [{ host: "127.0.0.1", port: server.port, tls: "direct" as const }],
    trust: { kind: "pin" as const, pin },
  };
  const clients: XmppClient[] = [];
  try {
    await test({
      server,
      account(name) {
        const client = new XmppClient({ jid: `${name}@${DOMAIN}`, password: PASSWORD, ...reach });
        clients.push(client);
        const disco = new Disco(client, "test", "urn:example:client");
        announceCaps(client, disco);
        const account: Account = {
          client,
          roster: new Roster(client),
          presence: new Presence(client),
          pep: new Pep(client),
          messages: [],
        };
        client.hooks.message((message) => {
          account.messages.push(message);
        });
        return account;
      },
      register: (username, token) =>
        registerByInvitation({ domain: DOMAIN, ...reach, token, username, password: PASSWORD }),
    });
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
  }
}

async function until(done: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 500 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(done(), `never: ${what}`);
}

Deno.test("our client on the carried server: invited, seen, heard, told of new items", async () => {
  await withServer(async ({ server, account, register }) => {
    await server.createAccount("alice", PASSWORD);
    const alice = account("alice");
    await alice.client.connect();
    const { token } = await server.createInvitation(`alice@${DOMAIN}`, 60);
    await register("bob", token);
    await assert.rejects(register("eve", token), { code: "invitation-used" });

    const bob = account("bob");
    const seen: string[] = [];
    bob.pep.onEvent(NODE, (from, items) => seen.push(`${from} ${items[0]?.id}`));
    await alice.pep.publish(NODE, "1", el("bundle", { xmlns: "urn:example" }, "keys"));
    await bob.client.connect();
    await until(() => alice.presence.of(`bob@${DOMAIN}`).show === "online", "bob is seen");
    await until(() => bob.presence.of(`alice@${DOMAIN}`).show === "online", "alice is seen");
    assert.equal(alice.roster.get(`bob@${DOMAIN}`)?.subscription, "both");
    await until(() => seen.includes(`alice@${DOMAIN} 1`), "the last item");
    await alice.pep.publish(NODE, "2", el("bundle", { xmlns: "urn:example" }, "new keys"));
    await until(() => seen.includes(`alice@${DOMAIN} 2`), "the new item");
    const fetched = await bob.pep.fetch(`alice@${DOMAIN}`, NODE, { itemId: "2" });
    assert.deepEqual(fetched.map((item) => item.id), ["2"]);
    assert.deepEqual(await bob.pep.fetch(`alice@${DOMAIN}`, "urn:none"), []);

    const chat = (to: string, body: string) =>
      el("message", { to: `${to}@${DOMAIN}`, type: "chat" }, el("body", {}, body));
    bob.client.send(chat("alice", "hello"));
    await until(() => alice.messages.some((m) => m.getChildText("body") === "hello"), "a message");
    await bob.client.close();
    await until(() => alice.presence.of(`bob@${DOMAIN}`).show === "offline", "bob is gone");
    alice.client.send(chat("bob", "later"));
    await alice.client.iq(el("iq", { type: "get" }, el("ping", { xmlns: NS.ping })), {
      to: DOMAIN,
    });
    const again = account("bob");
    await again.client.connect();
    await until(() => again.messages.some((m) => m.getChildText("body") === "later"), "kept");
  });
});

Deno.test("subscription requests between our clients, and a reconnect that nobody sees", async () => {
  await withServer(async ({ server, account }) => {
    for (const name of ["alice", "bob"]) await server.createAccount(name, PASSWORD);
    const [alice, bob] = [account("alice"), account("bob")];
    await Promise.all([alice.client.connect(), bob.client.connect()]);
    alice.roster.subscribe(`bob@${DOMAIN}`, { text: "it is me" });
    await until(() => bob.roster.pending().length === 1, "the request");
    bob.roster.approve(`alice@${DOMAIN}`);
    bob.roster.subscribe(`alice@${DOMAIN}`);
    await until(() => alice.roster.pending().length === 1, "the request back");
    alice.roster.approve(`bob@${DOMAIN}`);
    await until(() => bob.presence.of(`alice@${DOMAIN}`).show === "online", "alice is seen");
    alice.client.reconnect();
    const message = el("message", { to: `alice@${DOMAIN}`, type: "chat" }, el("body", {}, "back?"));
    bob.client.send(message);
    await until(() => alice.messages.length === 1, "the message, on the new connection");
    assert.equal(bob.presence.of(`alice@${DOMAIN}`).show, "online", "its session went on");
    await alice.roster.remove(`bob@${DOMAIN}`);
    await until(() => bob.roster.get(`alice@${DOMAIN}`)?.subscription === "none", "the end");
  });
});

Deno.test("our client is told of a wrong password, and thirty log in at once", async () => {
  await withServer(async ({ server, account }) => {
    await server.createAccount("alice", "another password");
    await assert.rejects(account("alice").client.connect(), { code: "bad-password" });
    const names = Array.from({ length: 30 }, (_, i) => `user${i}`);
    await Promise.all(names.map((name) => server.createAccount(name, PASSWORD)));
    const accounts = names.map(account);
    await Promise.all(accounts.map(({ client }) => client.connect()));
    for (const [i, { client }] of accounts.entries()) assert.equal(client.jid.local, names[i]);
    assert.equal((await server.stats()).sessions, 30);
  });
});
