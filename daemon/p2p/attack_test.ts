import assert from "node:assert/strict";
import type { Socket } from "node:dgram";
import { type Bytes, concat, sleep, steadyNow } from "../base/mod.ts";
import { encodePong, encodeTag } from "./control.ts";
import { DatagramReader, DatagramType, DatagramWriter } from "./datagram.ts";
import { UdpEndpoint } from "./endpoint.ts";
import { encodeNack, MAX_FRAGMENTS, putFragment } from "./fragments.ts";
import { pathDirections, selectorOf } from "./keys.ts";
import {
  at,
  bareSocket,
  isPattern,
  Link,
  opened,
  openPair,
  pattern,
  random,
  until,
} from "./link_for_tests.ts";
import type { Path, PathEvent, PathFrame } from "./path.ts";
import { openUdpPath, type UdpPathOptions } from "./udp_path.ts";

function framesOf(path: Path): PathFrame[] {
  const frames: PathFrame[] = [];
  (async () => {
    for await (const frame of path.frames()) frames.push(frame);
  })();
  return frames;
}

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
  assert.deepEqual(await a.closed, { reason: "wrong-tag" });
  assert.equal(a.tagVerified, false);
  assert.deepEqual(events.map((it) => it.type), ["security", "closed"]);
  assert.equal((events[0] as { code: string }).code, "wrong-tag");
  assert.deepEqual(await b.closed, { reason: "no-path" });
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

/** A peer that holds the right keys and keeps none of the rules. */
class HostilePeer implements AsyncDisposable {
  readonly tag = random(40);
  readonly writer: DatagramWriter;
  readonly #reader: DatagramReader;
  answersPings = true;
  got: DatagramType[] = [];

  private constructor(
    readonly socket: Socket & AsyncDisposable,
    readonly endpoint: UdpEndpoint,
    readonly path: Path,
    directions: ReturnType<typeof pathDirections>,
    callId: Bytes,
  ) {
    this.writer = new DatagramWriter(directions.send, selectorOf(callId));
    this.#reader = new DatagramReader(directions.receive, selectorOf(callId));
    socket.on("message", (datagram) => this.#receive(datagram));
  }

  static async meet(change: Partial<UdpPathOptions> = {}): Promise<HostilePeer> {
    const [socket, endpoint] = [
      await bareSocket(),
      await UdpEndpoint.open({ hosts: ["127.0.0.1"] }),
    ];
    const callId = random(8);
    const keys = { send: random(32), receive: random(32) };
    const expectedTag = random(40);
    const path = openUdpPath({
      endpoint,
      callId,
      keys: { send: keys.receive, receive: keys.send },
      remote: [at(socket.address().port)],
      localTag: random(40),
      expectedTag,
      ...change,
    });
    const peer = new HostilePeer(socket, endpoint, path, pathDirections(keys, callId), callId);
    peer.tag.set(expectedTag);
    return peer;
  }

  send(datagram: Uint8Array): void {
    this.socket.send(datagram, this.endpoint.candidates[0]!.port, "127.0.0.1");
  }

  showTag(): void {
    this.send(this.writer.sealed(DatagramType.tag, encodeTag(this.tag)));
  }

  fragment(sequence: number, index: number, count: number, payload: Uint8Array): void {
    const body = new Uint8Array(8 + payload.length);
    putFragment(body, 0, { sequence, index, count, payload });
    this.send(this.writer.clear(DatagramType.fragment, body));
  }

  #receive(datagram: Uint8Array): void {
    const read = this.#reader.read(datagram);
    if (typeof read === "string") return;
    this.got.push(read.type);
    if (read.type !== DatagramType.ping || !this.answersPings) return;
    this.send(this.writer.sealed(
      DatagramType.pong,
      encodePong({
        token: this.#reader.open(read),
        receivedAt: steadyNow(),
        sentAt: steadyNow(),
        tagVerified: true,
        observed: "127.0.0.1:1",
      }),
    ));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.path.close();
    await this.endpoint.close();
    await this.socket[Symbol.asyncDispose]();
  }
}

Deno.test("a peer that shows no tag gets no frame through, and the path ends", async () => {
  await using peer = await HostilePeer.meet({ tagTimeoutMs: 500 });
  const frames = framesOf(peer.path);
  await until("a ping", () => peer.got.includes(DatagramType.ping));
  for (let i = 0; i < 5; i++) peer.fragment(i, 0, 1, random(50));
  assert.deepEqual(await peer.path.closed, { reason: "no-path" });
  assert.equal(frames.length, 0);
  assert.equal(peer.path.stats().received, 0);
});

Deno.test("a wrong tag after the right one closes an open path", async () => {
  await using peer = await HostilePeer.meet();
  peer.showTag();
  await opened(peer.path);
  peer.tag[39]! ^= 1;
  peer.showTag();
  assert.deepEqual(await peer.path.closed, { reason: "wrong-tag" });
});

Deno.test("nonsense under right keys is counted and changes nothing", async () => {
  await using peer = await HostilePeer.meet();
  peer.showTag();
  await opened(peer.path);
  const frames = framesOf(peer.path);
  await sleep(0);
  const nonsense = [
    () => peer.fragment(0, 0, 65_535, random(1_173)),
    () => peer.fragment(0, 9, 3, random(1_173)),
    () => peer.fragment(0, 0, 0, random(10)),
    () => peer.send(peer.writer.clear(DatagramType.fragment, random(3))),
    () => peer.send(peer.writer.clear(DatagramType.nack, random(5))),
    () => peer.send(peer.writer.clear(DatagramType.nack, new Uint8Array(600))),
    () => peer.send(peer.writer.clear(DatagramType.ping, random(24))),
    () => peer.send(peer.writer.sealed(DatagramType.ping, random(9))),
    () => peer.send(peer.writer.sealed(DatagramType.pong, random(40))),
    () => peer.send(peer.writer.sealed(DatagramType.report, random(3))),
    () => peer.send(peer.writer.clear(DatagramType.bye, random(16))),
  ];
  for (const send of nonsense) {
    send();
    await sleep(0);
  }
  await until("all counted", () => peer.path.stats().malformed === nonsense.length);
  peer.fragment(0, 0, 1, random(50));
  await until("a frame", () => frames.length === 1);
});

Deno.test("a peer that begins giant frames without end holds a bounded memory", async () => {
  await using peer = await HostilePeer.meet();
  peer.showTag();
  await opened(peer.path);
  const before = Deno.memoryUsage().external;
  for (let i = 0; i < 2_000; i++) {
    peer.fragment(i * 7, 0, MAX_FRAGMENTS, random(1_173));
    if (i % 20 === 0) await sleep(1);
  }
  await until("NACKs", () => peer.got.includes(DatagramType.nack));
  const grown = Deno.memoryUsage().external - before;
  assert.ok(grown < 60 * 1_024 * 1_024, `${grown} bytes more`);
  assert.ok(peer.got.filter((it) => it === DatagramType.nack).length < 2_000);
  assert.equal(peer.path.stats().received, 0);
});

Deno.test("a flood of NACKs costs a bounded number of datagrams", async () => {
  await using peer = await HostilePeer.meet();
  peer.showTag();
  await opened(peer.path);
  peer.path.send(random(20_000), steadyNow());
  await until("the frame", () => peer.got.includes(DatagramType.fragment));
  const nack = encodeNack([{ sequence: 0, indices: [] }]);
  for (let i = 0; i < 1_000; i++) {
    peer.send(peer.writer.clear(DatagramType.nack, nack));
    if (i % 20 === 0) await sleep(1);
  }
  await until("the flood", () => peer.path.stats().naks > 900);
  await sleep(50);
  assert.ok(peer.path.stats().resent <= 2 * 18 + 32, `${peer.path.stats().resent} sent again`);
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
