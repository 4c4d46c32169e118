import assert from "node:assert/strict";
import fc from "fast-check";
import { type Fragment, FRAGMENT_BYTES, MAX_FRAGMENTS } from "./fragments.ts";
import { pattern, random } from "./link_for_tests.ts";
import { FRAME_DEADLINE, MAX_ASSEMBLIES, NACK_DELAY, Reassembler } from "./reassembler.ts";

const RETRY = 8;

function cut(sequence: number, bytes: Uint8Array): Fragment[] {
  const count = Math.ceil(bytes.length / FRAGMENT_BYTES);
  return Array.from({ length: count }, (_, index) => ({
    sequence,
    index,
    count,
    payload: bytes.subarray(index * FRAGMENT_BYTES, (index + 1) * FRAGMENT_BYTES),
  }));
}

Deno.test("accept() never gives a wrong frame, whatever is lost, doubled or mixed", () => {
  const frames = fc.array(fc.integer({ min: 4, max: 5 * FRAGMENT_BYTES }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(fc.property(frames, fc.infiniteStream(fc.nat(999)), (sizes, dice) => {
    const roll = () => dice.next().value as number;
    const sent = sizes.map((size, i) => pattern(i, size));
    const flying = sent.flatMap((bytes, i) => cut(i, bytes)).flatMap((fragment) =>
      Array.from({ length: roll() % 10 === 0 ? 0 : 1 + (roll() % 5 === 0 ? 1 : 0) }, () => ({
        fragment,
        at: fragment.sequence * 10 + roll() / 50,
      }))
    ).sort((a, b) => a.at - b.at);
    const reassembler = new Reassembler();
    let last = -1;
    for (const { fragment, at } of flying) {
      const outcome = reassembler.accept(fragment, at);
      assert.notEqual(outcome, "malformed");
      if (outcome === undefined || outcome === "malformed") continue;
      assert.ok(outcome.sequence > last, "newest wins");
      last = outcome.sequence;
      assert.deepEqual(outcome.bytes, sent[outcome.sequence]);
    }
    assert.equal(reassembler.received + reassembler.dropped, last + 1);
  }));
});

Deno.test("missing() and its answers bring every frame home at any loss below one half", () => {
  fc.assert(fc.property(
    fc.integer({ min: 4, max: 20 * FRAGMENT_BYTES }),
    fc.infiniteStream(fc.nat(99)),
    (size, dice) => {
      const lost = () => (dice.next().value as number) < 40;
      const fragments = cut(0, pattern(0, size));
      const reassembler = new Reassembler();
      let now = 0;
      let whole = false;
      const offer = (fragment: Fragment) => {
        if (whole || lost()) return;
        whole = reassembler.accept(fragment, now) !== undefined;
      };
      fragments.forEach(offer);
      // A frame none of which came is known only by the next one's coming.
      if (reassembler.nextDue(RETRY) === Infinity) return;
      for (let round = 0; !whole && round < 40; round++) {
        now = reassembler.nextDue(RETRY);
        for (const { indices } of reassembler.missing(now, RETRY)) {
          for (const index of indices) offer(fragments[index]!);
        }
      }
      assert.ok(whole);
    },
  ));
});

Deno.test("a whole newer frame ends the older ones, which then count as dropped", () => {
  const reassembler = new Reassembler();
  const [old, fresh] = [cut(0, random(3_000)), cut(1, random(3_000))];
  reassembler.accept(old[0]!, 0);
  for (const fragment of fresh) reassembler.accept(fragment, 1);
  assert.deepEqual([reassembler.received, reassembler.dropped], [1, 1]);
  assert.equal(reassembler.accept(old[1]!, 2), undefined);
  assert.equal(reassembler.accept(old[2]!, 2), undefined);
  assert.deepEqual([reassembler.received, reassembler.dropped], [1, 1]);
  assert.equal(reassembler.nextDue(RETRY), Infinity, "nothing is asked for any more");
});

Deno.test("missing() asks for a gap, then for the tail, and not for what may still come", () => {
  const reassembler = new Reassembler();
  const fragments = cut(0, random(6 * FRAGMENT_BYTES));
  reassembler.accept(fragments[0]!, 0);
  reassembler.accept(fragments[2]!, 1);
  assert.deepEqual(reassembler.missing(3, RETRY), [], "reordering may heal it");
  reassembler.accept(fragments[3]!, 5);
  assert.deepEqual(reassembler.missing(1 + NACK_DELAY, RETRY), [{ sequence: 0, indices: [1] }]);
  assert.deepEqual(reassembler.missing(2 + NACK_DELAY, RETRY), [], "asked just now");
  const later = 1 + NACK_DELAY + RETRY;
  assert.deepEqual(reassembler.missing(later, RETRY), [{ sequence: 0, indices: [1, 4, 5] }]);
});

Deno.test("missing() asks for a frame none of which came once a newer one begins", () => {
  const reassembler = new Reassembler();
  reassembler.accept(cut(0, random(10))[0]!, 0);
  reassembler.accept(cut(2, random(3_000))[0]!, 10);
  const missing = reassembler.missing(10 + NACK_DELAY, RETRY);
  assert.deepEqual(missing, [{ sequence: 1, indices: [] }, { sequence: 2, indices: [1, 2] }]);
});

Deno.test("a frame nothing more comes of is given up", () => {
  const reassembler = new Reassembler();
  reassembler.accept(cut(0, random(3_000))[0]!, 0);
  reassembler.missing(FRAME_DEADLINE + 1, RETRY);
  assert.equal(reassembler.nextDue(RETRY), Infinity);
});

Deno.test("accept() refuses a count that contradicts the first one", () => {
  const reassembler = new Reassembler();
  const [first] = cut(0, random(3_000));
  reassembler.accept(first!, 0);
  assert.equal(reassembler.accept({ ...first!, index: 1, count: 2 }, 0), "malformed");
});

Deno.test("a peer that begins frames and never ends them holds a bounded memory", () => {
  const reassembler = new Reassembler();
  const payload = random(FRAGMENT_BYTES);
  const before = Deno.memoryUsage();
  for (let i = 0; i < 20_000; i++) {
    const sequence = i * 1_000;
    reassembler.accept({ sequence, index: 0, count: MAX_FRAGMENTS, payload }, i);
  }
  assert.ok(reassembler.missing(1e9, RETRY).length <= MAX_ASSEMBLIES);
  const grown = Deno.memoryUsage().external - before.external;
  assert.ok(grown < 40 * 1_024 * 1_024, `${grown} bytes more`);
  assert.equal(reassembler.received, 0);
});
