import assert from "node:assert/strict";
import { AES_256_GCM_SHA512_128, SFrameSender } from "./mod.ts";

Deno.test("a sender refuses counters that are none, and stops when they are used up", async () => {
  const key = crypto.getRandomValues(new Uint8Array(32));
  for (const counter of [-1, 0.5, Number.MAX_SAFE_INTEGER + 1]) {
    await assert.rejects(SFrameSender.create(AES_256_GCM_SHA512_128, 0, key, counter), {
      code: "bad-key",
    });
  }
  const last = await SFrameSender.create(AES_256_GCM_SHA512_128, 0, key, Number.MAX_SAFE_INTEGER);
  await last.seal(new Uint8Array(1));
  await assert.rejects(last.seal(new Uint8Array(1)), { code: "key-exhausted" });
});
