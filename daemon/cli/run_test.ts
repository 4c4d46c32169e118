import assert from "node:assert/strict";
import { simppdCommand } from "../../tests/daemon.ts";

/** Starts `simppd run` on `state` and reads the line it says when it is there. */
async function start(state: string) {
  const [program, ...words] = simppdCommand();
  const child = new Deno.Command(program!, {
    args: [...words, "run", "--json", "--no-open", "--port", "0", "--state", state],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) break;
    said += value;
  }
  return { child, reader, said };
}

Deno.test("run says where it is, lets one owner in, and leaves nothing behind", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-run-" });
  const state = `${folder}/state`;
  try {
    const { child, reader, said } = await start(state);
    try {
      const { url, link, pid } = JSON.parse(said);
      assert.equal(pid, child.pid);
      assert.ok(link.startsWith(`${url}/#launch=`), link);
      assert.equal((await Deno.stat(`${state}/api.json`)).mode! & 0o777, 0o600);
      const file = JSON.parse(await Deno.readTextFile(`${state}/api.json`));
      const headers = { authorization: `Bearer ${file.token}` };
      const status = await (await fetch(`${url}/api/status`, { headers })).json();
      assert.equal(status.state, "none");

      const second = await start(state);
      await second.reader.cancel();
      assert.equal((await second.child.status).code, 1);
      assert.equal(JSON.parse(second.said).error.code, "state-locked");
      assert.deepEqual(JSON.parse(await Deno.readTextFile(`${state}/api.json`)), file);
      const still = await (await fetch(`${url}/api/status`, { headers })).json();
      assert.equal(still.instance, status.instance);
    } finally {
      child.kill("SIGTERM");
      await reader.cancel();
      assert.equal((await child.status).code, 0);
    }
    await assert.rejects(Deno.stat(`${state}/api.json`), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
