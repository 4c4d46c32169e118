import assert from "node:assert/strict";
import { sleep, steadyNow } from "../base/mod.ts";
import { UdpEndpoint } from "./endpoint.ts";
import {
  at,
  ended,
  isPattern,
  Link,
  opened,
  openPair,
  pattern,
  random,
  until,
} from "./link_for_tests.ts";
import type { Path, PathFrame } from "./path.ts";
import { openUdpPath } from "./udp_path.ts";

/** Collects frames until the path ends. */
function collect(path: Path): { frames: PathFrame[]; done: Promise<void> } {
  const frames: PathFrame[] = [];
  const done = (async () => {
    for await (const frame of path.frames()) frames.push(frame);
  })();
  return { frames, done };
}

async function stream(path: Path, count: number, size: number, everyMs: number): Promise<void> {
  const start = steadyNow();
  for (let i = 0; i < count; i++) {
    path.send(pattern(i, size), steadyNow());
    await sleep(Math.max(1, start + (i + 1) * everyMs - steadyNow()));
  }
}

Deno.test("a path carries frames both ways", async () => {
  const hosts = ["127.0.0.1"];
  const [one, two] = [await UdpEndpoint.open({ hosts }), await UdpEndpoint.open({ hosts })];
  const keys = { send: random(32), receive: random(32) };
  const callId = random(8);
  const [tagA, tagB] = [random(40), random(40)];
  const a = openUdpPath({
    endpoint: one,
    callId,
    keys,
    remote: two.candidates,
    localTag: tagA,
    expectedTag: tagB,
  });
  const b = openUdpPath({
    endpoint: two,
    callId,
    keys: { send: keys.receive, receive: keys.send },
    remote: one.candidates,
    localTag: tagB,
    expectedTag: tagA,
  });
  assert.equal(a.send(pattern(1, 100), steadyNow()), false, "not open yet");
  const [openA] = await Promise.all([opened(a), opened(b)]);
  const remotes = two.candidates.map(({ host, port }) =>
    host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
  );
  assert.ok(remotes.includes(openA.remote), openA.remote);
  assert.match(openA.local, /:\d+$/);
  assert.ok(a.tagVerified && b.tagVerified);

  const [atA, atB] = [collect(a), collect(b)];
  await sleep(0);
  await Promise.all([stream(a, 20, 27_000, 20), stream(b, 20, 14_000, 20)]);
  await until("frames at B", () => atB.frames.length >= 19);
  await until("frames at A", () => atA.frames.length >= 19);
  for (const { bytes } of atB.frames) assert.ok(isPattern(bytes, 27_000));
  for (const { bytes } of atA.frames) assert.ok(isPattern(bytes, 14_000));
  const stats = a.stats();
  assert.ok(stats.sent >= 19 && stats.received >= 19 && stats.strays === 0, JSON.stringify(stats));
  assert.ok(stats.rttMs !== null && Math.abs(stats.clockOffsetMs!) < 50);

  a.close();
  assert.deepEqual(await ended(a), { reason: "bye" });
  assert.deepEqual(await ended(b), { reason: "bye" });
  await Promise.all([atA.done, atB.done, one.close(), two.close()]);
});

for (const [loss, size] of [[0.02, 27_000], [0.1, 25_000]] as const) {
  Deno.test(`frames survive ${loss * 100} % loss with reordering and duplicates`, async () => {
    await using link = await Link.open();
    const { a, b } = openPair(link);
    await Promise.all([opened(a), opened(b)]);
    link.treat = (datagram, toB) => {
      const dice = Math.random();
      if (dice < loss) return [];
      if (dice < loss + 0.02) return [datagram, datagram];
      if (dice < loss + 0.05) {
        link.later(datagram, toB, 1 + Math.random() * 4);
        return [];
      }
      return [datagram];
    };
    const [atA, atB] = [collect(a), collect(b)];
    await sleep(0);
    const count = 60;
    await Promise.all([stream(a, count, size, 33), stream(b, count, size, 33)]);
    await sleep(100);
    for (const frames of [atA.frames, atB.frames]) {
      for (const { bytes } of frames) assert.ok(isPattern(bytes, size));
      const sequences = frames.map((frame) => frame.sequence);
      assert.deepEqual(sequences, [...new Set(sequences)].sort((x, y) => x - y));
      assert.ok(frames.length >= count * 0.9, `${frames.length} of ${count} frames came`);
    }
    assert.ok(a.stats().naks > 0 && a.stats().resent > 0);
    a.close();
    await Promise.all([b.closed, atA.done, atB.done]);
  });
}

Deno.test("a path to a far peer opens, carries frames and knows how far it is", async () => {
  await using link = await Link.open();
  link.treat = (datagram, toB) => {
    link.later(datagram, toB, 60);
    return [];
  };
  const { a, b } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  const atB = collect(b);
  await sleep(0);
  await stream(a, 15, 20_000, 33);
  await until("frames at B", () => atB.frames.length >= 14);
  for (const { bytes } of atB.frames) assert.ok(isPattern(bytes, 20_000));
  assert.ok(a.stats().rttMs! >= 119, `${a.stats().rttMs}`);
  assert.ok(Math.abs(a.stats().clockOffsetMs!) < 50, `${a.stats().clockOffsetMs}`);
  a.close();
  await Promise.all([ended(b), atB.done]);
});

Deno.test("a large frame passes whole, one past the limit is refused", async () => {
  await using link = await Link.open();
  const { a, b } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  const atB = collect(b);
  await sleep(0);
  const size = 2 * 1_024 * 1_024;
  assert.equal(a.send(new Uint8Array(size + 1), steadyNow()), false);
  assert.equal(a.send(new Uint8Array(0), steadyNow()), false);
  assert.equal(a.send(pattern(7, size), steadyNow()), true);
  await until("the large frame", () => atB.frames.length === 1);
  assert.ok(isPattern(atB.frames[0]!.bytes, size));
  assert.equal(a.stats().sendDropped, 2);
  a.close();
  await Promise.all([b.closed, atB.done]);
});

Deno.test("of the frames offered while one is being sent, only the newest is sent", async () => {
  await using link = await Link.open();
  const { a, b } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  const atB = collect(b);
  await sleep(0);
  for (let i = 0; i < 6; i++) a.send(pattern(i, 400_000), steadyNow());
  await until("both frames", () => atB.frames.length === 2);
  const seeds = atB.frames.map((it) => new DataView(it.bytes.buffer).getUint32(0));
  assert.deepEqual(seeds, [0, 5]);
  assert.equal(a.stats().sendDropped, 4);
  a.close();
  await Promise.all([b.closed, atB.done]);
});

Deno.test("a report's figures are seen by the other side", async () => {
  await using link = await Link.open();
  const { a, b } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  b.report({ opened: 12, openFailures: 1, fps: 29.97, latencyMs: { p50: 7.25, p95: 18.5 } });
  await until("the report", () => a.stats().remoteReport?.opened === 12);
  const { at: when, ...report } = a.stats().remoteReport!;
  assert.ok(when > 0);
  assert.deepEqual({ ...report, bytes: 0 }, {
    received: 0,
    dropped: 0,
    bytes: 0,
    opened: 12,
    openFailures: 1,
    fps: 29.97,
    latencyMs: { p50: 7.25, p95: 18.5 },
  });
  a.close();
  await b.closed;
});

Deno.test("the clock offset of a peer whose clock is ahead is found", async () => {
  await using link = await Link.open();
  const { a, b } = openPair(link, { b: { now: () => steadyNow() + 90_000 } });
  await Promise.all([opened(a), opened(b)]);
  assert.ok(Math.abs(a.stats().clockOffsetMs! - 90_000) < 50, `${a.stats().clockOffsetMs}`);
  assert.ok(Math.abs(b.stats().clockOffsetMs! + 90_000) < 50, `${b.stats().clockOffsetMs}`);
  a.close();
  await b.closed;
});

Deno.test("a peer that falls silent is lost", async () => {
  await using link = await Link.open();
  const { a, b } = openPair(link, { a: { silenceMs: 600 }, b: { silenceMs: 600 } });
  await Promise.all([opened(a), opened(b)]);
  link.treat = () => [];
  assert.deepEqual(await ended(a), { reason: "lost" });
  assert.deepEqual(await ended(b), { reason: "lost" });
});

Deno.test("a path without a peer ends as no-path", async () => {
  await using link = await Link.open();
  link.treat = () => [];
  const { a, b } = openPair(link, { a: { tagTimeoutMs: 300 }, b: { tagTimeoutMs: 300 } });
  assert.deepEqual(await ended(a), { reason: "no-path" });
  assert.deepEqual(await ended(b), { reason: "no-path" });
  assert.equal(a.tagVerified, false);
});

Deno.test("abort ends a path, says goodbye, and ends its frames", async () => {
  await using link = await Link.open();
  const controller = new AbortController();
  const { a, b } = openPair(link, { a: { signal: controller.signal } });
  await Promise.all([opened(a), opened(b)]);
  const atA = collect(a);
  controller.abort();
  assert.deepEqual(await ended(a), { reason: "aborted" });
  assert.deepEqual(await ended(b), { reason: "bye" });
  await atA.done;
  assert.equal(a.send(pattern(1, 10), steadyNow()), false);
  const late = openPair(link, { a: { signal: controller.signal } });
  assert.deepEqual(await ended(late.a), { reason: "aborted" });
  late.b.close();
  await late.b.closed;
});

Deno.test("a path ends as failed when its endpoint goes away", async () => {
  await using link = await Link.open();
  const { a, b } = openPair(link);
  await Promise.all([opened(a), opened(b)]);
  await link.a.close();
  assert.deepEqual(await ended(a), { reason: "failed" });
  b.close();
  await b.closed;
});

Deno.test("openUdpPath() refuses bad keys, bad tags and a second path of a call", async () => {
  const endpoint = await UdpEndpoint.open({ hosts: ["127.0.0.1"] });
  const good = {
    endpoint,
    callId: random(8),
    keys: { send: random(32), receive: random(32) },
    remote: [at(9)],
    localTag: random(40),
    expectedTag: random(40),
  };
  const one = random(32);
  const code = (expected: string) => (error: unknown) =>
    (error as { code: string }).code === expected;
  const bad = code("bad-path-keys");
  assert.throws(() => openUdpPath({ ...good, keys: { send: one, receive: one.slice() } }), bad);
  assert.throws(() => openUdpPath({ ...good, keys: { ...good.keys, send: random(31) } }), bad);
  assert.throws(() => openUdpPath({ ...good, callId: random(7) }), bad);
  assert.throws(() => openUdpPath({ ...good, localTag: random(20) }), code("bad-tag"));
  assert.throws(() => openUdpPath({ ...good, expectedTag: random(600) }), code("bad-tag"));
  const path = openUdpPath(good);
  assert.throws(() => openUdpPath(good), code("call-exists"));
  path.close();
  await endpoint.close();
  assert.throws(() => openUdpPath(good), code("endpoint-closed"));
});
