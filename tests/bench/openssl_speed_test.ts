import assert from "node:assert/strict";
import { readSpeed } from "./openssl_speed.ts";

Deno.test("readSpeed() finds bytes a second in what openssl speed -mr prints", () => {
  assert.equal(readSpeed("+H:30720\n+F:25:AES-256-GCM:6031971740.26\n"), 6031971740.26);
  assert.equal(readSpeed("+H:30720\n+F:25:AES-256-GCM:0.00\n"), undefined);
  assert.equal(readSpeed("aes-foo is an unknown cipher\n"), undefined);
});
