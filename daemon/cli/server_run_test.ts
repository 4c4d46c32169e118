import assert from "node:assert/strict";
import { Daemon, simppdCommand } from "../../tests/daemon.ts";
import { StandaloneServer, type StandaloneView } from "../app/mod.ts";
import { type Endpoint, XmppClient } from "../xmpp/client/mod.ts";
import { main } from "./command_line.ts";
import type { Io } from "./verb.ts";

const PASSWORD = "correct horse battery";

/** Runs a verb in this process; `input` is what is typed. */
async function simppd(args: readonly string[], input = "") {
  const out: string[] = [];
  const io: Io = {
    out: (line) => out.push(line),
    err: () => {},
    secret: () => Promise.resolve(input),
    rest: () => Promise.resolve(input),
  };
  const code = await main(["server", ...args, "--json"], io);
  // deno-lint-ignore no-explicit-any -- JSON, whatever the verb answers
  return { code, answer: JSON.parse(out[0] ?? "null") as any };
}

/** `simppd server run` as a process of its own. */
async function startServer(args: readonly string[]) {
  const [program, ...words] = simppdCommand();
  const child = new Deno.Command(program!, {
    args: [...words, "server", "run", "--json", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) break;
    said += value;
  }
  return { child, said, done: () => reader.cancel() };
}

async function logsIn(
  view: StandaloneView,
  endpoint: Endpoint,
  name: string,
  password: string,
): Promise<void> {
  const client = new XmppClient({
    jid: `${name}@${view.domain}`,
    password,
    endpoints: [endpoint],
    trust: { kind: "pin", pin: view.pin },
  });
  try {
    await client.connect();
  } finally {
    await client.close();
  }
}

Deno.test("a server of its own, from the first start to its restored backup", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-server-" });
  const data = `${folder}/data`;
  const at = ["--data", data];
  const run = [
    ...at,
    "--domain",
    "chat.test",
    "--port",
    "0",
    "--starttls-port",
    "0",
    "--https-port",
    "0",
  ];
  try {
    const { child, said, done } = await startServer([...run, "--limit", "roomOccupants=3"]);
    try {
      const view = JSON.parse(said) as StandaloneView;
      assert.equal(view.domain, "chat.test");
      assert.equal(view.pid, child.pid);
      const direct = { host: "127.0.0.1", port: view.port, tls: "direct" } as const;
      const clear = { host: "127.0.0.1", port: view.starttlsPort!, tls: "starttls" } as const;

      const made = await simppd(["user", "add", "Alice", ...at], PASSWORD);
      assert.deepEqual(made.answer, { jid: "alice@chat.test" });
      await logsIn(view, direct, "alice", PASSWORD);
      await logsIn(view, clear, "alice", PASSWORD);
      await simppd(["user", "password", "alice", ...at], "another password");
      await assert.rejects(logsIn(view, direct, "alice", PASSWORD), { code: "bad-password" });
      await logsIn(view, direct, "alice", "another password");

      const { answer: room } = await simppd(["room", "create", "tea", "--owner", "alice", ...at]);
      assert.deepEqual(room.owners, ["alice@chat.test"]);
      assert.equal((await simppd(["room", "list", ...at])).answer.length, 1);

      const { answer: { link } } = await simppd(["invite", ...at]);
      assert.match(link, /^xmpp:chat\.test\?register;preauth=/);
      await using bob = await Daemon.start(`${folder}/bob`);
      const joined = await bob.ask("POST", "/api/setup/join", { link, nick: "Bob" });
      assert.equal((joined as { account: { jid: string } }).account.jid, "bob@chat.test");
      assert.deepEqual(await bob.contacts(), []);

      const { answer: stats } = await simppd(["stats", ...at]);
      assert.equal(stats.accounts, 2);
      assert.equal(stats.sessions, 1);
      assert.ok(stats.memoryBytes > 1_000_000);
      const { answer: users } = await simppd(["user", "list", ...at]);
      assert.deepEqual(
        users.map(({ jid, password, loginKeys, sessions }: Record<string, unknown>) => [
          jid,
          password,
          loginKeys,
          sessions,
        ]),
        [["alice@chat.test", true, false, 0], ["bob@chat.test", false, true, 1]],
      );

      const second = await simppd(["run", ...run]);
      assert.equal(second.answer.error.code, "state-locked");
      const copied = await simppd(["backup", `${folder}/copy.db`, ...at]);
      assert.equal(copied.answer.bytes, (await Deno.stat(`${folder}/copy.db`)).size);
      assert.equal((await Deno.stat(`${folder}/copy.db`)).mode! & 0o777, 0o600);
      const again = await simppd(["backup", `${folder}/copy.db`, ...at]);
      assert.equal(again.answer.error.code, "bad-input");

      assert.equal((await simppd(["room", "remove", "tea", "--yes", ...at])).code, 0);
      assert.equal((await simppd(["user", "remove", "alice", "--yes", ...at])).code, 0);
      assert.equal((await simppd(["user", "list", ...at])).answer.length, 1);
    } finally {
      child.kill("SIGTERM");
      await done();
      assert.equal((await child.status).code, 0);
    }
    for (const name of ["server-control.json", "server.sock", "server.db-wal"]) {
      await assert.rejects(Deno.stat(`${data}/${name}`), Deno.errors.NotFound, name);
    }
    assert.equal((await simppd(["stats", ...at])).answer.error.code, "no-server");

    await Deno.rename(`${folder}/copy.db`, `${data}/server.db`);
    const options = {
      data,
      domain: "chat.test",
      host: "127.0.0.1",
      port: 0,
      starttlsPort: null,
      httpsPort: null,
      addresses: [],
      archive: true,
      plain: false,
      version: "0",
    };
    const restored = await StandaloneServer.start(options);
    try {
      assert.equal(restored.view.pin, (JSON.parse(said) as StandaloneView).pin);
      const endpoint = { host: "127.0.0.1", port: restored.view.port, tls: "direct" } as const;
      await logsIn(restored.view, endpoint, "alice", "another password");
      assert.equal((await simppd(["room", "list", ...at])).answer[0].jid, "tea@rooms.chat.test");
    } finally {
      await restored.stop();
    }
    await assert.rejects(StandaloneServer.start({ ...options, domain: "other.test" }), {
      code: "other-domain",
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
