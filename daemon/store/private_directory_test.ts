import assert from "node:assert/strict";
import { join } from "node:path";
import { StateDirectory } from "./state_directory.ts";

const posix = Deno.build.os !== "windows";
const root = posix && Deno.uid() === 0;

/** Opens a state directory that was there before, with what `prepare` put into it. */
async function opened(prepare: (path: string, elsewhere: string) => Promise<void>) {
  const path = await Deno.makeTempDir({ prefix: "simppd-private-" });
  const elsewhere = await Deno.makeTempDir({ prefix: "simppd-elsewhere-" });
  try {
    await prepare(path, elsewhere);
    const state = await StateDirectory.open(path);
    state.close();
    return (await Deno.stat(path)).mode! & 0o777;
  } finally {
    await Deno.remove(path, { recursive: true });
    await Deno.remove(elsewhere, { recursive: true });
  }
}

Deno.test({
  name: "a state directory with a link in it is refused, before anything behind it is touched",
  ignore: !posix,
  async fn() {
    for (const name of ["files", "lock", "simppd.db", "key"]) {
      await assert.rejects(
        opened(async (path, elsewhere) => {
          await Deno.writeTextFile(join(elsewhere, "a".repeat(32)), "theirs");
          await Deno.symlink(join(elsewhere, name === "files" ? "" : name), join(path, name));
        }),
        { code: "state-unusable", message: new RegExp(`^${name} in .* is a link`) },
      );
    }
  },
});

Deno.test({
  name: "a state directory of another user, or with something of theirs in it, is refused",
  ignore: !root,
  async fn() {
    const theirs = { code: "state-unusable", message: /belongs to another user/ };
    await assert.rejects(opened((path) => Deno.chown(path, 65_534, 65_534)), theirs);
    await assert.rejects(
      opened(async (path) => {
        await Deno.chmod(path, 0o777);
        await Deno.mkdir(join(path, "files"));
        await Deno.chown(join(path, "files"), 65_534, 65_534);
      }),
      theirs,
    );
  },
});

Deno.test({
  name: "a directory of one's own that others could read becomes private, whatever lies in it",
  ignore: !posix,
  async fn() {
    const mode = await opened(async (path) => {
      await Deno.chmod(path, 0o755);
      await Deno.writeTextFile(join(path, "notes.txt"), "mine");
    });
    assert.equal(mode, 0o700);
  },
});
