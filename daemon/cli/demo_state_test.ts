import assert from "node:assert/strict";
import { StateDirectory } from "../store/mod.ts";
import { sweepDemos } from "./demo_state.ts";

Deno.test("what a killed demo left is swept; running and starting ones and others stay", async () => {
  const state = await Deno.makeTempDir({ prefix: "simppd-sweep-" });
  try {
    for (const who of ["alice", "bob"]) {
      (await StateDirectory.open(`${state}/demo-killed/${who}`)).close();
    }
    (await StateDirectory.open(`${state}/demo-runs/alice`)).close();
    const running = await StateDirectory.open(`${state}/demo-runs/bob`);
    await Deno.mkdir(`${state}/demo-starts`);
    (await StateDirectory.open(`${state}/alice`)).close();
    try {
      await sweepDemos(state);
    } finally {
      running.close();
    }
    const left = [...Deno.readDirSync(state)].map(({ name }) => name).sort();
    assert.deepEqual(left, ["alice", "demo-runs", "demo-starts"]);
  } finally {
    await Deno.remove(state, { recursive: true });
  }
});
