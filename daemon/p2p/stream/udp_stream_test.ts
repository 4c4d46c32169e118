import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Bytes } from "../../base/mod.ts";
import {
  DatagramReader,
  DatagramType,
  DatagramWriter,
  HEADER_BYTES,
  MAX_DATAGRAM,
} from "../datagram.ts";
import { pathDirections, selectorOf } from "../keys.ts";
import { at, Link, pattern, random, until } from "../link_for_tests.ts";
import { streamKeys } from "./keys.ts";
import { RECEIVE_WINDOW } from "./segment_receiver.ts";
import { SEND_BUFFER } from "./segment_sender.ts";
import { encodeAcknowledgement, putSegment, SEGMENT_HEADER } from "./segments.ts";
import { UdpStream, type UdpStreamOptions } from "./udp_stream.ts";

const MEGABYTE = pattern(7, 1_048_576);

/** The two ends of a stream over a link that can be made rough; A sends to B. */
class Ends implements AsyncDisposable {
  readonly a: UdpStream;
  readonly b: UdpStream;
  readonly secret = random(32);
  readonly id = random(8);

  private constructor(readonly link: Link, change: Partial<UdpStreamOptions>) {
    const { id } = this;
    const common = { id, ...change };
    this.a = new UdpStream({
      endpoint: link.a,
      keys: streamKeys(this.secret, "sender"),
      remote: [at(link.faceA.address().port)],
      ...common,
    });
    this.b = new UdpStream({
      endpoint: link.b,
      keys: streamKeys(this.secret, "receiver"),
      remote: [at(link.faceB.address().port)],
      ...common,
    });
  }

  static async open(change: Partial<UdpStreamOptions> = {}): Promise<Ends> {
    return new Ends(await Link.open(), change);
  }

  /** What A or B would send by hand, with numbers far from those used. */
  writer(as: "sender" | "receiver"): DatagramWriter {
    const keys = pathDirections(streamKeys(this.secret, as).path, this.id);
    const writer = new DatagramWriter(keys.send, selectorOf(this.id));
    for (let i = 0; i < 5_000; i++) writer.begin(DatagramType.ping, 0);
    return writer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.a.close();
    this.b.close();
    await this.link[Symbol.asyncDispose]();
  }
}

function segment(writer: DatagramWriter, offset: number, payload: Uint8Array): Bytes {
  const datagram = writer.begin(DatagramType.segment, SEGMENT_HEADER + payload.length);
  putSegment(datagram, HEADER_BYTES, { offset, last: false, payload });
  return writer.finish(datagram);
}

async function sendAll(stream: UdpStream, bytes: Bytes): Promise<void> {
  await stream.opened;
  for (let at = 0; at < bytes.length; at += 65_536) {
    await stream.write(bytes.subarray(at, at + 65_536));
  }
  await stream.finish();
}

async function readAll(stream: UdpStream): Promise<string> {
  const hash = createHash("sha256");
  for (let bytes; (bytes = await stream.read()) !== null;) hash.update(bytes);
  return hash.digest("hex");
}

const hashOf = (bytes: Bytes) => createHash("sha256").update(bytes).digest("hex");

/** The same losses each time. */
function luck(seed: number): () => number {
  let state = seed;
  return () => (state = Math.imul(state, 48_271) >>> 0) / 2 ** 32;
}

Deno.test("a stream survives loss, reordering and doubling both ways", async () => {
  await using ends = await Ends.open();
  const chance = luck(3);
  ends.link.treat = (datagram, toB) => {
    const now = chance();
    if (now < 0.02) return [];
    if (now < 0.04) return [datagram, datagram];
    if (now < 0.25) {
      ends.link.later(datagram, toB, 1 + 10 * chance());
      return [];
    }
    return [datagram];
  };
  const [hash] = await Promise.all([readAll(ends.b), sendAll(ends.a, MEGABYTE)]);
  assert.equal(hash, hashOf(MEGABYTE));
  assert.ok(ends.a.stats().resent > 0);
  assert.ok(ends.b.stats().replays > 0);
});

Deno.test("a stream is complete though its last acknowledgements were lost", async () => {
  await using ends = await Ends.open();
  const keys = pathDirections(streamKeys(ends.secret, "sender").path, ends.id);
  const reader = new DatagramReader(keys.receive, selectorOf(ends.id));
  let confirmed = 0;
  ends.link.treat = (datagram, toB) => {
    const read = toB ? "stray" : reader.read(datagram);
    const acknowledges = typeof read !== "string" && read.type === DatagramType.acknowledgement;
    return acknowledges && ++confirmed > 1 ? [] : [datagram];
  };
  const sending = sendAll(ends.a, MEGABYTE.slice(0, 10_000));
  assert.equal(await readAll(ends.b), hashOf(MEGABYTE.slice(0, 10_000)));
  ends.b.close();
  await sending;
});

Deno.test("a receiver that leaves before the end has not had all of it", async () => {
  await using ends = await Ends.open();
  const sending = assert.rejects(sendAll(ends.a, MEGABYTE), { code: "stream-cut" });
  await ends.b.read();
  ends.b.close();
  await sending;
});

Deno.test("a stream goes on after everything was lost for a while", async () => {
  await using ends = await Ends.open();
  let passed = 0;
  let cutUntil = Infinity;
  ends.link.treat = (datagram) => {
    if (++passed === 300) cutUntil = performance.now() + 500;
    return passed >= 300 && performance.now() < cutUntil ? [] : [datagram];
  };
  const [hash] = await Promise.all([readAll(ends.b), sendAll(ends.a, MEGABYTE)]);
  assert.equal(hash, hashOf(MEGABYTE));
});

Deno.test("a stream goes on when the sender's address changes", async () => {
  await using ends = await Ends.open();
  const reading = readAll(ends.b);
  await ends.a.opened;
  await ends.a.write(MEGABYTE.subarray(0, 500_000));
  await ends.link.rebind();
  await ends.a.write(MEGABYTE.subarray(500_000));
  const [hash] = await Promise.all([reading, ends.a.finish()]);
  assert.equal(hash, hashOf(MEGABYTE));
});

Deno.test("forged, replayed, changed and oversized datagrams change nothing", async () => {
  await using ends = await Ends.open();
  const chance = luck(5);
  ends.link.treat = (datagram, toB) => {
    const before = ends.link.seen.at(-20)?.datagram;
    const changed = Uint8Array.from(datagram);
    changed[HEADER_BYTES + 3]! ^= 1;
    const stranger = random(200);
    stranger.set(datagram.subarray(0, 11));
    if (chance() < 0.3) {
      ends.link.inject(changed, toB);
      ends.link.inject(stranger, toB);
      ends.link.inject(datagram, !toB);
      ends.link.inject(random(MAX_DATAGRAM + 1), toB);
      if (before !== undefined) ends.link.inject(before, toB);
    }
    return [datagram];
  };
  const bytes = MEGABYTE.slice(0, 300_000);
  const [hash] = await Promise.all([readAll(ends.b), sendAll(ends.a, bytes)]);
  assert.equal(hash, hashOf(bytes));
  assert.ok(ends.b.stats().strays > 0 && ends.b.stats().replays > 0);
  assert.equal(ends.b.stats().malformed, 0);
});

Deno.test("a reader that stops holds its sender, in bounded memory on both sides", async () => {
  await using ends = await Ends.open();
  await ends.a.opened;
  let written = 0;
  const writing = (async () => {
    for (; written < 64; written++) await ends.a.write(MEGABYTE);
  })().catch(() => {});
  await ends.b.read();
  let before = -1;
  await until("the sender to wait", () => {
    const still = before === ends.b.stats().held && before > 0;
    before = ends.b.stats().held;
    return still && before >= RECEIVE_WINDOW * 0.9;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(ends.b.stats().held <= RECEIVE_WINDOW);
  assert.ok(written * 1_048_576 <= RECEIVE_WINDOW + SEND_BUFFER + 3 * 1_048_576, `${written} MiB`);
  await ends.b.read();
  ends.a.close();
  await writing;
});

Deno.test("a stream on which nothing moves ends as stalled", async () => {
  await using ends = await Ends.open({ stallMs: 600 });
  await ends.a.opened;
  ends.b.grant();
  await assert.rejects(async () => {
    for (;;) await ends.a.write(MEGABYTE);
  }, { code: "stream-stalled" });
});

Deno.test("a peer that breaks the rules under right keys is dropped and counted", async () => {
  await using ends = await Ends.open();
  const reading = readAll(ends.b);
  await ends.a.opened;
  await ends.a.write(MEGABYTE.subarray(0, 100_000));
  const sender = ends.writer("sender");
  const receiver = ends.writer("receiver");
  // Past the credit, before the end of all offsets, and with nothing in it.
  ends.link.inject(segment(sender, RECEIVE_WINDOW * 3, new Uint8Array(9)), true);
  ends.link.inject(segment(sender, 2 ** 48 - 2, new Uint8Array(9)), true);
  ends.link.inject(segment(sender, 0, new Uint8Array(0)), true);
  // What was never sent cannot have come.
  const ranges = [{ first: 0, last: 1_000_000 }];
  const acknowledgement = encodeAcknowledgement({ credit: 2 ** 40, delayMs: 0, ranges });
  ends.link.inject(receiver.clear(DatagramType.acknowledgement, acknowledgement), false);
  await until("the nonsense to be counted", () => ends.b.stats().malformed === 3);
  await until("the acknowledgement to be counted", () => ends.a.stats().malformed === 1);
  await ends.a.finish();
  assert.equal(await reading, hashOf(MEGABYTE.slice(0, 100_000)));
});

Deno.test("nothing flows before the receiver wants it", async () => {
  await using ends = await Ends.open();
  await ends.a.opened;
  await ends.a.write(MEGABYTE.subarray(0, 65_536));
  await new Promise((resolve) => setTimeout(resolve, 150));
  const keys = pathDirections(streamKeys(ends.secret, "receiver").path, ends.id);
  const reader = new DatagramReader(keys.receive, selectorOf(ends.id));
  const types = ends.link.seen.map(({ datagram }) => reader.read(datagram))
    .map((read) => typeof read === "string" ? read : read.type);
  assert.ok(!types.includes(DatagramType.segment));
});

Deno.test("a stream whose peer is gone ends as cut", async () => {
  await using ends = await Ends.open({ silenceMs: 700 });
  await Promise.all([ends.a.opened, ends.b.opened]);
  const reading = assert.rejects(readAll(ends.b), { code: "stream-cut" });
  ends.link.treat = () => [];
  await reading;
  await assert.rejects(ends.a.finish(), { code: "stream-cut" });
});
