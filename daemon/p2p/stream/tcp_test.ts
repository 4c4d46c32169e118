import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Bytes, concat } from "../../base/mod.ts";
import { UdpEndpoint } from "../endpoint.ts";
import { at, pattern, random, until } from "../link_for_tests.ts";
import { streamKeys } from "./keys.ts";
import { dialAll, MOST_DIALLED } from "./tcp_dial.ts";
import { MOST_UNPROVEN, StreamListener } from "./tcp_listener.ts";
import {
  awaitGo,
  closeQuietly,
  proveAccepted,
  proveDialled,
  type ProvenConnection,
  sendGo,
} from "./tcp_proof.ts";
import { RECORD_BYTES, RecordOpener, RecordSealer } from "./tcp_records.ts";
import { TcpReceivingStream, TcpSendingStream } from "./tcp_stream.ts";

/** A connection whose two ends are here. */
async function pair(): Promise<[Deno.Conn, Deno.Conn]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  return await Promise.all([Deno.connect({ hostname: "127.0.0.1", port }), listener.accept()]);
}

/** Both ends of a stream, proven; what goes between can be changed by `treat`. */
async function proven(secret = random(32)) {
  const [a, b] = await pair();
  const [sender, receiver] = [streamKeys(secret, "sender"), streamKeys(secret, "receiver")];
  const [atSender, atReceiver] = await Promise.all([
    proveDialled(a, sender),
    proveAccepted(b, receiver),
  ]);
  await Promise.all([sendGo(atReceiver, receiver), awaitGo(atSender, sender)]);
  return { atSender, atReceiver, sender, receiver };
}

/** A listener that a stream waits at, and what came through. */
class Waiting implements AsyncDisposable {
  readonly came: ProvenConnection[] = [];
  readonly keys = streamKeys(random(32), "sender");
  private constructor(readonly endpoint: UdpEndpoint, readonly listener: StreamListener) {
    listener.accept(this.keys, (connection) => this.came.push(connection));
  }
  static async open(): Promise<Waiting> {
    const endpoint = await UdpEndpoint.open({ hosts: ["127.0.0.1"] });
    return new Waiting(endpoint, StreamListener.open(endpoint));
  }
  dial(): Promise<Deno.Conn> {
    return Deno.connect({ hostname: "127.0.0.1", port: this.listener.candidates[0]!.port });
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener.close();
    await this.endpoint.close();
    for (const { conn } of this.came) closeQuietly(conn);
  }
}

/** Whether the other end closed without a word. */
async function closedOn(conn: Deno.Conn): Promise<boolean> {
  const got = await conn.read(new Uint8Array(1)).catch(() => null);
  closeQuietly(conn);
  return got === null;
}

Deno.test("strangers who send anything at all are dropped without an answer", async () => {
  await using waiting = await Waiting.open();
  const hello = concat(Uint8Array.of(1), random(48));
  for (const bytes of [hello, concat(Uint8Array.of(9), random(48)), random(5_000)]) {
    const conn = await waiting.dial();
    await conn.write(bytes);
    assert.ok(await closedOn(conn));
  }
  assert.equal(waiting.came.length, 0);
});

Deno.test("strangers who send nothing hold only so many connections", async () => {
  await using waiting = await Waiting.open();
  const silent: Deno.Conn[] = [];
  for (let i = 0; i < 5 * MOST_UNPROVEN; i++) silent.push(await waiting.dial());
  let closed = 0;
  for (const conn of silent.slice(0, 4 * MOST_UNPROVEN)) if (await closedOn(conn)) closed++;
  assert.equal(closed, 4 * MOST_UNPROVEN);
  for (const conn of silent.slice(4 * MOST_UNPROVEN)) closeQuietly(conn);
});

Deno.test("who knows the secret gets in among strangers", async () => {
  const secret = random(32);
  const endpoint = await UdpEndpoint.open({ hosts: ["127.0.0.1"] });
  const listener = StreamListener.open(endpoint);
  const came: ProvenConnection[] = [];
  listener.accept(streamKeys(secret, "sender"), (connection) => came.push(connection));
  const { port } = listener.candidates[0]!;
  const silent: Deno.Conn[] = [];
  for (let i = 0; i < 2 * MOST_UNPROVEN; i++) {
    silent.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  }
  const dialler = await UdpEndpoint.open({ hosts: ["127.0.0.1"] });
  const stop = new AbortController();
  const got: ProvenConnection[] = [];
  await dialAll({
    endpoint: dialler,
    keys: streamKeys(secret, "receiver"),
    remote: [at(port)],
    signal: stop.signal,
  }, (connection) => got.push(connection));
  await until("the connection", () => came.length === 1 && got.length === 1);
  assert.deepEqual(came[0]!.nonces, got[0]!.nonces);
  await listener.close();
  for (const { conn } of [...came, ...got]) closeQuietly(conn);
  for (const conn of silent) closeQuietly(conn);
  await endpoint.close();
  await dialler.close();
});

Deno.test("what was heard of one proof opens no second connection", async () => {
  const secret = random(32);
  const [a, b] = await pair();
  const heard: Bytes[] = [];
  const ears = new Proxy(a, {
    get: (conn, name) =>
      name === "write"
        ? (bytes: Bytes) => {
          heard.push(bytes.slice());
          return conn.write(bytes);
        }
        : name === "read"
        ? (into: Bytes) => conn.read(into)
        : Reflect.get(conn, name),
  });
  await Promise.all([
    proveDialled(ears, streamKeys(secret, "sender")),
    proveAccepted(b, streamKeys(secret, "receiver")),
  ]);
  closeQuietly(a);
  closeQuietly(b);
  const [again, there] = await pair();
  for (const bytes of heard) await again.write(bytes);
  await assert.rejects(proveAccepted(there, streamKeys(secret, "receiver")), { code: "stranger" });
  closeQuietly(again);
});

Deno.test("a side that is shown its own proof does not believe it", async () => {
  const keys = streamKeys(random(32), "sender");
  const [a, b] = await pair();
  const both = await Promise.allSettled([proveDialled(a, keys), proveAccepted(b, keys)]);
  for (const end of both) {
    assert.equal(end.status, "rejected");
    assert.equal(end.reason.code, "stranger");
  }
});

Deno.test("only addresses of the peer's own are dialled, and no well-known ports", async () => {
  const endpoint = await UdpEndpoint.open({ hosts: ["127.0.0.1"] });
  const relayed = await UdpEndpoint.open({ hosts: ["127.0.0.1"], relayOnly: true });
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  let dialled = 0;
  const accepting = (async () => {
    for await (const conn of listener) {
      dialled++;
      closeQuietly(conn);
    }
  })().catch(() => {});
  const stop = new AbortController();
  const dial = (at: UdpEndpoint, ...remote: Parameters<typeof dialAll>[0]["remote"]) =>
    dialAll(
      { endpoint: at, keys: streamKeys(random(32), "sender"), remote, signal: stop.signal },
      () => assert.fail("nobody is there"),
    );
  await dial(endpoint, { ...at(port), kind: "srflx" }, { ...at(port), kind: "relay" }, at(80));
  await dial(relayed, at(port));
  assert.equal(StreamListener.open(relayed).candidates.length, 0);
  assert.equal(dialled, 0);
  await dial(endpoint, ...Array.from({ length: 3 * MOST_DIALLED }, () => at(port)));
  assert.equal(dialled, MOST_DIALLED);
  listener.close();
  await accepting;
  await endpoint.close();
  await relayed.close();
});

Deno.test("records open in their order alone, unchanged, and no longer than they may be", () => {
  const key = random(32);
  const sealer = new RecordSealer(key);
  const seal = (bytes: Bytes, last: boolean) => {
    const out = new Uint8Array(bytes.length + 20);
    assert.equal(sealer.seal(bytes, last, out), out.length);
    return out;
  };
  const records = [seal(pattern(1, 100), false), seal(pattern(2, 100), true)];
  const refuses = (record: Uint8Array, opener = new RecordOpener(key)) =>
    assert.throws(() => opener.open(record), { code: "stream-corrupt" });
  for (let i = 0; i < records[0]!.length; i++) {
    const changed = records[0]!.slice();
    changed[i]! ^= 1;
    refuses(changed);
  }
  refuses(records[1]!);
  const opener = new RecordOpener(key);
  assert.deepEqual(opener.open(records[0]!), { bytes: pattern(1, 100), last: false });
  refuses(records[0]!, opener);
  assert.throws(() => RecordOpener.lengthOf(Uint8Array.of(0, 1, 0, 1)), { code: "stream-corrupt" });
  assert.throws(() => seal(new Uint8Array(RECORD_BYTES + 1), false), RangeError);
});

Deno.test("a stream that ends before its end is cut, not complete", async () => {
  const { atSender, atReceiver, sender, receiver } = await proven();
  const [sending, receiving] = [
    new TcpSendingStream(atSender, sender),
    new TcpReceivingStream(atReceiver, receiver),
  ];
  await sending.write(pattern(1, 100_000));
  sending.close();
  let bytes = 0;
  await assert.rejects(async () => {
    for (let piece; (piece = await receiving.read()) !== null;) bytes += piece.length;
  }, { code: "stream-cut" });
  assert.equal(bytes, 100_000);
});

Deno.test("changed bytes end a stream before they are handed on", async () => {
  const { atSender, atReceiver, sender, receiver } = await proven();
  const sealed: Bytes[] = [];
  const faulty = new Proxy(atSender.conn, {
    get: (conn, name) =>
      name === "write"
        ? (bytes: Bytes) => {
          // Somewhere in the third of the records that leave together.
          if (sealed.push(bytes) === 1) bytes[2 * (RECORD_BYTES + 20) + 1_000]! ^= 1;
          return conn.write(bytes);
        }
        : Reflect.get(conn, name),
  });
  const sending = new TcpSendingStream({ ...atSender, conn: faulty }, sender);
  const receiving = new TcpReceivingStream(atReceiver, receiver);
  const bytes = pattern(1, 5 * RECORD_BYTES);
  const writing = sending.write(bytes).catch(() => {});
  const hash = createHash("sha256");
  await assert.rejects(async () => {
    for (let piece; (piece = await receiving.read()) !== null;) hash.update(piece);
  }, { code: "stream-corrupt" });
  const whole = createHash("sha256").update(bytes.subarray(0, 2 * RECORD_BYTES)).digest("hex");
  assert.equal(hash.digest("hex"), whole);
  await writing;
  sending.close();
  closeQuietly(atSender.conn);
});

Deno.test("a peer that takes nothing, or sends nothing, is given up", async () => {
  const { atSender, atReceiver, sender, receiver } = await proven();
  const sending = new TcpSendingStream(atSender, sender, 300);
  await assert.rejects(async () => {
    for (;;) await sending.write(pattern(1, 1_000_000));
  }, { code: "stream-stalled" });
  closeQuietly(atReceiver.conn);
  const second = await proven();
  const receiving = new TcpReceivingStream(second.atReceiver, receiver, 300);
  await assert.rejects(receiving.read(), { code: "stream-stalled" });
  closeQuietly(second.atSender.conn);
});
