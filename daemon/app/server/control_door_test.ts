import assert from "node:assert/strict";
import { createServer } from "node:net";
import { SimppdError } from "../../base/mod.ts";
import { askServer } from "./control_client.ts";
import { type ControlAnswer, ControlDoor } from "./control_door.ts";
import { readControlFile, socketPath, writeControlFile } from "./control_file.ts";

/** A door in a folder of its own, with a path too long for Unix sockets where `long`. */
async function withDoor(
  answer: ControlAnswer,
  work: (folder: string) => Promise<void>,
  long = false,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-door-" });
  const folder = long ? `${root}/${"x".repeat(120)}` : root;
  if (long) await Deno.mkdir(folder);
  const door = await ControlDoor.open(folder, answer);
  try {
    await work(folder);
  } finally {
    await door.close();
    await Deno.remove(root, { recursive: true });
  }
}

const echo: ControlAnswer = (ask, input) => Promise.resolve({ ask, input });

for (const long of [false, true]) {
  Deno.test(`askServer() is answered by ${long ? "loopback TCP" : "the Unix socket"}`, () =>
    withDoor(echo, async (folder) => {
      const { port } = await readControlFile(folder);
      assert.equal(port === null, socketPath(folder) !== undefined);
      const input = { name: "ä".repeat(1_000) };
      assert.deepEqual(await askServer(folder, "removeUser", input), { ask: "removeUser", input });
      const many = Array.from({ length: 8 }, () => askServer(folder, "stats", {}));
      assert.equal((await Promise.all(many)).length, 8);
    }, long));
}

Deno.test("an error keeps its code and sentence, an unforeseen one says nothing", () =>
  withDoor((ask) => {
    if (ask === "stats") throw new SimppdError("no-luck", "There was none.");
    throw new TypeError("secret");
  }, async (folder) => {
    await assert.rejects(askServer(folder, "stats", {}), {
      code: "no-luck",
      publicMessage: "There was none.",
    });
    await assert.rejects(
      askServer(folder, "users", {}),
      (error: SimppdError) => error.code === "internal" && !error.publicMessage.includes("secret"),
    );
  }));

Deno.test("who does not know the token is turned away, and so is what is too long", () => {
  let asked = 0;
  return withDoor(() => Promise.resolve(++asked), async (folder) => {
    const { port, token } = await readControlFile(folder);
    await writeControlFile(folder, { port, token: `${token}x` });
    await assert.rejects(askServer(folder, "stats", {}), { code: "no-answer" });
    await writeControlFile(folder, { port, token });
    await assert.rejects(askServer(folder, "removeUser", { name: "x".repeat(20_000) }), {
      code: "no-answer",
    });
    assert.equal(asked, 0);
    assert.equal(await askServer(folder, "stats", {}), 1);
  });
});

Deno.test("what listens where a server was learns neither token nor request", async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-door-" });
  let heard = "";
  const impostor = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      heard += bytes.toString();
      socket.end(`{"proof":"${"A".repeat(43)}"}\n`);
    });
    socket.write(`{"nonce":"n"}\n`);
  });
  await new Promise<void>((resolve) => impostor.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = impostor.address() as { port: number };
    await writeControlFile(folder, { port, token: "t".repeat(43) });
    await assert.rejects(askServer(folder, "addUser", { name: "bob", password: "hush" }), {
      code: "no-server",
    });
    assert.ok(heard.includes("proof"));
    assert.ok(!heard.includes("hush") && !heard.includes("ttt") && !heard.includes("addUser"));
    for (const damaged of ["{", "null", `{"port":0,"token":"t"}`, `{"port":null}`]) {
      await Deno.writeTextFile(`${folder}/server-control.json`, damaged);
      await assert.rejects(askServer(folder, "stats", {}), { code: "no-server" });
    }
  } finally {
    await new Promise((resolve) => impostor.close(resolve));
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the control file and socket are their owner's alone, and gone with the door", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-door-" });
  try {
    // Left by one that was killed.
    for (const name of ["server-control.json", "server-control.json.new", "server.sock"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "old", { mode: 0o644 });
    }
    const door = await ControlDoor.open(folder, echo);
    for (const name of ["server-control.json", "server.sock"]) {
      assert.equal((await Deno.stat(`${folder}/${name}`)).mode! & 0o777, 0o600, name);
    }
    await door.close();
    await assert.rejects(Deno.stat(`${folder}/server-control.json`), Deno.errors.NotFound);
    await assert.rejects(ControlDoor.open(`${folder}/absent`, echo), { code: "no-control" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
