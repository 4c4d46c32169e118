import assert from "node:assert/strict";
import { configureSync, resetSync } from "@logtape/logtape";
import { el, NS } from "../core/mod.ts";
import { DOMAIN, PASSWORD, TestClient, testOptions } from "./testing.ts";
import { onDatabases, type TestDatabase } from "./storage/testing.ts";
import { startCarriedServer } from "./worker.ts";

Deno.test("the server runs in its Worker: accounts, logins, messages, moving, stopping", async () => {
  const options = await testOptions({ sessionsPerAccount: 30 });
  const server = await startCarriedServer(options);
  const clients: TestClient[] = [];
  const login = async (name: string) => {
    const client = await TestClient.connect(server.port, options.certificatePem);
    clients.push(client);
    await client.login(name, PASSWORD);
    client.send(el("presence"));
    await client.presence(undefined, client.jid);
    return client;
  };
  try {
    await server.createAccount("alice", PASSWORD);
    await server.createAccount("bob", PASSWORD);
    await assert.rejects(server.createAccount("bob", PASSWORD), { code: "account-exists" });
    const many = await Promise.all(Array.from({ length: 24 }, () => login("alice")));
    const bob = await login("bob");
    for (const alice of many) {
      alice.send(el("message", { to: `bob@${DOMAIN}` }, el("body", {}, alice.jid)));
    }
    const senders = new Set<string>();
    for (let i = 0; i < many.length; i++) senders.add((await bob.message()).getChildText("body")!);
    assert.deepEqual(senders, new Set(many.map((alice) => alice.jid)));
    const before = server.port;
    const moved = await server.listen("0.0.0.0", 0);
    assert.deepEqual(moved, { host: "0.0.0.0", port: server.port });
    assert.notEqual(server.port, before);
    await login("bob");
    assert.equal((await server.stats()).sessions, 26);
    const { token } = await server.createInvitation(`alice@${DOMAIN}`, 60);
    assert.match(token, /^[A-Za-z0-9_-]{22}$/);
    const goodbye = bob.streamError();
    await server.stop();
    assert.equal(await goodbye, "system-shutdown");
    await server.stop();
    await assert.rejects(server.stats(), { code: "server-stopped" });
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
  }
});

Deno.test("what was acknowledged is there after a restart", () => onDatabases(restarted));

async function restarted(database: TestDatabase): Promise<void> {
  const directory = await Deno.makeTempDir();
  const options = {
    ...await testOptions(),
    database: await database.create(directory),
  };
  try {
    const first = await startCarriedServer(options);
    await first.createAccount("alice", PASSWORD);
    await first.createAccount("bob", PASSWORD);
    const alice = await TestClient.connect(first.port, options.certificatePem);
    await alice.login("alice", PASSWORD);
    const item = el("item", { jid: `bob@${DOMAIN}`, name: "Bob" });
    await alice.request("set", el("query", { xmlns: NS.roster }, item));
    const publish = el("publish", { node: "n" }, el("item", { id: "1" }, el("x", { xmlns: "u" })));
    await alice.request("set", el("pubsub", { xmlns: NS.pubsub }, publish));
    alice.send(el("message", { to: `bob@${DOMAIN}` }, el("body", {}, "wait for me")));
    alice.send(el("presence", { to: `bob@${DOMAIN}`, type: "subscribe" }));
    await alice.settle();
    const { token } = await first.createInvitation(`alice@${DOMAIN}`, 60);
    await first.stop();
    await alice.close();

    const second = await startCarriedServer(options);
    const bob = await TestClient.connect(second.port, options.certificatePem);
    await bob.login("bob", PASSWORD);
    bob.send(el("presence"));
    assert.equal((await bob.message()).getChildText("body"), "wait for me");
    await bob.presence("subscribe", `alice@${DOMAIN}`);
    const again = await TestClient.connect(second.port, options.certificatePem);
    await again.login("alice", PASSWORD);
    const roster = await again.request("get", el("query", { xmlns: NS.roster }));
    assert.equal(roster.getChild("query")!.getChild("item")!.attrs.name, "Bob");
    const items = el("pubsub", { xmlns: NS.pubsub }, el("items", { node: "n" }));
    const found = await again.request("get", items);
    assert.ok(found.getChild("pubsub")!.getChild("items")!.getChild("item")!.getChild("x", "u"));
    const fresh = await TestClient.connect(second.port, options.certificatePem);
    await fresh.open();
    const answer = await fresh.request("set", el("preauth", { xmlns: NS.preAuth, token }));
    assert.equal(answer.attrs.type, "result");
    await second.stop();
    await Promise.all([bob, again, fresh].map((client) => client.close()));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("startCarriedServer() rejects with the server's own error and leaves no Worker", async () => {
  const options = await testOptions();
  await assert.rejects(startCarriedServer({ ...options, host: "192.0.2.1" }), {
    code: "cannot-listen",
  });
  await assert.rejects(startCarriedServer({ ...options, domain: "not a domain" }), {
    code: "bad-jid",
  });
});

Deno.test("a Worker that dies is told of: calls reject, `crashed` resolves, stop() is quiet", async () => {
  const original = globalThis.Worker;
  const script = `onmessage = ({ data: { id, method } }) => {
    if (method !== "start") throw new Error("boom");
    postMessage({ id, ok: true, value: null, address: { host: "::1", port: 1 } });
  }`;
  globalThis.Worker = class extends original {
    constructor(_url: string | URL, options?: WorkerOptions) {
      super(`data:text/javascript,${encodeURIComponent(script)}`, options);
    }
  };
  try {
    const server = await startCarriedServer(await testOptions());
    assert.equal(server.host, "::1");
    await assert.rejects(server.stats(), { code: "server-crashed" });
    assert.match(String(await server.crashed), /boom/);
    await assert.rejects(server.createAccount("alice", PASSWORD), { code: "server-crashed" });
    await server.stop();
  } finally {
    globalThis.Worker = original;
  }
});

Deno.test("what the Worker logs is written by this thread", async () => {
  const lines: string[] = [];
  configureSync({
    sinks: { test: (record) => lines.push(record.message.join("")) },
    loggers: [
      { category: ["simppd", "xmpp-server"], sinks: ["test"] },
      { category: ["logtape"], sinks: [] },
    ],
  });
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const { port } = taken.addr as Deno.NetAddr;
    const server = await startCarriedServer({ ...await testOptions(), port });
    assert.notEqual(server.port, port);
    await server.stop();
    assert.ok(lines.some((line) => line.includes(`port ${port} is taken`)), lines.join());
  } finally {
    taken.close();
    resetSync();
  }
});
