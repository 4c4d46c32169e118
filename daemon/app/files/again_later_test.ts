import assert from "node:assert/strict";
import type { Transfer } from "../../files/mod.ts";
import { AgainLater } from "./again_later.ts";

const failed = (id: string, code: string, change: Partial<Transfer> = {}) =>
  ({ id, mine: false, state: "failed", problem: { code, message: "" }, ...change }) as Transfer;

Deno.test("what failed because its sender was busy is asked for again, and nothing else", async () => {
  const resumed: string[] = [];
  const done = Promise.withResolvers<void>();
  const later = new AgainLater((id) => {
    resumed.push(id);
    if (resumed.length === 2) done.resolve();
    return id === "a" ? Promise.reject(new Error("no room")) : Promise.resolve();
  }, 30);
  later.note(failed("a", "peer-busy"));
  later.note(failed("b", "peer-busy"));
  later.note(failed("c", "timeout"));
  later.note(failed("d", "peer-busy", { mine: true }));
  later.note(failed("e", "peer-busy"));
  later.note(failed("e", "peer-busy", { state: "cancelled", problem: null }));
  await done.promise;
  assert.deepEqual(resumed, ["a", "b"]);
  later.note(failed("b", "peer-busy"));
  later.close();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(resumed, ["a", "b"], "it ends with the daemon");
});
