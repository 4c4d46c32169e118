import assert from "node:assert/strict";
import { join } from "node:path";
import { logOf } from "../base/mod.ts";
import { startLog } from "./log_file.ts";

Deno.test("startLog() writes a JSON object a line, private, and never grows without end", async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-log-" });
  const path = join(folder, "simppd.log");
  const stop = startLog(path);
  logOf("test").info("hello {who}", { who: "world" });
  logOf("test").debug("not written");
  for (let n = 0; n < 70; n++) logOf("test").warn("long {text}", { text: "x".repeat(50_000) });
  stop();
  logOf("test").info("after the end");
  const first = (await Deno.readTextFile(`${path}.old`)).split("\n")[0]!;
  assert.equal(JSON.parse(first).message, 'hello "world"');
  for (const file of [path, `${path}.old`]) {
    const { size, mode } = await Deno.stat(file);
    assert.ok(size <= 5_000_000 && size > 0);
    assert.equal(mode! & 0o777, 0o600);
    assert.ok(!(await Deno.readTextFile(file)).includes("after the end"));
  }
  await Deno.remove(folder, { recursive: true });
});
