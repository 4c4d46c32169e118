import assert from "node:assert/strict";
import { Confirmations } from "./confirmations.ts";

Deno.test("what is confirmed is told in order, once; the rest when it ends", () => {
  const told: string[] = [];
  const confirmations = new Confirmations(1_000);
  for (const name of ["a", "b", "c"]) {
    confirmations.written++;
    confirmations.add(1, (came) => told.push(`${name} ${came}`));
  }
  confirmations.confirm(0);
  assert.deepEqual(told, []);
  confirmations.confirm(2);
  confirmations.confirm(2);
  assert.deepEqual(told, ["a true", "b true"]);
  confirmations.end();
  confirmations.end();
  assert.deepEqual(told, ["a true", "b true", "c false"]);
});

Deno.test("past its bytes the oldest is forgotten, but not what has no size, nor the newest", () => {
  const told: string[] = [];
  const confirmations = new Confirmations(10);
  const add = (name: string, size: number) => {
    confirmations.written++;
    confirmations.add(size, (came) => told.push(`${name} ${came}`));
  };
  add("batch", 0);
  add("a", 6);
  add("b", 6);
  add("c", 100);
  confirmations.end();
  assert.deepEqual(told, ["batch false", "c false"]);
});

Deno.test("one that fails when it ends keeps none of the others from being told", () => {
  const told: string[] = [];
  const confirmations = new Confirmations(10);
  confirmations.add(1, () => {
    throw new Error("the disk is full");
  });
  confirmations.add(1, () => told.push("b"));
  assert.throws(() => confirmations.end(), /the disk is full/);
  assert.deepEqual(told, ["b"]);
});
