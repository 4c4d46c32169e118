import assert from "node:assert/strict";
import { join } from "node:path";
import { FakeApp } from "../../tests/fake_app.ts";
import { startHttp } from "../http/mod.ts";
import { StateDirectory } from "../store/mod.ts";
import { writeApiFile } from "./api_file.ts";
import { main } from "./command_line.ts";

const TOKEN = "t".repeat(43);
const ID = "f".repeat(32);
const BOB = "bob@fake.example";

/** `simppd file …` before a fake app with one file. */
async function withFiles(
  work: (
    ask: (...args: string[]) => Promise<{ code: number; out: string; err: string }>,
    app: FakeApp,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-cli-file-" });
  const state = join(folder, "state");
  const app = new FakeApp();
  const held = await StateDirectory.open(state);
  const door = await startHttp({ app, port: 0, token: TOKEN, instance: app.instance });
  try {
    await writeApiFile(state, { url: door.url, token: TOKEN, pid: Deno.pid });
    await work(
      async (...args) => {
        const out: string[] = [];
        const err: string[] = [];
        const code = await main(["file", ...args, "--state", state], {
          out: (line) => out.push(line),
          err: (line) => err.push(line),
          secret: () => Promise.resolve(""),
          rest: () => Promise.resolve(""),
        });
        return { code, out: out.join("\n"), err: err.join("\n") };
      },
      app,
      folder,
    );
  } finally {
    await door.close();
    held.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("file send: each path as a stream, with who may have it", () =>
  withFiles(async (ask, app, folder) => {
    const path = join(folder, "plan one.txt");
    await Deno.writeTextFile(path, "words");
    const sent = await ask(
      ...["send", BOB, path, path, "--display", "--people", "a@x,b@x", "--roles", "owner"],
      ...["--ways", "direct,upload", "--key-on-request"],
    );
    assert.equal(sent.code, 0, sent.err);
    assert.match(sent.out, /^f{32} Zürich \(1\)\.txt \(5 bytes\) from bob@fake\.example, done\n/);
    const how = {
      to: BOB,
      name: "plan one.txt",
      size: 5,
      path: await Deno.realPath(path),
      display: true,
      ways: ["direct", "upload"],
      keyOnRequest: true,
      allowed: { people: ["a@x", "b@x"], roles: ["owner"] },
    };
    const asked = app.asked.filter(([name]) => name === "sendFile");
    assert.deepEqual(asked, [["sendFile", how, 5], ["sendFile", how, 5]]);
    assert.match(
      (await ask("send", BOB, join(folder, "none"))).err,
      /cannot be read: there is no such file or folder/,
    );
    assert.match((await ask("send", BOB, folder)).err, /not-a-file/);
  }));

Deno.test("file get: saved under its name or a path, never over another file", () =>
  withFiles(async (ask, _app, folder) => {
    const saved = await ask("get", ID, folder);
    assert.equal(saved.out, `saved as ${join(folder, "Zürich (1).txt")}`);
    assert.equal(await Deno.readTextFile(join(folder, "Zürich (1).txt")), "a file's bytes");
    const again = await ask("get", ID, folder);
    assert.equal(again.code, 1);
    assert.match(again.err, /is there already/);
    await ask("get", ID, join(folder, "other"));
    assert.equal(await Deno.readTextFile(join(folder, "other")), "a file's bytes");
    assert.match((await ask("get", "none", folder)).err, /\(unknown-file\)/);
  }));

Deno.test("file: lists, commands, limits; what is not understood", () =>
  withFiles(async (ask, app) => {
    assert.match((await ask("list", BOB)).out, /^f{32} Zürich/);
    for (const command of ["accept", "decline", "pause", "resume", "cancel"]) {
      assert.equal((await ask(command, ID)).code, 0);
      assert.deepEqual(app.asked.at(-1), ["changeFile", ID, command]);
    }
    assert.equal((await ask("forget", ID)).out, "forgotten");
    assert.match((await ask("limit")).out, /^files of up to 10 MB come by themselves/);
    await ask("limit", "5MB", "--place", BOB);
    assert.deepEqual(app.asked.at(-1), ["setFileLimit", BOB, 5_000_000]);
    await ask("limit", "usual", "--place", BOB);
    assert.deepEqual(app.asked.at(-1), ["setFileLimit", BOB, null]);
    await ask("limit", "--largest", "70", "--room", "900");
    assert.deepEqual(app.asked.at(-1), ["setFileRoom", { fileBytes: 70, quota: 900 }]);
    const misused: [string[], RegExp][] = [
      [["send", BOB], /takes a JID and paths/],
      [["get"], /takes an ID/],
      [["limit", "many"], /not "many"/],
      [["limit", "99999TB"], /takes 1000000000000000 bytes at most/],
      [["limit", "usual"], /usual goes with --place/],
      [["send", BOB, "x", "--ways", "carrier"], /--ways takes direct, .*, not "carrier"/],
      [["send", BOB, "x", "--roles", "king"], /--roles takes owner, .*, not "king"/],
      [["list", "--display"], /--display does not go with/],
      [["eat"], /not something file can do/],
    ];
    for (const [args, words] of misused) {
      const { code, err } = await ask(...args);
      assert.equal(code, 2, args.join(" "));
      assert.match(err, words);
    }
  }));
