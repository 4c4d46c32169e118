import assert from "node:assert/strict";
import { concat, sleep, steadyNow } from "../base/mod.ts";
import { encodeTag } from "./control.ts";
import { DatagramType, DatagramWriter } from "./datagram.ts";
import { selectorOf } from "./keys.ts";
import {
  bareSocket,
  ended,
  framesOf,
  isPattern,
  Link,
  opened,
  openPair,
  pattern,
  random,
  until,
} from "./link_for_tests.ts";
import type { Path, PathEvent, PathFrame } from "./path.ts";

/** Sends a few frames from A to B and sees them come whole. */
async function proveAlive(a: Path, frames: PathFrame[]): Promise<void> {
  const before = frames.length;
  await until("a frame after the attack", () => {
    a.send(pattern(1, 3_000), steadyNow());
    return frames.length > before + 1;
  });
  for (const { bytes } of frames) assert.ok(isPattern(bytes, 3_000));
}

Deno.test("strays of every kind are counted, unanswered, and end nothing", async () => {
  await using link = await Link.open();
  await using stranger = await bareSocket();
  let answers = 0;
  stranger.on("message", () => answers++);
  const { a, b, callId } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  const frames = framesOf(b);
  await sleep(0);
  await proveAlive(a, frames);
  const genuine = link.seen.filter((it) => it.toB).map((it) => it.datagram);
  const selector = selectorOf(callId);
  const forger = new DatagramWriter({ mac: random(32), seal: random(32) }, selector);
  const strays: Uint8Array[] = [
    ...Array.from({ length: 40 }, (_, i) => random(i * 40)),
    ...genuine.slice(-5).map((it) => it.subarray(0, it.length - 1)),
    ...genuine.slice(-5).map((it) => concat(it, random(1))),
    concat(genuine.at(-1)!, random(3_000)),
    // A goodbye, a tag, and frames from somebody without the keys.
    forger.sealed(DatagramType.bye, new Uint8Array(0)),
    forger.sealed(DatagramType.tag, encodeTag(random(40))),
    forger.clear(DatagramType.fragment, concat(new Uint8Array(7), Uint8Array.of(1), random(9))),
  ];
  for (let at = 0; at < 19; at++) {
    const flipped = genuine.at(-1)!.slice();
    flipped[at]! ^= 0x80;
    strays.push(flipped);
  }
  const before = b.stats();
  for (const datagram of strays) {
    link.inject(datagram, true);
    stranger.send(datagram, link.b.candidates[0]!.port, "127.0.0.1");
    await sleep(0);
  }
  await until("strays", () => b.stats().strays - before.strays === 2 * strays.length);
  assert.equal(b.stats().replays, before.replays);
  await proveAlive(a, frames);
  assert.equal(answers, 0);
  a.close();
  await b.closed;
});

Deno.test("datagrams that came before are refused, from whatever address", async () => {
  await using link = await Link.open();
  await using stranger = await bareSocket();
  let answers = 0;
  stranger.on("message", () => answers++);
  const { a, b } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  const frames = framesOf(b);
  await sleep(0);
  await proveAlive(a, frames);
  await until("the last frame", () => frames.length === a.stats().sent);
  const count = frames.length;
  const genuine = link.seen.filter((it) => it.toB).map((it) => it.datagram);
  for (const datagram of genuine) {
    link.inject(datagram, true);
    stranger.send(datagram, link.b.candidates[0]!.port, "127.0.0.1");
    await sleep(0);
  }
  await until("replays", () => b.stats().replays >= 2 * genuine.length);
  assert.equal(frames.length, count, "no frame came twice");
  assert.equal(answers, 0);
  await proveAlive(a, frames);
  a.close();
  await b.closed;
});

Deno.test("our own datagrams, echoed back, are strays", async () => {
  await using link = await Link.open();
  const { a, b } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  const frames = framesOf(b);
  const echoed = framesOf(a);
  await sleep(0);
  link.treat = (datagram, toB) => {
    link.inject(datagram, !toB);
    return [datagram];
  };
  await proveAlive(a, frames);
  assert.equal(echoed.length, 0);
  await until("echoes on both sides", () => a.stats().strays > 0 && b.stats().strays > 0);
  a.close();
  await b.closed;
});

Deno.test("a wrong tag under right keys closes the path and is a security event", async () => {
  await using link = await Link.open();
  const events: PathEvent[] = [];
  const { a, b } = openPair(link, {
    a: { tagTimeoutMs: 400 },
    b: { localTag: random(43), tagTimeoutMs: 400 },
  });
  a.events.on((event) => events.push(event));
  const frames = framesOf(a);
  assert.deepEqual(await ended(a), { reason: "wrong-tag" });
  assert.equal(a.tagVerified, false);
  assert.deepEqual(events.map((it) => it.type), ["security", "closed"]);
  assert.equal((events[0] as { code: string }).code, "wrong-tag");
  assert.deepEqual(await ended(b), { reason: "no-path" });
  assert.equal(frames.length, 0);
});

Deno.test("no tag crosses the link in clear", async () => {
  await using link = await Link.open();
  const { a, b, tags } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  for (const { datagram } of link.seen) {
    for (const tag of [tags.a, tags.b]) {
      assert.equal(datagram.toHex().includes(tag.subarray(0, 11).toHex()), false);
      assert.equal(datagram.toHex().includes(tag.subarray(-32).toHex()), false);
    }
  }
  a.close();
  await b.closed;
});

Deno.test("valid datagrams from a third address do not move the path", async () => {
  await using link = await Link.open();
  await using stranger = await bareSocket();
  const toStranger: number[] = [];
  stranger.on("message", (datagram) => toStranger.push(datagram[0]! & 0x0f));
  const { a, b } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  const frames = framesOf(b);
  const remotes: string[] = [];
  b.events.on((event) => event.type === "open" && remotes.push(event.remote));
  await sleep(0);
  // Somebody on the way takes A's datagrams and brings them to B first, from elsewhere.
  link.treat = (datagram, toB) => {
    if (!toB) return [datagram];
    stranger.send(datagram, link.b.candidates[0]!.port, "127.0.0.1");
    return [];
  };
  await proveAlive(a, frames);
  const sent = link.seen.length;
  for (let i = 0; i < 20; i++) {
    b.send(pattern(i, 3_000), steadyNow());
    a.send(pattern(i, 3_000), steadyNow());
    await sleep(50);
  }
  assert.ok(link.seen.slice(sent).filter((it) => !it.toB).length >= 40, "B's frames go to A");
  assert.deepEqual(remotes, []);
  assert.ok(toStranger.length > 0 && toStranger.length < 10, `${toStranger.length}`);
  const allowed: number[] = [DatagramType.ping, DatagramType.pong];
  assert.ok(toStranger.every((type) => allowed.includes(type)), toStranger.join());
  a.close();
  await b.closed;
});

Deno.test("a path moves to a new address that answers once the old one is dead", async () => {
  await using link = await Link.open();
  const { a, b } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  const remotes: string[] = [];
  b.events.on((event) => event.type === "open" && remotes.push(event.remote));
  const frames = framesOf(b);
  await link.rebind();
  await until("the move", () => {
    a.send(pattern(1, 3_000), steadyNow());
    return remotes.length > 0;
  });
  assert.deepEqual(remotes, [`127.0.0.1:${link.faceB.address().port}`]);
  await proveAlive(a, frames);
  const back = framesOf(a);
  await sleep(0);
  await proveAlive(b, back);
  a.close();
  await b.closed;
});
