import assert from "node:assert/strict";
import { newPassphrase } from "./passphrase.ts";
import type { Io } from "./verb.ts";

function io(typed: boolean, ...said: string[]): Io {
  return {
    out: () => {},
    err: () => {},
    secret: () => Promise.resolve(said.shift() ?? ""),
    rest: () => Promise.resolve(""),
    typed,
  };
}

Deno.test("newPassphrase() asks twice where it is typed, and takes one line of a pipe", async () => {
  assert.equal(await newPassphrase(io(false, "one line")), "one line");
  assert.equal(await newPassphrase(io(true, "the same", "the same")), "the same");
  await assert.rejects(newPassphrase(io(true, "one", "other"), "password"), {
    code: "bad-input",
    message: "The two passwords differ; nothing was changed.",
  });
  await assert.rejects(newPassphrase(io(false)), { code: "bad-input" });
});
