import assert from "node:assert/strict";
import { withSqliteServer } from "./testing.ts";

Deno.test("who sends far more than its rate is dropped before it fills our memory", () =>
  withSqliteServer(async ({ server, connect, login }) => {
    const flood = await connect();
    const spaces = new Uint8Array(1 << 20).fill(0x20);
    let sent = 0;
    const writing = (async () => {
      for (; sent < 2_000; sent++) await flood.write(spaces);
    })();
    await assert.rejects(writing);
    await flood.ended;
    assert.ok(sent < 1_000, `${sent} MiB were taken`);
    const anna = await login("anna");
    assert.equal((await server.stats()).connections, 1);
    await anna.settle();
  }));
