import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Acknowledgement,
  decodeAcknowledgement,
  encodeAcknowledgement,
  LAST_OFFSET,
  MAX_RANGES,
  putSegment,
  readSegment,
  SEGMENT_BYTES,
  SEGMENT_HEADER,
} from "./segments.ts";

const u48 = fc.nat({ max: 2 ** 48 - 1 });

Deno.test("readSegment() reads what putSegment() wrote", () => {
  fc.assert(fc.property(
    fc.nat({ max: LAST_OFFSET - SEGMENT_BYTES }),
    fc.uint8Array({ minLength: 1, maxLength: SEGMENT_BYTES }),
    fc.boolean(),
    (offset, payload, last) => {
      const body = new Uint8Array(SEGMENT_HEADER + payload.length);
      putSegment(body, 0, { offset, last, payload });
      assert.deepEqual(readSegment(body), { offset, last, payload });
    },
  ));
});

Deno.test("readSegment() refuses bodies that cannot be", () => {
  const body = new Uint8Array(SEGMENT_HEADER + 1);
  assert.ok(readSegment(body));
  assert.equal(readSegment(body.subarray(0, SEGMENT_HEADER - 1)), undefined);
  assert.equal(readSegment(body.subarray(0, SEGMENT_HEADER)), undefined, "nothing in it");
  assert.equal(readSegment(Uint8Array.of(2, ...body.subarray(1))), undefined, "unknown flag");
  body.fill(0xff, 1, SEGMENT_HEADER);
  assert.equal(readSegment(body), undefined, "past the last offset");
});

/** Ranges newest first, with gaps between them. */
const ranges = fc.uniqueArray(fc.nat({ max: 100_000 }), { maxLength: 2 * MAX_RANGES }).map(
  (all) => {
    const sorted = all.map((it) => it * 2).sort((a, b) => b - a);
    const out: Acknowledgement["ranges"] = [];
    for (let i = 0; i + 1 < sorted.length; i += 2) {
      out.push({ last: sorted[i]!, first: sorted[i + 1]! });
    }
    return out;
  },
);

Deno.test("decodeAcknowledgement() reads what encodeAcknowledgement() wrote", () => {
  fc.assert(fc.property(u48, fc.nat(0xffff), ranges, (credit, delay, ranges) => {
    const acknowledgement = { credit, delayMs: delay / 64, ranges };
    assert.deepEqual(
      decodeAcknowledgement(encodeAcknowledgement(acknowledgement)),
      acknowledgement,
    );
  }));
});

Deno.test("decodeAcknowledgement() refuses ranges that overlap, touch or rise", () => {
  const body = (ranges: [number, number][]) =>
    encodeAcknowledgement({
      credit: 1,
      delayMs: 0,
      ranges: ranges.map(([first, last]) => ({ first, last })),
    });
  assert.ok(decodeAcknowledgement(body([[5, 9], [1, 3]])));
  assert.equal(decodeAcknowledgement(body([[5, 9], [1, 4]])), undefined);
  assert.equal(decodeAcknowledgement(body([[5, 9], [1, 7]])), undefined);
  assert.equal(decodeAcknowledgement(body([[1, 3], [5, 9]])), undefined);
  const below = body([[0, 3]]);
  below[below.length - 1] = 4;
  assert.equal(decodeAcknowledgement(below), undefined, "below zero");
});

Deno.test("decoding bytes of any kind does not throw", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1_181 }), (body) => {
    decodeAcknowledgement(body);
    readSegment(body);
  }));
});
