import assert from "node:assert/strict";
import { type Place, Places } from "./places.ts";

const [EVE, MAL, BOB] = ["eve@x", "mal@x", "bob@x"] as [string, string, string];

function taken(places: Places, contact: string, count: number, now = 0): Place[] {
  return Array.from({ length: count }, (_, at) => {
    const place = places.take(contact, `${at}`, now);
    assert.ok(place !== undefined);
    return place;
  });
}

Deno.test("who has the most places gives the slowest of theirs to who has none", () => {
  const places = new Places({ most: 8, toOne: 4 });
  const [eves, mals] = [taken(places, EVE, 4), taken(places, MAL, 4)];
  assert.equal(places.take(EVE, "more", 1_000), undefined);
  for (const place of [...eves.slice(1), ...mals]) place.moved(1e6, 1_000);
  assert.ok(places.take(BOB, "a", 1_000));
  assert.deepEqual(eves.map(({ signal }) => signal.aborted), [true, false, false, false]);
  assert.ok(mals.every(({ signal }) => !signal.aborted));
  // Bob gets as many as they have, and no more than that.
  assert.ok(places.take(BOB, "b", 2_000) && !places.take(BOB, "c", 2_000));
});

Deno.test("who hardly reads gives way to anybody; who reads does not", () => {
  const places = new Places({ most: 2, toOne: 1 });
  const [sits] = taken(places, EVE, 1);
  const [reads] = taken(places, MAL, 1);
  for (let now = 500; now <= 60_000; now += 500) {
    reads!.moved(10_000, now);
    if (now % 20_000 === 0) sits!.moved(65_536, now);
    if (now < 10_000) assert.equal(places.take(BOB, "a", now), undefined);
  }
  assert.ok(places.take(BOB, "a", 60_000));
  assert.deepEqual([sits!.signal.aborted, reads!.signal.aborted], [true, false]);
});

Deno.test("who read fast once and then sits gives way, too", () => {
  const places = new Places({ most: 1, toOne: 1 });
  const [sits] = taken(places, EVE, 1);
  for (let now = 0; now < 30_000; now += 1_000) sits!.moved(1e6, now);
  assert.equal(places.take(BOB, "a", 31_000), undefined);
  assert.equal(places.take(BOB, "a", 40_000), undefined);
  assert.ok(places.take(BOB, "a", 3_600_000));
  assert.ok(sits!.signal.aborted);
});

Deno.test("who asks for the same anew has left the one before; what is over is free", () => {
  const places = new Places({ most: 8, toOne: 1 });
  const [first] = taken(places, EVE, 1);
  const second = places.take(EVE, "0", 1)!;
  assert.deepEqual([first!.signal.aborted, second.signal.aborted], [true, false]);
  first!.end();
  assert.equal(places.take(EVE, "1", 2), undefined);
  second.end();
  assert.ok(places.take(EVE, "1", 3));
});
