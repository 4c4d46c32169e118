import assert from "node:assert/strict";
import { Running } from "../../tests/running.ts";
import { main } from "./command_line.ts";
import type { Io } from "./verb.ts";

/** Runs a verb in this process. */
async function simppd(args: readonly string[], input = "") {
  const out: string[] = [];
  const io: Io = {
    out: (line) => out.push(line),
    err: () => {},
    secret: () => Promise.resolve(input),
    rest: () => Promise.resolve(input),
  };
  const code = await main([...args, "--json"], io);
  // deno-lint-ignore no-explicit-any -- JSON, whatever the verb answers
  return { code, answer: JSON.parse(out[0] ?? "null") as any };
}

const PORTS = ["--port", "0", "--no-starttls", "--no-https"];

Deno.test("a server with its key server, and a registrar and a key server beside it", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-keyserver-" });
  try {
    const secret = `${folder}/secret`;
    await Deno.writeTextFile(secret, "a secret of components\n");
    const server = [
      "server",
      "run",
      "--data",
      `${folder}/server`,
      "--domain",
      "chat.test",
      ...PORTS,
    ];
    const also = ["other.chat.test", "registrar.chat.test"].flatMap((
      domain,
    ) => ["--component", `${domain}=@${secret}`]);
    const all = [...server, "--keyserver", ...also, "--component-port", "0"];
    {
      await using home = await Running.start(...all);
      const { keyServer, componentPort } = home.said;
      assert.equal(keyServer.jid, "keys.chat.test");
      assert.match(keyServer.key, /^[0-9a-f]{64}$/);
      const at = (
        domain: string,
      ) => ["--component", `${domain}=@${secret}`, "--server", `127.0.0.1:${componentPort}`];
      const data = ["--data", `${folder}/other`];
      {
        await using run = await Running.start(
          "keyserver",
          "run",
          ...data,
          ...at("other.chat.test"),
        );
        const other = run.said;
        assert.equal(other.jid, "other.chat.test");
        assert.notEqual(other.key, keyServer.key);
        const { answer } = await simppd(["keyserver", "show", ...data]);
        assert.equal(answer.error.code, "state-locked");
        assert.match(answer.error.message, /another directory with --data\.$/);
      }
      const beside = ["--data", `${folder}/registrar`, ...at("registrar.chat.test")];
      await using registrar = await Running.start("registrar", "run", ...beside);
      assert.equal(registrar.said.method, "simpp");
      assert.equal(registrar.said.address, "registrar.chat.test");
      const shown = await simppd(["keyserver", "show", ...data]);
      const backup = `${folder}/keys.backup`;
      const long = "a passphrase of keys";
      assert.equal((await simppd(["keyserver", "backup", backup, ...data], long)).code, 0);
      const moved = ["--data", `${folder}/moved`];
      const restored = await simppd(["keyserver", "restore", backup, ...moved], long);
      assert.deepEqual(restored.answer, shown.answer);
      const wrong = ["keyserver", "restore", backup, "--data", `${folder}/third`];
      assert.equal((await simppd(wrong, "not this one")).answer.error.code, "wrong-passphrase");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("keyserver and registrar make nothing in a directory that was mistyped", async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-keyserver-" });
  try {
    for (const verb of [["keyserver", "show"], ["registrar", "show"]]) {
      const { code, answer } = await simppd([...verb, "--data", `${folder}/mistyped`]);
      assert.deepEqual([code, answer.error.code], [1, "nothing-kept"]);
    }
    const backup = ["keyserver", "backup", `${folder}/keys.backup`, "--data", `${folder}/mistyped`];
    assert.equal((await simppd(backup, "a passphrase")).answer.error.code, "nothing-kept");
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("keyserver and registrar say what is missing or does not go together", async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-keyserver-" });
  try {
    const users = `${folder}/users`;
    const usage: readonly (readonly string[])[] = [
      ["keyserver"],
      ["keyserver", "run", "--data", folder],
      ["keyserver", "run", "--component", "keys.test=secret", "--data", folder],
      ["keyserver", "show", "--data", folder, "--for", "x"],
      ["keyserver", "run", "--component", `keys.test=@${users}`],
      ["registrar", "walk"],
      ["registrar", "run", "--data", folder, "--users", users],
      ["registrar", "run", "--data", folder, "--listen", "127.0.0.1:0"],
      ["registrar", "run", "--data", folder, "--listen", "nowhere", "--users", users],
      ["registrar", "user", "nobody", "--users", users],
    ];
    for (const args of usage) assert.equal((await simppd(args)).code, 2, args.join(" "));
    assert.equal(
      (await simppd(["registrar", "user", "a@x.test", "--users", users], "secret")).code,
      0,
    );
    assert.equal(
      (await simppd(["registrar", "user", "b@x.test", "--users", users], "secret")).code,
      0,
    );
    assert.equal(
      (await simppd(["registrar", "user", "a@x.test", "--users", users], "other")).code,
      0,
    );
    const lines = (await Deno.readTextFile(users)).trim().split("\n");
    assert.deepEqual(lines.map((line) => line.split(":")[0]), ["b@x.test", "a@x.test"]);
    await Deno.writeTextFile(`${folder}/secret`, "a secret\n", { mode: 0o600 });
    const apart = `${folder}/registrars`;
    const keys = ["keyserver", "run", "--data", `${folder}/k`, "--component"];
    const withRegistrars = [...keys, `keys.test=@${folder}/secret`, "--registrars", apart];
    for (
      const [written, said] of [
        [null, /cannot be read/],
        ["# none\n\n", /names no registrar/],
        [`# ours\none ${"ab".repeat(32)} simpp reg.test\ntwo x rot13 y\n`, /^Line 3 of/],
      ] as const
    ) {
      if (written !== null) await Deno.writeTextFile(apart, written);
      const { error } = (await simppd(withRegistrars)).answer;
      assert.equal(error.code, "bad-input");
      assert.match(error.message, said);
    }
    const run = ["registrar", "run", "--data", `${folder}/r`, "--listen", "127.0.0.1:0"];
    const files = ["--certificate", users, "--key", users, "--users", users];
    assert.equal((await simppd([...run, ...files])).answer.error.code, "bad-certificate");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
