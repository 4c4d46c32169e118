import assert from "node:assert/strict";
import { join } from "node:path";
import { utf8 } from "../../base/mod.ts";
import { ExternalViewer } from "./external_viewer.ts";
import { memorySource } from "./source.ts";

const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;
const TEXT = { kind: "text", type: "text/plain", extension: "txt" } as const;

async function until(condition: () => boolean | Promise<boolean>) {
  for (let tries = 0; tries < 200; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("it did not come to be");
}

async function withViewer(
  script: string,
  work: (viewer: ExternalViewer, folder: string) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  try {
    const command = join(folder, "viewer");
    await Deno.writeTextFile(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const viewer = await ExternalViewer.make(command, async () => {
      const path = await Deno.makeTempDir({ dir: folder, prefix: "scratch-" });
      return { path, remove: () => Deno.remove(path, { recursive: true }) };
    });
    try {
      await work(viewer, folder);
    } finally {
      await viewer.close();
    }
    const left = [...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("scratch-"));
    assert.deepEqual(left, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const there = (path: string) => Deno.stat(path).then(() => true, () => false);
const source = (text: string) => () => Promise.resolve(memorySource(utf8(text), "x"));

Deno.test("a viewer gets a file of mode 0600, which goes when it is not shown any more", async () => {
  const script = 'cp "$1" "$(dirname "$0")/got"; ls -l "$1" >"$(dirname "$0")/mode"; ' +
    'echo "$1" >"$(dirname "$0")/path"; env >"$(dirname "$0")/env"; exec sleep 60';
  Deno.env.set("SIMPPD_PASSPHRASE_TEST", "secret");
  try {
    await withViewer(script, async (viewer, folder) => {
      viewer.show({ type: TEXT, open: source("first") });
      await until(() => there(join(folder, "env")));
      assert.equal(await Deno.readTextFile(join(folder, "got")), "first");
      assert.match(await Deno.readTextFile(join(folder, "mode")), /^-rw-------/);
      assert.ok(!(await Deno.readTextFile(join(folder, "env"))).includes("secret"));
      const path = (await Deno.readTextFile(join(folder, "path"))).trim();
      assert.ok(path.endsWith("/shown.txt") && await there(path));
      viewer.show({ type: TEXT, open: source("second") });
      await until(async () => await Deno.readTextFile(join(folder, "got")) === "second");
      assert.ok(!await there(path));
      viewer.show(undefined);
      await until(async () => !await there((await Deno.readTextFile(join(folder, "path"))).trim()));
    });
  } finally {
    Deno.env.delete("SIMPPD_PASSPHRASE_TEST");
  }
});

Deno.test("a viewer that ends at once, or does not end when asked, leaves nothing", async () => {
  await withViewer("exit 3", async (viewer, folder) => {
    viewer.show({ type: TEXT, open: source("x") });
    await until(() => [...Deno.readDirSync(folder)].length > 1);
  });
  await withViewer(
    "trap '' TERM; touch \"$0.on\"; while :; do sleep 1; done",
    async (viewer, folder) => {
      viewer.show({ type: TEXT, open: source("x") });
      await until(() => there(join(folder, "viewer.on")));
    },
  );
});

Deno.test("make() refuses a program that this start may not run", async () => {
  const code = `
    import { ExternalViewer } from ${JSON.stringify(import.meta.resolve("./external_viewer.ts"))};
    await ExternalViewer.make("no-grant", () => Promise.reject()).catch((e) => console.log(e.code));`;
  const { stdout } = await run(code);
  assert.equal(new TextDecoder().decode(stdout).trim(), "display-command-refused");
});

async function run(code: string): Promise<{ stdout: Uint8Array }> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    return await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--config", CONFIG, "--allow-run=ffmpeg", file],
      stdout: "piped",
      stderr: "null",
    }).output();
  } finally {
    await Deno.remove(file);
  }
}
