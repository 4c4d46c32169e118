import assert from "node:assert/strict";
import { Crowding } from "./crowding.ts";

function queue(waiting: number) {
  const state = { waiting, most: 100 };
  return { state, crowding: new Crowding(() => state) };
}

Deno.test("who waits for room goes on when half is taken, and not before", async () => {
  const { state, crowding } = queue(51);
  assert.equal(crowding.crowded, true);
  assert.equal(crowding.full, false);
  let went = 0;
  const both = [1, 2].map(() => crowding.room(60_000).then(() => went++));
  assert.equal(crowding.taken(), false);
  await Promise.resolve();
  assert.equal(went, 0);
  state.waiting = 50;
  assert.equal(crowding.taken(), true);
  await Promise.all(both);
  assert.equal(went, 2);
  await crowding.room(60_000);
});

Deno.test("who gave no room in time counts as full until it has some", async () => {
  const { state, crowding } = queue(60);
  await crowding.room(1);
  assert.equal(crowding.full, true);
  state.waiting = 10;
  crowding.taken();
  assert.equal(crowding.full, false);
  state.waiting = 76;
  assert.equal(crowding.full, true);
});

Deno.test("nobody waits for room of what ended", async () => {
  const { crowding } = queue(90);
  const waiting = crowding.room(60_000);
  crowding.end();
  await waiting;
  await crowding.room(60_000);
  assert.equal(crowding.crowded, false);
});
