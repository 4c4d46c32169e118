import { PASSWORD, TestClient, testOptions } from "./testing.ts";
import { XmppServer } from "./server.ts";

Deno.test("far more silent connections than descriptors: the oldest go, others are served and let in", async () => {
  const directory = await Deno.makeTempDir();
  const options = { ...await testOptions(), database: `${directory}/server.db` };
  const setup = await XmppServer.start(options);
  await setup.createAccount("alice", PASSWORD);
  await setup.stop();
  const script = new URL("./testing_process.ts", import.meta.url).pathname;
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n 1100; exec "$0" "$@"`, Deno.execPath()]
      .concat(["run", "-A", "--quiet", script, JSON.stringify(options)]),
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const port = Number(new TextDecoder().decode((await reader.read()).value));
  const silent: Deno.Conn[] = [];
  const clients: TestClient[] = [];
  const login = async () => {
    const client = await TestClient.connect(port, options.certificatePem);
    clients.push(client);
    await client.login("alice", PASSWORD);
    return client;
  };
  try {
    const alice = await login();
    for (let i = 0; i < 1_500; i++) {
      silent.push(await Deno.connect({ hostname: "127.0.0.1", port }));
    }
    await alice.settle();
    await (await login()).settle();
    for (const conn of silent.splice(0)) conn.close();
    await (await login()).settle();
    await alice.settle();
  } finally {
    for (const conn of silent) conn.close();
    await Promise.all(clients.map((client) => client.close()));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    await Deno.remove(directory, { recursive: true });
  }
});
