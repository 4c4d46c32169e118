import assert from "node:assert/strict";
import { configureSync, resetSync } from "@logtape/logtape";
import { SimppdError } from "../../../base/mod.ts";
import { Health } from "./health.ts";

Deno.test("a database that fails again and again, reads between, is one line of the log", () => {
  const lines: string[] = [];
  configureSync({
    sinks: { test: (record) => lines.push(record.message.join("")) },
    loggers: [
      { category: ["simppd", "xmpp-server"], sinks: ["test"], lowestLevel: "debug" },
      { category: ["logtape"], sinks: [] },
    ],
  });
  try {
    const health = new Health();
    const full = new SimppdError("database-full", "It is full.", new Error("disk"));
    for (let i = 0; i < 100; i++) {
      assert.equal(health.failed(full), full);
      health.worked();
      health.failed(new TypeError("a fault of ours is told elsewhere"));
    }
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /database-full.*disk/);
    health.failed(new SimppdError("database-unavailable", "It is away."));
    assert.equal(lines.length, 2);
  } finally {
    resetSync();
  }
});
