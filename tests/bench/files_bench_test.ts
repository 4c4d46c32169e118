import assert from "node:assert/strict";
import { crowdFigures } from "./files/crowd_figures.ts";
import { memoryFigures } from "./files/memory_figures.ts";
import { sealingFigures } from "./files/sealing_figures.ts";

Deno.test("sealing is measured in both suites, in memory and on the disk", async () => {
  const lines = await Array.fromAsync(sealingFigures({ bytes: 1e6 }));
  assert.equal(lines.length, 6);
  assert.ok(lines.every(({ value, unit }) => value > 0 && unit === "MB/s"));
});

const ignore = Deno.build.os !== "linux";

Deno.test("memory is measured where a file really goes up and comes down", { ignore }, async () => {
  const lines = await Array.fromAsync(memoryFigures({ small: 1e5, large: 2e6 }));
  const last = lines.at(-1)!;
  assert.deepEqual([lines.length, last.target], [5, 60]);
  assert.ok(
    lines.every(({ value, unit }) => Number.isFinite(value) && (unit === "MB" || value > 0)),
  );
});

Deno.test("to a group the sender encrypts, uploads and says a file once", async () => {
  const lines = await Array.fromAsync(crowdFigures({ members: 12, bytes: 1e5 }));
  assert.deepEqual(lines.map(({ value, target }) => [value, target]).slice(0, 3), [
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  assert.ok(lines.at(-1)!.value > 0);
});
