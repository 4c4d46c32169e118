import assert from "node:assert/strict";
import { UploadFolder } from "./folder.ts";

async function withFolder(use: (folder: UploadFolder, path: string) => Promise<void>) {
  const path = await Deno.makeTempDir({ prefix: "uploads-" });
  try {
    await use(new UploadFolder(`${path}/uploads`), `${path}/uploads`);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

async function* bytes(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield new TextEncoder().encode(part);
}

Deno.test("UploadFolder keeps what is whole, for its owner alone, and nothing of what broke off", () =>
  withFolder(async (folder, path) => {
    const name = folder.newName();
    await folder.write(name, bytes("hello ", "world"));
    assert.equal(await Deno.readTextFile(`${path}/${name}`), "hello world");
    assert.equal((await Deno.stat(`${path}/${name}`)).mode! & 0o777, 0o600);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o700);
    const broken = async function* () {
      yield* bytes("hello");
      throw new RangeError("cut off");
    };
    const other = folder.newName();
    await assert.rejects(folder.write(other, broken()), RangeError);
    await assert.rejects(Deno.stat(`${path}/${other}`), Deno.errors.NotFound);
    await folder.remove([name, other]);
    assert.deepEqual([...Deno.readDirSync(path)], []);
  }));

Deno.test("UploadFolder tells a full disk from other trouble", {
  ignore: Deno.build.os !== "linux",
}, () =>
  withFolder(async (folder, path) => {
    const name = folder.newName();
    await Deno.symlink("/dev/full", `${path}/${name}`);
    await assert.rejects(folder.write(name, bytes("hello")), { code: "disk-full" });
    assert.deepEqual([...Deno.readDirSync(path)], []);
    assert.ok((await Deno.stat("/dev/full")).isCharDevice);
  }));

Deno.test("UploadFolder removes files that nobody knows, and no strangers", () =>
  withFolder(async (folder, path) => {
    const [known, unknown] = [folder.newName(), folder.newName()];
    for (const name of [known, unknown, "README"]) await Deno.writeTextFile(`${path}/${name}`, "x");
    folder.removeOthers(new Set([known]));
    assert.deepEqual(
      [...Deno.readDirSync(path)].map(({ name }) => name).sort(),
      [known, "README"].sort(),
    );
  }));
