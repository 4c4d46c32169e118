import assert from "node:assert/strict";
import { withSqliteServer as withServer } from "../testing.ts";
import { XmppServer } from "../server.ts";
import { testOptions } from "../testing.ts";

Deno.test("listen() keeps the port when the address widens and narrows, with streams open", async () => {
  await withServer(async (bed) => {
    const { port } = bed.server;
    const alice = await bed.login("alice");
    for (const host of ["0.0.0.0", "127.0.0.1", "0.0.0.0"]) {
      assert.deepEqual(await bed.server.listen(host, port), { host, port });
      await bed.login("bob");
    }
    await alice.settle();
  });
});

Deno.test("a stopped server's port can be taken again at once", async () => {
  let port = 0;
  await withServer(async (bed) => {
    port = bed.server.port;
    await bed.login("alice");
  });
  const again = await XmppServer.start({ ...await testOptions(), port });
  assert.equal(again.port, port);
  await again.stop();
});
