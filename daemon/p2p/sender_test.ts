import assert from "node:assert/strict";
import { type Bytes, sleep, steadyNow } from "../base/mod.ts";
import { DatagramReader, DatagramWriter } from "./datagram.ts";
import { FRAGMENT_BYTES, readFragment } from "./fragments.ts";
import { pathDirections, selectorOf } from "./keys.ts";
import { pattern, random, until } from "./link_for_tests.ts";
import { FrameSender } from "./sender.ts";

function setup() {
  const callId = random(8);
  const { send } = pathDirections({ send: random(32), receive: random(32) }, callId);
  const reader = new DatagramReader(send, selectorOf(callId));
  const out: { sequence: number; index: number }[] = [];
  const state = { backlog: 0 };
  const sender = new FrameSender({
    writer: new DatagramWriter(send, selectorOf(callId)),
    transmit: (datagram: Bytes) => {
      const read = reader.read(datagram);
      assert.ok(typeof read === "object", "every datagram has a number of its own");
      const { sequence, index } = readFragment(read.body)!;
      out.push({ sequence, index });
    },
    backlog: () => state.backlog,
    now: steadyNow,
  });
  return { sender, out, state };
}

Deno.test("offer() lets a small frame go at once and a large one in bursts", async () => {
  const { sender, out } = setup();
  sender.offer(pattern(0, 10 * FRAGMENT_BYTES), steadyNow());
  assert.equal(out.length, 10);
  sender.offer(pattern(1, 100 * FRAGMENT_BYTES), steadyNow());
  assert.ok(out.length <= 10 + 32, `${out.length} at once`);
  await until("all of it", () => out.length === 110);
  assert.deepEqual(out.map((it) => it.index).slice(10), Array.from({ length: 100 }, (_, i) => i));
  sender.close();
});

Deno.test("nothing is handed to a socket that does not drain", async () => {
  const { sender, out, state } = setup();
  state.backlog = 1_000;
  for (let i = 0; i < 100; i++) sender.offer(pattern(i, 1_000), steadyNow());
  await sleep(20);
  assert.equal(out.length, 0);
  assert.equal(sender.dropped, 99);
  state.backlog = 0;
  await until("the newest", () => out.length === 1);
  sender.close();
});

Deno.test("a frame that waited too long is not sent", async () => {
  const { sender, out } = setup();
  sender.offer(pattern(0, 1_000), steadyNow() - 10_000);
  await sleep(5);
  assert.deepEqual([out.length, sender.dropped], [0, 1]);
  sender.close();
});

Deno.test("repair() sends what was asked for, and only what was sent before", async () => {
  const { sender, out } = setup();
  sender.offer(pattern(0, 5 * FRAGMENT_BYTES), steadyNow());
  out.length = 0;
  sender.repair([
    { sequence: 0, indices: [3, 1, 5, 60_000] },
    { sequence: 9, indices: [0] },
  ]);
  await until("repairs", () => out.length === 2);
  await sleep(5);
  assert.deepEqual(out, [{ sequence: 0, index: 3 }, { sequence: 0, index: 1 }]);
  sender.close();
});

Deno.test("a flood of NACKs buys a bounded number of datagrams", async () => {
  const { sender, out } = setup();
  const count = 20;
  sender.offer(pattern(0, count * FRAGMENT_BYTES), steadyNow());
  out.length = 0;
  for (let i = 0; i < 10_000; i++) sender.repair([{ sequence: 0, indices: [] }]);
  await sleep(100);
  assert.equal(out.length, 2 * count + 32);
  sender.close();
});

Deno.test("frames are kept for repair up to four", async () => {
  const { sender, out } = setup();
  for (let i = 0; i < 6; i++) {
    sender.offer(pattern(i, 100), steadyNow());
    await until("it is sent", () => out.length === i + 1);
  }
  out.length = 0;
  sender.repair([0, 1, 2, 3].map((sequence) => ({ sequence, indices: [0] })));
  await sleep(5);
  assert.deepEqual(out.map((it) => it.sequence), [2, 3]);
  sender.close();
});
