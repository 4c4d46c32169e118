import assert from "node:assert/strict";
import { el, NS } from "../core/mod.ts";
import { DOMAIN, PASSWORD, TestClient, testOptions } from "./testing.ts";
import { XmppServer } from "./server.ts";
import { onDatabases, type TestDatabase } from "./storage/testing.ts";

/** So many are acknowledged when the server is killed. */
const MESSAGES = 10_000;

Deno.test("kill -9 in the middle of 10,000 messages: what was acknowledged is there", () =>
  onDatabases(killed));

async function killed(database: TestDatabase): Promise<void> {
  const directory = await Deno.makeTempDir();
  const options = {
    ...await testOptions({
      offlineMessages: 2 * MESSAGES,
      offlineBytes: 1e9,
      offlineShareOfStrangers: 1,
      bytesPerSecond: 1e9,
      burstBytes: 1e9,
    }),
    database: await database.create(directory),
  };
  const setup = await XmppServer.start(options);
  await setup.createAccount("alice", PASSWORD);
  await setup.createAccount("bob", PASSWORD);
  await setup.stop();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      import.meta.resolve("./testing_process.ts"),
      JSON.stringify(options),
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const port = Number(new TextDecoder().decode((await reader.read()).value));
  const alice = await TestClient.connect(port, options.certificatePem);
  await alice.login("alice", PASSWORD);

  alice.send(el("enable", { xmlns: NS.streamManagement }));
  await alice.until((element) => element.is("enabled"), "<enabled/>");

  let acknowledged = 0;
  let published = 0;
  const sending = (async () => {
    for (let sent = 0, requests = 0;; sent++) {
      alice.send(el("message", { to: `bob@${DOMAIN}` }, el("body", {}, String(sent))));
      if (sent % 50 !== 49) continue;
      if (sent % 100 === 99) {
        // By stream management (XEP-0198): it counts what is stored for good.
        alice.send(el("r", { xmlns: NS.streamManagement }));
        const { h } = (await alice.until((element) => element.is("a"), "<a/>")).attrs;
        acknowledged = Number(h) - requests;
      } else {
        const item = el("item", { id: "1" }, el("n", { xmlns: "urn:n" }, String(sent)));
        const pubsub = el("pubsub", { xmlns: NS.pubsub }, el("publish", { node: "n" }, item));
        const answer = await alice.request("set", pubsub);
        assert.equal(answer.attrs.type, "result");
        requests++;
        // Handled in order: all before it were.
        acknowledged = sent + 1;
        published = sent;
      }
      if (acknowledged === MESSAGES) child.kill("SIGKILL");
    }
  })();
  await assert.rejects(sending, /connection ended|Broken pipe|reset/i);
  assert.ok(acknowledged >= MESSAGES);
  await child.status;
  await reader.cancel();
  await alice.close();

  const again = await XmppServer.start(options);
  try {
    assert.ok(again.storage.offline.count("bob") >= acknowledged);
    const bodies = again.storage.offline.after("bob", 0, 2 * MESSAGES, 1e9).map(({ stanza }) =>
      Number(/<body>(\d+)</.exec(stanza)![1])
    );
    assert.deepEqual(bodies, bodies.map((_, i) => i), "in order, none missing or doubled");
    for (const owner of ["alice", "bob"]) {
      const all = { peer: "", resource: "", after: -1, before: Number.MAX_SAFE_INTEGER };
      const archived = again.storage.archive.page(
        { ...all, owner: `${owner}@${DOMAIN}` },
        2 * MESSAGES,
        false,
      ).map(({ stanza }) => Number(/<body>(\d+)</.exec(stanza)![1]));
      assert.ok(archived.length >= acknowledged);
      assert.deepEqual(archived, archived.map((_, i) => i), "archived in order, none missing");
    }
    const [item] = again.storage.pep.items("alice", "n", 1);
    assert.ok(Number(/>(\d+)</.exec(item!.payload)![1]) >= published);
  } finally {
    await again.stop();
    await Deno.remove(directory, { recursive: true });
  }
}
