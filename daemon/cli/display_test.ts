import assert from "node:assert/strict";
import { join } from "node:path";
import { FakeApp } from "../../tests/fake_app.ts";
import { startHttp } from "../http/mod.ts";
import { StateDirectory } from "../store/mod.ts";
import { writeApiFile } from "./api_file.ts";
import { main } from "./command_line.ts";

const TOKEN = "t".repeat(43);

/** `simppd display …` before a fake app whose stage is the real one. */
async function withStage(
  work: (
    ask: (...args: string[]) => Promise<{ code: number; out: string; err: string }>,
    app: FakeApp,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-cli-display-" });
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
        const code = await main(["display", ...args, "--state", state], {
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

Deno.test("display: a file is shown here, closed, shown again, cleared and forgotten", () =>
  withStage(async (ask, app, folder) => {
    const path = join(folder, "notes\u202e.txt");
    await Deno.writeTextFile(path, "agenda");
    const shown = await ask(path);
    assert.equal(shown.out, "notes.txt (text) is shown on this machine's stage");
    const [item] = app.stage.view().items;
    assert.equal((await app.stage.open(item!.id)).size, 6);
    assert.equal((await ask("close", item!.id)).out, "closed");
    assert.equal((await ask("close", item!.id)).out, "it was off the stage already");
    assert.equal((await ask("clear")).out, "nothing was shown");
    assert.match(
      (await ask("history")).out,
      /notes\.txt \(text, 6 bytes\) by you, here.*You closed it/,
    );
    await ask("show", item!.id);
    assert.equal(app.stage.get(item!.id).state, "showing");
    assert.equal((await ask("clear")).out, "cleared");
    assert.equal((await ask("history", "--forget")).out, "Nothing was shown yet.");
  }));

Deno.test("display: what cannot be shown, or sent, is said", () =>
  withStage(async (ask, app, folder) => {
    const path = join(folder, "x.png");
    assert.match(
      (await ask(path)).err,
      /x\.png cannot be read: there is no such file or folder\. \(bad-input\)/,
    );
    assert.match((await ask(folder, "--group", "g@x")).err, /is a folder; .*\(not-a-file\)/);
    assert.match((await ask(folder)).err, /is a folder; .*\(not-a-file\)/);
    await Deno.writeFile(path, new Uint8Array([0, 1, 2]));
    assert.match((await ask(path)).err, /\(display-type\)/);
    assert.match((await ask(path, "--group", "g@x")).err, /\(no-file-transfer\)/);
    assert.deepEqual(app.asked.at(-1), ["presentFile", "g@x", "x.png", 3]);
    assert.match((await ask("show", "none")).err, /\(unknown-display\)/);
    const misused: [string[], RegExp][] = [
      [[], /PATH is missing/],
      [[path, "--group", "g@x", "--to", "a@x"], /either --group or --to/],
      [[path, "--forget"], /--forget does not go with/],
      [["history", "--to", "a@x"], /--to does not go with display history/],
      [["policy", "friends"], /not "friends"/],
      [["policy", "usual"], /goes with --place/],
      [["policy", "--max-bytes", "many"], /takes a size such as 10MB/],
      [["policy", "--max-bytes", "-5"], /ambiguous/],
      [["policy", "--kinds", "html"], /takes picture, pdf, .* not "html"/],
    ];
    for (const [args, words] of misused) {
      const { code, err } = await ask(...args);
      assert.equal(code, 2, args.join(" "));
      assert.match(err, words);
      assert.equal(err.includes("\\u{"), false);
    }
  }));

Deno.test("display policy: of all and of a place, shown and changed", () =>
  withStage(async (ask, app) => {
    assert.match((await ask("policy")).out, /from verified contacts, up to 50 MB/);
    await ask("policy", "displayers", "--max-bytes", "1kB", "--kinds", "pdf,picture");
    const policy = { from: "displayers", maxBytes: 1000, kinds: ["picture", "pdf"] };
    assert.deepEqual(app.stage.view().policy, policy);
    const { out } = await ask("policy", "nobody", "--place", "g@x");
    assert.match(out, /\ng@x: from nobody, up to 1 kB, picture, pdf$/);
    await ask("policy", "usual", "--place", "g@x");
    assert.deepEqual(app.stage.view().places, {});
    assert.match((await ask("policy", "--max-bytes", "9999999999")).err, /\(bad-input\)/);
  }));
