import assert from "node:assert/strict";
import fc from "fast-check";
import { smAdd } from "../../core/mod.ts";
import { StreamManagement } from "./stream_management.ts";

const LIMITS = { stanzas: 10, bytes: 1_000 };
const RESUMABLE = { id: "id", resumeMs: 1 };

Deno.test("counters wrap at 2^32: acknowledge() counts on across it", () => {
  const management = new StreamManagement(LIMITS, RESUMABLE, 2 ** 32 - 2);
  for (const xml of ["a", "b", "c"]) management.wrote(xml);
  assert.equal(management.acknowledge(2 ** 32 - 1), 1);
  assert.deepEqual(management.missing, ["b", "c"]);
  assert.equal(management.acknowledge(1), 2);
  assert.deepEqual(management.missing, []);
  assert.throws(() => management.acknowledge(2), { code: "stream-undefined-condition" });
  management.received = 2 ** 32 - 1;
  management.took();
  assert.equal(management.received, 0);
});

Deno.test("acknowledge() refuses what was never sent, backwards counts among it", () => {
  const management = new StreamManagement(LIMITS, RESUMABLE);
  for (const xml of ["a", "b", "c"]) management.wrote(xml);
  management.acknowledge(2);
  for (const h of [1, 0, 4, 2 ** 32 - 1]) {
    assert.throws(() => management.acknowledge(h), { code: "stream-undefined-condition" });
  }
  assert.equal(management.acknowledge(2), 0);
});

Deno.test("what is kept is bounded, and whole again once the client has caught up", () => {
  fc.assert(fc.property(
    fc.array(fc.oneof(
      fc.record({ size: fc.nat(400) }),
      fc.record({ acknowledge: fc.nat(5) }),
    )),
    (steps) => {
      const management = new StreamManagement(LIMITS, RESUMABLE);
      let sent: string[] = [];
      let count = 0;
      let dropped = 0;
      for (const step of steps) {
        if ("size" in step) {
          const xml = "x".repeat(step.size);
          management.wrote(xml);
          sent.push(xml);
        } else {
          const some = Math.min(step.acknowledge, sent.length);
          sent = sent.slice(some);
          count = smAdd(count, some);
          assert.equal(management.acknowledge(count), some);
        }
        const { missing } = management;
        assert.equal(management.unacknowledged, sent.length);
        assert.ok(missing.length <= 15);
        assert.ok(missing.join("").length <= 1_500);
        assert.deepEqual(missing, sent.slice(sent.length - missing.length), "the newest");
        dropped = sent.length - missing.length;
        assert.equal(management.resumable, dropped === 0);
      }
    },
  ));
});
