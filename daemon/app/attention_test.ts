import assert from "node:assert/strict";
import { Attention } from "./attention.ts";

Deno.test("attention ends a while after the last one looked, and comes back with the next", async () => {
  const changes: boolean[] = [];
  let next = Promise.withResolvers<void>();
  const attention = new Attention((active) => {
    changes.push(active);
    next.resolve();
  }, 10);
  const one = new AbortController();
  const two = new AbortController();
  attention.watch(one.signal);
  attention.watch(two.signal);
  one.abort();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(changes, []);
  two.abort();
  await next.promise;
  assert.deepEqual([changes, attention.active], [[false], false]);
  next = Promise.withResolvers();
  const three = new AbortController();
  attention.watch(three.signal);
  await next.promise;
  assert.deepEqual(changes, [false, true]);
  attention.close();
  three.abort();
});
