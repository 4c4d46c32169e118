import assert from "node:assert/strict";
import { AnnounceOrder } from "./announce_order.ts";

const BOB = "bob@x.example";
const { signal } = new AbortController();

Deno.test("files are told of in the order in which they set out, each place for itself", async () => {
  const order = new AnnounceOrder();
  const told: string[] = [];
  const tell = async (place: string, id: string) => {
    await order.turn(place, id, signal);
    told.push(id);
    order.leave(place, id);
  };
  for (const id of ["a", "b", "b", "c", "gone"]) order.enter(BOB, id);
  order.enter("team@x.example", "other");
  const all = [tell(BOB, "c"), tell(BOB, "b"), tell("team@x.example", "other"), tell(BOB, "no")];
  await Promise.all(all.slice(2));
  assert.deepEqual(told, ["other", "no"]);
  await tell(BOB, "a");
  await Promise.all(all);
  assert.deepEqual(told, ["other", "no", "a", "b", "c"]);
});

Deno.test("one that fails or takes long holds up nobody for ever", async () => {
  const order = new AnnounceOrder(30);
  for (const id of ["slow", "broken", "b", "c"]) order.enter(BOB, id);
  const b = order.turn(BOB, "b", signal);
  order.leave(BOB, "broken");
  await b;
  order.leave(BOB, "b");
  // It was passed over once: nobody waits for it again.
  const soon = order.turn(BOB, "c", AbortSignal.abort(new Error("it waited")));
  await soon;
  order.leave(BOB, "c");
});

Deno.test("one that is stopped while it waits ends at once", async () => {
  const order = new AnnounceOrder();
  order.enter(BOB, "a");
  order.enter(BOB, "b");
  const stop = new AbortController();
  const waits = order.turn(BOB, "b", stop.signal);
  stop.abort(new Error("stopped"));
  await assert.rejects(waits, /stopped/);
});
