import assert from "node:assert/strict";
import { BlockList } from "../block_list.ts";
import { GroupOffer, type Turn } from "./offer.ts";
import { fileOf, randomBytes, ROOM } from "./testing.ts";

const LARGE = 98_304;

async function offerOf(bytes: number): Promise<GroupOffer> {
  const file = fileOf(randomBytes(bytes), ROOM);
  return new GroupOffer(file.id, await BlockList.of(file));
}

/** Says all there is to say. */
function say(offer: GroupOffer, now: number, size = 4): Turn[] {
  const turns: Turn[] = [];
  for (;;) {
    offer.gather(size, true, now);
    const turn = offer.next(LARGE, size, offer.held(now) > 0);
    if (turn === undefined) return turns;
    turns.push(turn);
  }
}

function lacks(offer: GroupOffer, ranges: string, seq?: number) {
  const heard = seq === undefined ? undefined : { stream: offer.stream, seq };
  return { id: offer.id, heard, list: false, ranges };
}

Deno.test("the sender waits for the slowest who tells, and not for ever", async () => {
  const offer = await offerOf(2_000_000);
  offer.takeLacks("quick", lacks(offer, "0-244"), 4, false, 0);
  offer.takeLacks("slow", lacks(offer, "0-244"), 4, false, 0);
  const first = say(offer, 100).at(-1)!.seq;
  assert.ok(offer.queued && offer.held(100) > 0);
  // One of them has heard all: the other is waited for all the same.
  offer.takeLacks("quick", lacks(offer, "100-244", first), 4, false, 200);
  assert.equal(say(offer, 200).length, 0);
  assert.ok(say(offer, 10_000).length > 0);
});

for (
  const [how, heard] of [
    ["hears nothing", () => 0],
    ["hears a little", (said: number) => said - 18],
  ] as const
) {
  Deno.test(`one that ${how}, and says so again and again, holds nobody up`, async () => {
    const offer = await offerOf(4_000_000);
    const last = offer.list.count - 1;
    for (const nick of ["good", "bad"]) {
      offer.takeLacks(nick, lacks(offer, `0-${last}`), 4, false, 0);
    }
    let [said, seq] = [-1, -1];
    let now = 0;
    for (; said < last && now < 120_000; now += 100) {
      for (const turn of say(offer, now)) {
        if (turn.to !== undefined) continue;
        said = Math.max(said, turn.block! + turn.count - 1);
        seq = turn.seq;
      }
      if (said < last && seq >= 0) {
        offer.takeLacks("good", lacks(offer, `${said + 1}-${last}`, seq), 4, false, now);
      }
      if (now > 0 && now % 2_000 === 0) {
        offer.takeLacks("bad", lacks(offer, `${last}`, Math.max(0, heard(seq))), 4, false, now);
      }
    }
    assert.equal(said, last);
    // 64 KiB a second are what everybody must keep up with.
    assert.ok(now <= 3_000 + 4_000_000 / 65_536 * 1_000, `${now} ms`);
  });
}

Deno.test("what is on its way is not said again; what is lost is, to one alone or to all", async () => {
  const offer = await offerOf(80_000);
  for (const nick of ["a", "b", "c"]) {
    offer.takeLacks(nick, lacks(offer, "0-9"), 4, false, 0);
  }
  const [turn] = say(offer, 100);
  assert.deepEqual([turn!.to, turn!.block, turn!.count], [undefined, 0, 10]);
  assert.equal(turn!.ask, 1);
  offer.takeLacks("a", lacks(offer, "0-9"), 4, true, 100);
  assert.equal(say(offer, 1_000).length, 0);
  offer.takeLacks("a", lacks(offer, "3 5", turn!.seq), 4, false, 1_000);
  offer.takeLacks("b", lacks(offer, "5", turn!.seq), 4, false, 1_001);
  assert.deepEqual(
    say(offer, 2_000).map(({ to, block, count }) => [to, block, count]),
    [[undefined, 5, 1], ["a", 3, 1]],
  );
  offer.forget("a");
  offer.takeLacks("b", lacks(offer, ""), 4, false, 3_000);
  assert.ok(offer.wanted);
  offer.takeLacks("c", lacks(offer, ""), 4, false, 3_000);
  assert.ok(!offer.wanted && !offer.queued);
});

Deno.test("what one may have said anew is bounded; what is malformed counts as nothing", async () => {
  const offer = await offerOf(80_000);
  assert.equal(offer.takeLacks("a", lacks(offer, "0-10"), 4, false, 0), false);
  for (const nick of ["a", "b", "c"]) offer.takeLacks(nick, lacks(offer, "0-9"), 4, false, 0);
  say(offer, 100);
  let bytes = 0;
  for (let round = 1; round < 100; round++) {
    offer.takeLacks("a", lacks(offer, "0-9"), 4, false, round * 1_000);
    for (const { block = 0, count } of say(offer, round * 1_000 + 900)) {
      bytes += Math.min(80_000, (block + count) * 8_192) - block * 8_192;
    }
  }
  assert.ok(bytes > 100_000 && bytes <= 4 * 80_000 + 1_048_576 + 8_192, `${bytes} bytes`);
});
