import assert from "node:assert/strict";
import { CongestionControl, type SentNote } from "./congestion.ts";
import { RoundTrip } from "./round_trip.ts";

const SIZE = 1_200;

/** A way that carries `rate` bytes a ms, keeps `queue` bytes waiting, and is `delay` ms long. */
interface Way {
  rate: number;
  delay: number;
  queue: number;
  loss: number;
}

/**
 * Sends without end over a simulated way for `ms`, in steps of a millisecond.
 * @returns bytes delivered a ms in the second half, and the longest wait in the queue in ms
 */
function simulate(way: Way | ((now: number) => Way), ms: number): { rate: number; wait: number } {
  const roundTrip = new RoundTrip();
  const control = new CongestionControl(roundTrip);
  // A generator of its own, so that the run is the same each time.
  let state = 1;
  const chance = () => (state = Math.imul(state, 48_271) >>> 0) / 2 ** 32;
  type Packet = { note: SentNote; acknowledgedAt: number; lost: boolean };
  let flight: Packet[] = [];
  let inFlight = 0;
  let tokens = 0;
  let freeAt = 0;
  let delivered = 0;
  let wait = 0;
  for (let now = 0; now < ms; now++) {
    const { rate, delay, queue, loss } = typeof way === "function" ? way(now) : way;
    const due = flight.filter((it) => it.acknowledgedAt <= now);
    flight = flight.filter((it) => it.acknowledgedAt > now);
    const came = due.filter((it) => !it.lost);
    for (const { note } of due) inFlight -= note.size;
    const lost = due.filter((it) => it.lost).length * SIZE;
    if (lost > 0) control.lost(lost);
    if (came.length > 0) {
      roundTrip.add(now - came.at(-1)!.note.sentAt, 0, now);
      control.acknowledged(came.map(({ note }) => note), inFlight, now);
      if (now > ms / 2) delivered += came.length * SIZE;
    }
    tokens = Math.min(48 * SIZE, tokens + control.pacingRate);
    while (tokens >= SIZE && inFlight < control.window) {
      tokens -= SIZE;
      const begins = Math.max(now, freeAt);
      const full = (begins - now) * rate > queue;
      const dropped = full || chance() < loss;
      if (!full) freeAt = begins + SIZE / rate;
      if (now > ms / 2 && !full) wait = Math.max(wait, begins - now);
      const note = control.sent(SIZE, inFlight, now);
      flight.push({ note, lost: dropped, acknowledgedAt: Math.max(begins, freeAt) + delay });
      inFlight += SIZE;
    }
  }
  return { rate: delivered / (ms / 2), wait };
}

const WAY = { rate: 2_000, delay: 40, queue: 200_000, loss: 0 };

Deno.test("congestion control fills a way and does not fill its queue", () => {
  const { rate, wait } = simulate(WAY, 20_000);
  assert.ok(rate > 0.85 * WAY.rate, `${rate} bytes a ms`);
  assert.ok(wait < 60, `waits of ${wait} ms`);
});

Deno.test("congestion control is not slowed down by losses that say nothing of the way", () => {
  const { rate } = simulate({ ...WAY, loss: 0.02 }, 20_000);
  assert.ok(rate > 0.8 * WAY.rate, `${rate} bytes a ms`);
});

Deno.test("congestion control keeps to a way with hardly a queue", () => {
  const { rate } = simulate({ ...WAY, queue: 10_000 }, 20_000);
  assert.ok(rate > 0.6 * WAY.rate, `${rate} bytes a ms`);
});

Deno.test("congestion control finds out that a way became faster, or slower", () => {
  const faster = simulate((now) => now < 5_000 ? { ...WAY, rate: 400 } : WAY, 40_000);
  assert.ok(faster.rate > 0.8 * WAY.rate, `${faster.rate} bytes a ms`);
  const slower = simulate((now) => now > 5_000 ? { ...WAY, rate: 400 } : WAY, 40_000);
  assert.ok(slower.rate > 0.8 * 400, `${slower.rate} bytes a ms`);
  assert.ok(slower.wait < 700, `waits of ${slower.wait} ms`);
});

Deno.test("congestion control begins with a window that harms nobody", () => {
  const control = new CongestionControl(new RoundTrip());
  assert.ok(control.window <= 40_000);
});
