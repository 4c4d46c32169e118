import { NS } from "../../core/mod.ts";
import { DOMAIN, PASSWORD, TestClient, testOptions } from "../testing.ts";
import { XmppServer } from "../server.ts";

const HEADER = new TextEncoder().encode(
  `<stream:stream to='${DOMAIN}' version='1.0' xmlns='${NS.client}' xmlns:stream='${NS.stream}'>`,
);

for (const where of ["TLS", "STARTTLS"]) {
  Deno.test(`far more silent connections than descriptors, on the port for ${where}: the oldest go, others are served and let in`, () =>
    flood(where === "STARTTLS"));
}

async function flood(starttls: boolean): Promise<void> {
  const directory = await Deno.makeTempDir();
  const options = {
    ...await testOptions(),
    database: `${directory}/server.db`,
    starttlsPort: 0,
  };
  const setup = await XmppServer.start(options);
  await setup.createAccount("alice", PASSWORD);
  await setup.stop();
  const script = new URL("../testing_process.ts", import.meta.url).pathname;
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n 1100; exec "$0" "$@"`, Deno.execPath()]
      .concat(["run", "-A", "--quiet", script, JSON.stringify(options)]),
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const ports = new TextDecoder().decode((await reader.read()).value).split(" ").map(Number);
  const port = ports[0]!;
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
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: ports[starttls ? 1 : 0]! });
      silent.push(conn);
      // Some say a word, and no more; what comes of it is their own.
      if (starttls && i % 3 === 0) await conn.write(HEADER).catch(() => {});
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
}
