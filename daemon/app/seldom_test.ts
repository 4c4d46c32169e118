import assert from "node:assert/strict";
import { sleep } from "../base/mod.ts";
import { Seldom } from "./seldom.ts";

Deno.test("Seldom does what is asked often once, each key for itself, and nothing once closed", async () => {
  const done: string[] = [];
  const seldom = new Seldom(5, (key) => done.push(key));
  for (const key of ["a", "b", "a", "c"]) seldom.ask(key);
  seldom.drop("c");
  assert.deepEqual(done, []);
  await sleep(60);
  assert.deepEqual(done, ["a", "b"]);
  seldom.ask("a");
  seldom.close();
  seldom.ask("b");
  await sleep(30);
  assert.deepEqual(done, ["a", "b"]);
});
