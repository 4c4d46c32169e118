import assert from "node:assert/strict";
import { startMariadb } from "../../../scripts/peers/mariadb.ts";
import { absent } from "../../../tests/real_parts.ts";
import { el, type Element, NS } from "../core/mod.ts";
import { XmppServer } from "./server.ts";
import { conditionOf, DOMAIN, PASSWORD, TestClient, testOptions, until } from "./testing.ts";

/** Room on the disk of the test, and what fills a good part of it at a time. */
const DISK_BYTES = 3 << 20;
const BODY = "x".repeat(30_000);

function note(to: string, id: string, body = id): Element {
  return el("message", { to: `${to}@${DOMAIN}`, id }, el("body", {}, body));
}

/** The answer to a ping behind `message`, or the error that came before it. */
async function outcome(client: TestClient, message: Element): Promise<Element | undefined> {
  client.send(message);
  return (await client.settle()).find(({ attrs }) => attrs.id === message.attrs.id);
}

for (const archive of [false, true]) {
  Deno.test(`a full disk, archive ${archive ? "on" : "off"}: senders are told, nothing is damaged, and it goes on when there is room`, () =>
    fullDisk(archive));
}

async function fullDisk(archive: boolean): Promise<void> {
  const directory = await Deno.makeTempDir();
  const options = {
    ...await testOptions({ offlineMessages: 5_000, offlineShareOfStrangers: 1 }),
    database: `${directory}/server.db`,
    archive,
  };
  // A small disk of its own, gone with the process.
  const script = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"';
  const child = new Deno.Command("unshare", {
    args: ["-m", "sh", "-c", script, "sh", String(DISK_BYTES), directory, Deno.execPath()]
      .concat(["run", "-A", "--quiet", import.meta.resolve("./testing_process.ts")])
      .concat([JSON.stringify(options), PASSWORD, "alice", "bob"]),
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const clients: TestClient[] = [];
  try {
    const port = Number(new TextDecoder().decode((await reader.read()).value));
    const login = async (name: string) => {
      const client = await TestClient.connect(port, options.certificatePem);
      clients.push(client);
      await client.login(name, PASSWORD);
      return client;
    };
    const alice = await login("alice");
    const kept: string[] = [];
    let refused: Element | undefined;
    for (let i = 0; refused === undefined; i++) {
      assert.ok(i * BODY.length < 2 * DISK_BYTES, "the disk is full by now");
      refused = await outcome(alice, note("bob", `kept ${i}`, BODY));
      if (refused === undefined) kept.push(`kept ${i}`);
    }
    assert.equal(conditionOf(refused), "resource-constraint");
    assert.equal(refused.getChild("error")!.attrs.type, "wait");
    const roster = await alice.request("get", el("query", { xmlns: NS.roster }));
    assert.equal(roster.attrs.type, "result", "what needs no room goes on");
    const item = el("item", { id: "1" }, el("x", { xmlns: "u" }, BODY));
    const publish = el("pubsub", { xmlns: NS.pubsub }, el("publish", { node: "n" }, item));
    assert.equal(conditionOf(await alice.request("set", publish)), "resource-constraint");
    const fetch = el("pubsub", { xmlns: NS.pubsub }, el("items", { node: "n" }));
    assert.equal(conditionOf(await alice.request("get", fetch)), "item-not-found", "no half of it");

    const { success } = await new Deno.Command("nsenter", {
      args: ["-t", String(child.pid), "-m", "mount", "-o", `remount,size=${4 * DISK_BYTES}`]
        .concat([directory]),
    }).output();
    assert.ok(success);
    assert.equal(await outcome(alice, note("bob", "later")), undefined);
    kept.push("later");
    assert.equal((await alice.request("set", publish)).attrs.type, "result");
    const bob = await login("bob");
    bob.send(el("presence"));
    for (const id of kept) assert.equal((await bob.message()).attrs.id, id);
    await bob.settle();
    if (!archive) return;
    // Whoever had a message stored finds it again, each once, and nothing that was refused.
    for (const owner of [alice, bob]) assert.deepEqual(await archivedIds(owner), kept);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    await Deno.remove(directory, { recursive: true });
  }
}

/** What waits to be archived is tried again a moment after it failed; until then one is to wait. */
async function queried(client: TestClient, set: Element): Promise<Element> {
  for (let tries = 0;; tries++) {
    const answer = await client.request("set", el("query", { xmlns: NS.archive }, set));
    const waits = answer.attrs.type === "error" && conditionOf(answer) === "resource-constraint";
    if (!waits || tries === 200) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The ids of all messages in the archive, in order. */
async function archivedIds(client: TestClient): Promise<(string | undefined)[]> {
  const ids: (string | undefined)[] = [];
  for (let after: string | undefined, more = true; more;) {
    const set = el("set", { xmlns: NS.resultSet }, after && el("after", {}, after));
    const fin = (await queried(client, set)).getChild("fin", NS.archive)!;
    for (const stanza of client.inbox.splice(0)) {
      const forwarded = stanza.getChild("result", NS.archive)?.getChild("forwarded", NS.forward);
      if (forwarded) ids.push(forwarded.getChild("message")!.attrs.id);
    }
    more = fin.attrs.complete !== "true";
    after = fin.getChild("set", NS.resultSet)!.getChildText("last") ?? undefined;
  }
  return ids;
}

Deno.test({
  name: "MariaDB killed under a server: an error at once, streams stay, then service again",
  ignore: absent("mariadbd"),
  async fn() {
    const mariadb = (await startMariadb("served"))!;
    const options = { ...await testOptions(), database: await mariadb.createDatabase() };
    const server = await XmppServer.start(options);
    const clients: TestClient[] = [];
    const connect = async () => {
      const client = await TestClient.connect(server.port, options.certificatePem);
      clients.push(client);
      return client;
    };
    try {
      const online = [];
      for (const name of ["alice", "bob", "carol"]) {
        await server.createAccount(name, PASSWORD);
        const client = await connect();
        await client.login(name, PASSWORD);
        client.send(el("presence"));
        online.push(client);
      }
      const [alice, bob, carol] = online as [TestClient, TestClient, TestClient];
      await carol.settle();
      // Once for all: who blocks whom is remembered from here on.
      assert.equal(await outcome(alice, note("bob", "before")), undefined);
      assert.equal((await bob.message()).attrs.id, "before");
      await carol.close();
      await until(() => server.sessions.of("carol").length === 0);

      Deno.kill(mariadb.pid, "SIGKILL");
      const refused = await outcome(alice, note("carol", "lost"));
      assert.equal(conditionOf(refused!), "resource-constraint");
      assert.equal(refused!.getChild("error")!.attrs.type, "wait");
      assert.equal(await outcome(alice, note("bob", "meanwhile")), undefined);
      assert.equal((await bob.message()).attrs.id, "meanwhile");
      const late = await connect();
      await late.open();
      const failure = await late.authenticate("carol", PASSWORD);
      assert.ok(failure.getChild("temporary-auth-failure"));
      await bob.close();
      await alice.settle();

      await startMariadb("served");
      await until(async () => await outcome(alice, note("carol", "kept")) === undefined);
      const again = await connect();
      await again.login("carol", PASSWORD);
      again.send(el("presence"));
      assert.equal((await again.message()).attrs.id, "kept");
    } finally {
      await Promise.all(clients.map((client) => client.close()));
      await server.stop();
    }
  },
});
