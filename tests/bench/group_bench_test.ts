import assert from "node:assert/strict";
import type { BenchLine } from "./bench.ts";
import { crowdFigures } from "./group/crowd_figures.ts";
import { keyGraphFigures } from "./group/key_graph_figures.ts";
import { fitLine } from "./group/line_fit.ts";
import { mlsFigures } from "./group/mls_figures.ts";
import { requestFigures } from "./group/request_figures.ts";

const valueOf = (lines: readonly BenchLine[], what: string, metric: string) =>
  lines.find((line) => line.case === what && line.metric === metric)?.value;

Deno.test("the key graph's figures are those of the paper's table", async () => {
  const extent = { sizes: [16, 64, 256], degrees: [4], rounds: 5, batch: 8 };
  const lines = await Array.fromAsync(keyGraphFigures(extent));
  for (const [n, h] of [[16, 3], [64, 4], [256, 5]] as const) {
    for (const strategy of ["key", "group"]) {
      const what = `n = ${n}, d = 4, ${strategy}-oriented`;
      assert.equal(valueOf(lines, what, "leave: encryptions"), 4 * (h - 1) - 1);
      assert.equal(valueOf(lines, what, "join: encryptions"), 2 * (h - 1));
    }
    const what = `n = ${n}, d = 4, user-oriented`;
    assert.equal(valueOf(lines, what, "leave: messages"), 3 * (h - 1));
    assert.equal(valueOf(lines, what, "join: encryptions"), h * (h + 1) / 2 - 1);
  }
  const batch = lines.filter((line) => line.case.includes("batch of 8 leaves"));
  assert.ok(batch.some(({ metric, ok }) => metric === "encryptions / formula" && ok === true));
  assert.ok(lines.some(({ unit }) => unit === "r²"));
});

Deno.test("a removal in MLS is measured beside ours, cold and warm", async () => {
  const lines = await Array.fromAsync(mlsFigures({ cold: [8], warm: [8], rounds: 1 }));
  const what = "n = 8, removal";
  const ours = valueOf(lines, what, "key graph, d = 4, group-oriented: bytes")!;
  const cold = valueOf(lines, what, "cold tree: bytes")!;
  const warm = valueOf(lines, what, "warm tree: bytes")!;
  assert.ok(ours < warm && warm < cold, `${ours} ${warm} ${cold}`);
  assert.equal(lines.filter(({ peer }) => peer === "ts-mls 1.6.4").length, 6);
});

Deno.test("fitLine() finds a line, and says how far points are from it", () => {
  const straight = fitLine([[1, 5], [2, 7], [4, 11]]);
  assert.equal(straight.slope, 2);
  assert.ok(Math.abs(straight.fit - 1) < 1e-12);
  assert.ok(fitLine([[1, 0], [2, 9], [3, 0], [4, 9]]).fit < 0.5);
  assert.equal(fitLine([[1, 3], [2, 3]]).fit, 1);
});

Deno.test("requests are timed through the whole stack, beside the paper's table", async () => {
  const lines = await Array.fromAsync(requestFigures({ clients: 1, rounds: 2 }));
  for (const name of ["registration", "join", "leave"]) {
    const found = lines.filter(({ metric }) => metric.startsWith(`${name}:`));
    assert.deepEqual(found.map(({ peer }) => peer), [undefined, undefined, "LSIM, table 4.1"]);
    assert.ok(found.every(({ value }) => value > 0), name);
  }
});

Deno.test("a crowd comes and goes, and no message is lost", async () => {
  const lines = await Array.fromAsync(crowdFigures({ members: 6, comers: 2, changes: 3 }));
  const found = (metric: string) => lines.find((line) => line.metric === metric)!.value;
  assert.deepEqual([found("changes"), found("messages lost")], [3, 0]);
  assert.ok(found("messages opened") >= 3 * 5);
  assert.ok(found("change to last member rekeyed: p95") > 0);
});
