import assert from "node:assert/strict";
import { utf8 } from "../../base/mod.ts";
import { el, type Element, NS, serialise } from "../core/mod.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";
import { configuration, enter, make, roomOf } from "./muc/testing.ts";
import type { ServerOptions } from "./options.ts";
import {
  conditionOf,
  DOMAIN,
  PASSWORD,
  type TestBed,
  type TestClient,
  until,
  withSqliteServer,
} from "./testing.ts";
import { type WebBed, withWeb } from "./web/testing.ts";
import { chat, ManagedClient } from "./testing_managed.ts";

type Bite = readonly [
  Partial<ServerLimits>,
  (bed: TestBed) => Promise<void>,
  Partial<ServerOptions>?,
];

type WebBite = readonly [Partial<ServerLimits>, (bed: WebBed) => Promise<void>];

const FAST = { bytesPerSecond: 1e9, burstBytes: 1e9 };
const nested = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);
const attributes = (count: number) => Array.from({ length: count }, (_, i) => `a${i}=''`).join(" ");
const children = (count: number) => "<a/>".repeat(count);

/** What passes and what ends the stream: each before the login, or after it. */
const stanza = (login: boolean, good: string, bad: string) => async (bed: TestBed) => {
  const said = async (inside: string) => {
    const client = login ? await bed.login("alice") : await bed.connect();
    if (!login) await client.open();
    const name = login ? "message" : "iq";
    await client.write(`<${name} ${login ? `to='${DOMAIN}'` : "type='get' id='1'"} ${inside}`);
    const first = await client.until(() => true);
    return first.is("error", NS.stream)
      ? await client.streamError().catch(() => "") || first
      : first;
  };
  const over = (answer: Element | string) =>
    typeof answer !== "string" && answer.getChild("policy-violation") !== undefined;
  assert.equal(over(await said(good)), false);
  assert.equal(over(await said(bad)), true);
};

async function archivePageOf(client: TestClient, ...inside: Element[]): Promise<string[]> {
  client.send(el("iq", { type: "set", id: "q" }, el("query", { xmlns: NS.archive }, ...inside)));
  await client.until(({ attrs }) => attrs.id === "q");
  return client.inbox.splice(0).flatMap((stanza) =>
    stanza.getChild("result", NS.archive)?.getChild("forwarded", NS.forward)?.getChild("message")
      ?.getChildText("body") ?? []
  );
}

async function selfTalk(client: TestClient, count: number, body = ""): Promise<void> {
  for (let i = 0; i < count; i++) client.send(chat("alice", `${i}${body}`));
  await client.settle();
}

async function ownedRoom(bed: TestBed): Promise<TestClient> {
  const alice = await bed.online("alice");
  await make(alice, "r");
  return alice;
}

async function roomCondition(alice: TestClient, stanza: Element): Promise<string> {
  alice.send(stanza);
  return conditionOf(await alice.until(({ attrs }) => attrs.type === "error"));
}

/** Limits that no other test sets, each with what shows that it bites. */
const BITES: Partial<Record<keyof ServerLimits, Bite>> = {
  connectionsPerAddress: [{ connectionsPerAddress: 2 }, async (bed) => {
    await bed.login("alice");
    await bed.login("alice");
    await assert.rejects(bed.connect());
    assert.equal((await bed.server.stats()).refused, 1);
  }],
  connections: [{ connections: 2 }, async (bed) => {
    await bed.login("alice");
    await bed.login("alice");
    await assert.rejects(bed.connect());
  }],
  stanzasBeforeAuth: [{ stanzasBeforeAuth: 5 }, async (bed) => {
    const client = await bed.connect();
    await client.open();
    const ask = `<iq type='get' id='1'><query xmlns='${NS.register}'/></iq>`;
    await client.write(ask.repeat(6));
    assert.equal(await client.streamError(), "policy-violation");
  }],
  stanzaBytesBeforeAuth: [
    { stanzaBytesBeforeAuth: 5_000 },
    stanza(false, `x='${"x".repeat(4_000)}'/>`, `x='${"x".repeat(6_000)}'/>`),
  ],
  stanzaDepthBeforeAuth: [
    { stanzaDepthBeforeAuth: 6 },
    stanza(false, `>${nested(5)}</iq>`, `>${nested(6)}</iq>`),
  ],
  stanzaAttributesBeforeAuth: [
    { stanzaAttributesBeforeAuth: 10 },
    stanza(false, `${attributes(8)}/>`, `${attributes(9)}/>`),
  ],
  stanzaChildrenBeforeAuth: [
    { stanzaChildrenBeforeAuth: 10 },
    stanza(false, `>${children(10)}</iq>`, `>${children(11)}</iq>`),
  ],
  stanzaBytes: [
    { stanzaBytes: 20_000 },
    stanza(true, `x='${"x".repeat(19_000)}'/>`, `x='${"x".repeat(21_000)}'/>`),
  ],
  stanzaDepth: [
    { stanzaDepth: 12 },
    stanza(true, `>${nested(11)}</message>`, `>${nested(12)}</message>`),
  ],
  stanzaAttributes: [
    { stanzaAttributes: 20 },
    stanza(true, `${attributes(19)}/>`, `${attributes(20)}/>`),
  ],
  stanzaChildren: [
    { stanzaChildren: 100 },
    stanza(true, `>${children(100)}</message>`, `>${children(101)}</message>`),
  ],
  addressBytesPerSecond: [
    { addressBytesPerSecond: 40_000, addressBurstBytes: 60_000, ...FAST },
    async (bed) => {
      const clients = [await bed.login("alice"), await bed.login("bob")];
      // What the two handshakes cost has come back.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const began = performance.now();
      const pad = "x".repeat(5_000);
      for (let i = 0; i < 10; i++) {
        for (const client of clients) client.send(chat(client.jid, pad));
      }
      await Promise.all(clients.map((client) => client.settle()));
      // What was read at once is waited off before the next.
      await Promise.all(clients.map((client) => client.settle()));
      // 100 kB of two connections, of which 60 pass at once and 40 a second.
      assert.ok(performance.now() - began >= 900);
    },
  ],
  addressBurstBytes: [{ addressBytesPerSecond: 1_000, addressBurstBytes: 50_000 }, async (bed) => {
    for (let i = 0; i < 3; i++) await bed.connect();
    await assert.rejects(bed.connect(), "each handshake costs");
  }],
  unackedBytes: [{ unackedBytes: 65_536, ...FAST }, async (bed) => {
    const alice = await bed.online("alice");
    const bob = new ManagedClient(bed.server.port, "bob");
    await bed.server.createAccount("bob", PASSWORD);
    await bob.start();
    bob.acknowledges = false;
    for (let i = 0; i < 8; i++) alice.send(chat("bob", "x".repeat(20_000)));
    await alice.settle();
    assert.ok(bed.server.storage.offline.count("bob") > 0, "what is too much waits elsewhere");
    await bob.cut();
  }],
  subscriptionRequests: [{ subscriptionRequests: 2 }, async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    for (const name of ["a", "b", "c"]) {
      const client = await bed.login(name);
      client.send(el("presence", { type: "subscribe", to: `alice@${DOMAIN}` }));
      await client.settle();
    }
    assert.equal(bed.server.storage.rosters.requests("alice").length, 2);
  }],
  offlineBytes: [{ offlineBytes: 10_000, offlineShareOfStrangers: 1 }, async (bed) => {
    await bed.server.createAccount("bob", PASSWORD);
    const alice = await bed.login("alice");
    for (let i = 0; i < 4; i++) alice.send(chat("bob", "x".repeat(4_000)));
    const refused = (await alice.settle()).filter(({ attrs }) => attrs.type === "error");
    assert.ok(refused.length > 0 && bed.server.storage.offline.count("bob") > 0);
  }],
  archiveBytes: [{ archiveBytes: 50_000 }, async (bed) => {
    const alice = await bed.online("alice");
    await selfTalk(alice, 30, "x".repeat(5_000));
    const kept = await archivePageOf(alice);
    assert.ok(kept.length > 0 && kept.join("").length <= 50_000);
    assert.ok(kept.at(-1)!.startsWith("29"));
  }],
  archiveAgeMs: [{ archiveAgeMs: 200, sweepMs: 2 }, async (bed) => {
    const alice = await bed.online("alice");
    await selfTalk(alice, 3);
    await until(async () => (await archivePageOf(alice)).length === 0);
  }],
  archivePage: [{ archivePage: 4 }, async (bed) => {
    const alice = await bed.online("alice");
    await selfTalk(alice, 9);
    const most = el("set", { xmlns: NS.resultSet }, el("max", {}, "1000"));
    assert.equal((await archivePageOf(alice, most)).length, 4);
  }],
  archivePageBytes: [{ archivePageBytes: 65_536 }, async (bed) => {
    const alice = await bed.online("alice");
    await selfTalk(alice, 9, "x".repeat(20_000));
    assert.equal((await archivePageOf(alice)).length, 3);
  }],
  pepItems: [{ pepItems: 3 }, async (bed) => {
    const alice = await bed.online("alice");
    const field = (name: string, value: string) =>
      el("field", { var: name }, el("value", {}, value));
    const options = el(
      "publish-options",
      {},
      el(
        "x",
        { xmlns: NS.dataForms, type: "submit" },
        field("FORM_TYPE", NS.pubsubPublishOptions),
        field("pubsub#max_items", "max"),
      ),
    );
    for (let i = 0; i < 5; i++) {
      const item = el("item", { id: `${i}` }, el("x", { xmlns: "u" }));
      const publish = el("publish", { node: "n" }, item);
      await alice.request("set", el("pubsub", { xmlns: NS.pubsub }, publish, options));
    }
    const items = el("items", { node: "n" });
    const answer = await alice.request("get", el("pubsub", { xmlns: NS.pubsub }, items));
    assert.equal(serialise(answer).split("<item ").length - 1, 3);
  }],
  blockedJids: [{ blockedJids: 2 }, async (bed) => {
    const alice = await bed.online("alice");
    const items = ["a", "b", "c"].map((name) => el("item", { jid: `${name}@${DOMAIN}` }));
    const answer = await alice.request("set", el("block", { xmlns: NS.blocking }, ...items));
    assert.equal(conditionOf(answer), "resource-constraint");
  }],
  roomNickLength: [{ roomNickLength: 5 }, async (bed) => {
    const alice = await bed.online("alice");
    assert.equal((await enter(alice, "r", "aliceandmore")).attrs.type, "error");
    assert.notEqual((await enter(alice, "r", "alice")).attrs.type, "error");
  }],
  roomSubjectLength: [{ roomSubjectLength: 10 }, async (bed) => {
    const alice = await ownedRoom(bed);
    const subject = el("subject", {}, "x".repeat(11));
    const message = el("message", { to: roomOf("r"), type: "groupchat" }, subject);
    assert.equal(await roomCondition(alice, message), "policy-violation");
  }],
  roomTextLength: [{ roomTextLength: 10 }, async (bed) => {
    const alice = await ownedRoom(bed);
    const form = configuration({ roomname: "x".repeat(11) });
    assert.equal((await alice.request("set", form, roomOf("r"))).attrs.type, "error");
  }],
  roomHistoryMessages: [{ roomHistoryMessages: 2 }, async (bed) => {
    assert.equal(await historyOf(bed, 5, "x"), 2);
  }],
  roomHistoryBytes: [{ roomHistoryBytes: 3_000 }, async (bed) => {
    assert.ok(await historyOf(bed, 10, "x".repeat(1_000)) < 4);
  }],
  roomHistoryBytesInAll: [{ roomHistoryBytesInAll: 3_000 }, async (bed) => {
    assert.ok(await historyOf(bed, 10, "x".repeat(1_000)) < 4);
  }, { archive: false }],
  roomRequests: [{ roomRequests: 2 }, async (bed) => {
    const alice = await ownedRoom(bed);
    const bob = await bed.online("bob");
    await enter(bob, "r", "bob");
    for (let i = 0; i < 3; i++) {
      const to = `${roomOf("r")}/bob`;
      alice.send(el("iq", { type: "get", id: `${i}`, to }, el("x", { xmlns: "u" })));
    }
    await alice.settle();
    for (const { name, attrs } of await bob.settle()) {
      if (name === "iq") bob.send(el("iq", { type: "result", id: attrs.id, to: attrs.from }));
    }
    await bob.settle();
    const answered = (await alice.settle()).filter(({ name }) => name === "iq");
    assert.deepEqual(answered.map(({ attrs }) => attrs.id), ["1", "2"], "the oldest was forgotten");
  }],
  scramIterations: [{ scramIterations: 5_000 }, async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const client = await bed.connect();
    await client.open();
    const first = btoa("n,,n=alice,r=abcdefghij");
    client.send(el("auth", { xmlns: NS.sasl, mechanism: "SCRAM-SHA-256" }, first));
    const challenge = await client.until((element) => element.is("challenge"));
    assert.match(atob(challenge.getText()), /,i=5000(,|$)/);
  }],
};

/** As {@link BITES}, for what is done over HTTPS. */
const WEB_BITES: Partial<Record<keyof ServerLimits, WebBite>> = {
  httpsConnections: [{ httpsConnections: 1 }, async (bed) => {
    const first = await bed.connectTls();
    await assert.rejects(bed.connectTls());
    first.close();
  }],
  httpsHeaderBytes: [{ httpsHeaderBytes: 1_000 }, async (bed) => {
    const headers = `Host: x\r\nConnection: close\r\nX: ${"x".repeat(1_100)}`;
    assert.match(await bed.raw(`GET / HTTP/1.1\r\n${headers}\r\n\r\n`), / 431 /);
  }],
  httpsSlowestRate: [{ httpsSlowestRate: 1e6, httpsStallMs: 300, sweepMs: 10 }, async (bed) => {
    const { path, header } = await slot(await bed.login("alice"), 1_000);
    const conn = await bed.connectTls();
    const writing = async () => {
      const head = `PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n${header}\r\n\r\n`;
      await conn.write(utf8(head));
      for (let i = 0; i < 100; i++) {
        await conn.write(utf8("x"));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await assert.rejects(writing());
    conn.close();
  }],
  uploadFiles: [{ uploadFiles: 1 }, async (bed) => {
    const alice = await bed.login("alice");
    const { path, header } = await slot(alice, 1);
    assert.equal(
      (await bed.ask(path, { method: "PUT", headers: headerOf(header), body: "x" })).status,
      201,
    );
    await assert.rejects(slot(alice, 1));
  }],
  uploadAgeMs: [{ uploadAgeMs: 200, sweepMs: 5 }, async (bed) => {
    const { path, header } = await slot(await bed.login("alice"), 1);
    assert.equal(
      (await bed.ask(path, { method: "PUT", headers: headerOf(header), body: "x" })).status,
      201,
    );
    await until(async () => (await bed.ask(path)).status === 404);
  }],
};

/** A slot for a file of `size` bytes (XEP-0363). @throws Error when it is refused */
async function slot(client: TestClient, size: number): Promise<{ path: string; header: string }> {
  const request = el("request", { xmlns: NS.upload, filename: "a", size: String(size) });
  const answer = await client.request("get", request, `upload.${DOMAIN}`);
  if (answer.attrs.type === "error") throw new Error(conditionOf(answer));
  const put = answer.getChild("slot", NS.upload)!.getChild("put")!;
  const header = put.getChild("header")!;
  return {
    path: new URL(put.attrs.url!).pathname,
    header: `${header.attrs.name}: ${header.getText()}`,
  };
}

function headerOf(line: string): Record<string, string> {
  const at = line.indexOf(": ");
  return { [line.slice(0, at)]: line.slice(at + 2) };
}

/** How much of a room's talk one sees who comes in. */
async function historyOf(bed: TestBed, count: number, body: string): Promise<number> {
  const alice = await ownedRoom(bed);
  for (let i = 0; i < count; i++) {
    alice.send(el("message", { to: roomOf("r"), type: "groupchat" }, el("body", {}, body)));
  }
  await alice.settle();
  const bob = await bed.online("bob");
  await enter(bob, "r", "bob");
  return (await bob.settle()).filter((stanza) => stanza.getChild("body") !== undefined).length;
}

for (const [name, [limits, shows, options]] of Object.entries(BITES)) {
  Deno.test(`${name} bites`, () => withSqliteServer(shows, limits, options));
}

for (const [name, [limits, shows]] of Object.entries(WEB_BITES)) {
  Deno.test(`${name} bites`, () => withWeb(shows, limits));
}

Deno.test("every limit is set by a test that shows what it does", async () => {
  const set = new Set([...Object.keys(BITES), ...Object.keys(WEB_BITES)]);
  const read = async (folder: URL) => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) await read(new URL(`${name}/`, folder));
      // The ranges are checked by setting each, whatever it does.
      if (!name.endsWith("_test.ts") || name === "limit_ranges_test.ts") continue;
      const text = await Deno.readTextFile(new URL(name, folder));
      for (const [, limit] of text.matchAll(/\b(\w+): /g)) set.add(limit!);
    }
  };
  await read(new URL("./", import.meta.url));
  await read(new URL("../../../tests/", import.meta.url));
  assert.deepEqual(Object.keys(DEFAULT_LIMITS).filter((name) => !set.has(name)), []);
});
