import assert from "node:assert/strict";
import { compileArguments, explain } from "./compile.ts";
import { ENGINE_FLAGS, RIGHTS } from "./start.ts";

const main = new URL("../main.ts", import.meta.url).pathname;

/** What stands in a compiled file about how its program is run. */
interface Metadata {
  permissions: Record<string, unknown>;
  v8_flags: string[];
  argv: string[];
}

/** The metadata `deno compile` put behind its marker: eight bytes of length, then JSON. */
function metadataOf(file: Uint8Array): Metadata {
  const buffer = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const at = new TextDecoder("latin1").decode(file).lastIndexOf('{"argv":');
  assert.ok(at > 8, "no metadata in the compiled file");
  const length = Number(buffer.getBigUint64(at - 8, true));
  return JSON.parse(new TextDecoder().decode(file.subarray(at, at + length)));
}

/** Compiles on top of this runtime: what comes out does not start, but holds all it would hold. */
async function compiled(work: (file: Uint8Array, listing: string) => void) {
  const folder = await Deno.makeTempDir({ prefix: "simppd-compile-" });
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: compileArguments(main, `${folder}/simppd`),
      cwd: new URL("../", import.meta.url),
      env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
    }).output();
    const listing = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.ok(success, listing);
    work(await Deno.readFile(`${folder}/simppd`), listing);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("deno compile would embed the program only, with its rights pinned", async () => {
  await compiled((file, listing) => {
    const { permissions, v8_flags } = metadataOf(file);
    assert.equal(permissions.prompt, false);
    assert.deepEqual(permissions.allow_run, RIGHTS.run);
    assert.deepEqual(permissions.allow_env, RIGHTS.env);
    assert.deepEqual(permissions.allow_sys, RIGHTS.sys);
    assert.equal(permissions.allow_ffi, null);
    assert.deepEqual(permissions.deny_import, []);
    for (const flag of ENGINE_FLAGS.replace("--v8-flags=", "").split(",")) {
      assert.ok(v8_flags.includes(flag), v8_flags.join());
    }

    const embedded = [...listing.matchAll(/^[├└]─+┬? (\S+) \(/gm)].map(([, name]) => name);
    assert.ok(embedded.length > 0, listing);
    for (const name of embedded) assert.match(name!, /^\.deno_compile_bundle_\w+\.mjs$/, listing);
    const size = /^Files: ([\d.]+)(B|KB|MB)$/m.exec(listing);
    assert.ok(size, listing);
    const bytes = Number(size[1]) * { B: 1, KB: 1e3, MB: 1e6 }[size[2] as "B"];
    assert.ok(bytes < 4e6, `${size[0]}: what is in it?\n${listing}`);
  });
});

Deno.test("explain() tells what to do when the base binary cannot be had", () => {
  assert.match(
    explain("error sending request for url (https://dl.deno.land/release/v2.9.6/denort.zip)"),
    /deno task pack/,
  );
  assert.doesNotMatch(explain("error: Module not found"), /deno task pack/);
});
