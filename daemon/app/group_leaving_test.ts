import assert from "node:assert/strict";
import type { OpenGroup } from "./group_here.ts";
import { leaveKeys } from "./group_leaving.ts";

type Keys = Parameters<typeof leaveKeys>[0];
const specification = { keyServer: { jid: "bob@example.org" } } as OpenGroup["specification"];

Deno.test("who leaves while the key server is silent is told who that is, and how to leave anyway", async () => {
  const silent: Keys = {
    specification,
    leave: (signal) =>
      new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason))),
  };
  await assert.rejects(leaveKeys(silent, 5), (error: Error & { code?: string }) => {
    assert.equal(error.code, "key-server-silent");
    assert.match(error.message, /^bob@example\.org, who keeps the keys.* \(--force\)\.$/);
    return true;
  });
});

Deno.test("what a key server says to who leaves is passed on", async () => {
  await leaveKeys({ specification, leave: () => Promise.resolve() });
  const refused = new Error("no");
  await assert.rejects(
    leaveKeys({ specification, leave: () => Promise.reject(refused) }),
    refused,
  );
});
