import assert from "node:assert/strict";
import fc from "fast-check";
import { concat } from "../../base/mod.ts";
import { pattern } from "../link_for_tests.ts";
import { RECEIVE_WINDOW, SegmentReceiver } from "./segment_receiver.ts";
import { SEGMENT_BYTES } from "./segments.ts";

/** One that has told its credit. */
function granted(): SegmentReceiver {
  const receiver = new SegmentReceiver();
  receiver.acknowledgement(0);
  return receiver;
}

Deno.test("SegmentReceiver puts segments in order however they come and however often", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 }),
    fc.infiniteStream(fc.nat()),
    (sizes, luck) => {
      const bytes = pattern(1, 2_000);
      let offset = 0;
      const segments = sizes.map((size, i) => {
        const payload = bytes.subarray(offset, offset + size);
        const segment = { offset, payload, last: i === sizes.length - 1 };
        offset += size;
        return segment;
      });
      const order = [...segments, ...segments].map((segment) => ({
        segment,
        key: luck.next().value,
      })).sort((a, b) => a.key - b.key);
      const receiver = granted();
      const read: Uint8Array[] = [];
      for (const { segment } of order) {
        assert.notEqual(receiver.take(segment), "malformed");
        if (receiver.readable) read.push(receiver.read());
      }
      assert.deepEqual(concat(...read), bytes.slice(0, offset));
      assert.ok(receiver.drained);
      assert.equal(receiver.held, 0);
    },
  ));
});

Deno.test("SegmentReceiver refuses what is past its credit or its end", () => {
  const payload = new Uint8Array(10);
  const fresh = new SegmentReceiver();
  assert.equal(fresh.take({ offset: 0, payload, last: false }), "malformed", "no credit yet");
  const receiver = granted();
  assert.equal(receiver.take({ offset: RECEIVE_WINDOW - 9, payload, last: false }), "malformed");
  assert.equal(receiver.take({ offset: 100, payload, last: true }), "taken");
  assert.equal(receiver.take({ offset: 105, payload, last: false }), "malformed", "past the end");
  assert.equal(receiver.take({ offset: 50, payload, last: true }), "malformed", "another end");
});

Deno.test("SegmentReceiver refuses an end before bytes that came", () => {
  const receiver = granted();
  const payload = new Uint8Array(10);
  assert.equal(receiver.take({ offset: 50, payload, last: false }), "taken");
  assert.equal(receiver.take({ offset: 0, payload, last: true }), "malformed");
});

Deno.test("SegmentReceiver holds no more than its window, however segments overlap", () => {
  const receiver = granted();
  const payload = new Uint8Array(SEGMENT_BYTES);
  const outcomes = new Set<string>();
  for (let offset = 1; offset < 20_000; offset++) {
    outcomes.add(receiver.take({ offset, payload, last: false }));
    assert.ok(receiver.held <= RECEIVE_WINDOW);
  }
  assert.ok(outcomes.has("no-room"));
});

Deno.test("SegmentReceiver holds only so many pieces, however short", () => {
  const receiver = granted();
  const payload = new Uint8Array(1);
  let taken = 0;
  for (let offset = 1; offset < 100_000; offset += 2) {
    if (receiver.take({ offset, payload, last: false }) === "taken") taken++;
  }
  assert.ok(taken < 20_000, `${taken} pieces`);
});

Deno.test("SegmentReceiver gives credit as it is read, not as it is received", () => {
  const receiver = granted();
  const payload = new Uint8Array(SEGMENT_BYTES);
  let offset = 0;
  for (; offset + SEGMENT_BYTES <= RECEIVE_WINDOW; offset += SEGMENT_BYTES) {
    if (receiver.take({ offset, payload, last: false }) !== "taken") break;
  }
  assert.equal(receiver.acknowledgement(0).credit, RECEIVE_WINDOW);
  assert.ok(!receiver.creditIsDue);
  let read = 0;
  while (receiver.readable) read += receiver.read().length;
  assert.equal(read, offset);
  assert.ok(receiver.creditIsDue);
  assert.equal(receiver.acknowledgement(0).credit, RECEIVE_WINDOW + read);
});
