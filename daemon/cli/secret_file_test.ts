import assert from "node:assert/strict";
import { secretIn } from "./secret_file.ts";

Deno.test("secretIn() reads the first line, and warns where others may read the file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-secret-" });
  const said: string[] = [];
  const write = Deno.stderr.writeSync;
  Deno.stderr.writeSync = (bytes) => said.push(new TextDecoder().decode(bytes)) && bytes.length;
  try {
    const file = `${folder}/secret`;
    await Deno.writeTextFile(file, " hidden \nmore", { mode: 0o600 });
    assert.equal(secretIn(file), "hidden");
    assert.deepEqual(said, []);
    for (const mode of [0o640, 0o604, 0o644]) {
      await Deno.chmod(file, mode);
      assert.equal(secretIn(file), "hidden");
      assert.match(said.pop() ?? "", new RegExp(`mode 0${mode.toString(8)}.*chmod 600`));
    }
    assert.throws(() => secretIn(`${folder}/none`), { code: "bad-secret" });
  } finally {
    Deno.stderr.writeSync = write;
    await Deno.remove(folder, { recursive: true });
  }
});
