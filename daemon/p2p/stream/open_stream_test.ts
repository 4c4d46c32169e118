import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Bytes, SimppdError } from "../../base/mod.ts";
import { UdpEndpoint } from "../endpoint.ts";
import { pattern, random } from "../link_for_tests.ts";
import { type DirectStreamOptions, openReceivingStream, openSendingStream } from "./open_stream.ts";
import type { ReceivingStream, SendingStream, StreamKind } from "./stream.ts";
import { StreamListener } from "./tcp_listener.ts";

/** Both sides' endpoint, listener and what they know. */
class Ends implements AsyncDisposable {
  private constructor(
    readonly endpoints: [UdpEndpoint, UdpEndpoint],
    readonly sender: DirectStreamOptions,
    readonly receiver: DirectStreamOptions,
  ) {}

  static async open(kinds: StreamKind[], hosts = ["127.0.0.1"]): Promise<Ends> {
    const [a, b] = [await UdpEndpoint.open({ hosts }), await UdpEndpoint.open({ hosts })];
    const [listenerA, listenerB] = [StreamListener.open(a), StreamListener.open(b)];
    const [id, secret] = [random(8), random(32)];
    const common = { id, secret, kinds, pathTimeoutMs: 3_000 };
    return new Ends([a, b], {
      ...common,
      endpoint: a,
      listener: listenerA,
      remote: { udp: b.candidates, tcp: listenerB.candidates },
    }, {
      ...common,
      endpoint: b,
      listener: listenerB,
      remote: { udp: a.candidates, tcp: listenerA.candidates },
    });
  }

  both(): Promise<[SendingStream, ReceivingStream]> {
    return Promise.all([openSendingStream(this.sender), openReceivingStream(this.receiver)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sender.listener?.close();
    await this.receiver.listener?.close();
    for (const endpoint of this.endpoints) await endpoint.close();
  }
}

async function hashOf(stream: ReceivingStream): Promise<string> {
  const hash = createHash("sha256");
  for (let bytes; (bytes = await stream.read()) !== null;) hash.update(bytes);
  return hash.digest("hex");
}

async function sendAll(stream: SendingStream, bytes: Bytes): Promise<void> {
  const piece = new Uint8Array(70_000);
  for (let at = 0; at < bytes.length; at += piece.length) {
    const length = Math.min(piece.length, bytes.length - at);
    piece.set(bytes.subarray(at, at + length));
    // The same memory again and again: it is ours when write() has resolved.
    await stream.write(piece.subarray(0, length));
  }
  await stream.finish();
}

for (const kinds of [["tcp"], ["udp"], ["tcp", "udp"]] as StreamKind[][]) {
  Deno.test(`a stream over ${kinds.join(" or ")} carries its bytes to the end`, async () => {
    for (const size of [0, 1, 3_000_001]) {
      await using ends = await Ends.open(kinds);
      const bytes = pattern(size, size).slice(0, size);
      const [sending, receiving] = await ends.both();
      assert.equal(sending.kind, kinds[0]);
      assert.equal(receiving.kind, kinds[0]);
      const [hash] = await Promise.all([hashOf(receiving), sendAll(sending, bytes)]);
      assert.equal(hash, createHash("sha256").update(bytes).digest("hex"));
      sending.close();
      receiving.close();
    }
  });
}

Deno.test("a stream over tcp or udp goes by IPv6 where both have nothing else", async () => {
  if (!Deno.networkInterfaces().some(({ address }) => address === "::1")) {
    return; // This machine has no IPv6, not even its own address.
  }
  for (const kind of ["tcp", "udp"] as const) {
    await using ends = await Ends.open([kind], ["::1"]);
    assert.equal(ends.sender.listener!.candidates[0]!.host, "::1");
    const [sending, receiving] = await ends.both();
    const [hash] = await Promise.all([hashOf(receiving), sendAll(sending, pattern(1, 100_000))]);
    assert.equal(hash, createHash("sha256").update(pattern(1, 100_000)).digest("hex"));
    sending.close();
    receiving.close();
  }
});

Deno.test("a stream of a machine with both families offers both", async () => {
  const endpoint = await UdpEndpoint.open({ hosts: ["127.0.0.1", "::1"] });
  const listener = StreamListener.open(endpoint);
  const hosts = (all: readonly { host: string }[]) => all.map(({ host }) => host).sort();
  assert.deepEqual(hosts(listener.candidates), hosts(endpoint.candidates));
  await listener.close();
  await endpoint.close();
});

Deno.test("openReceivingStream() takes UDP where no TCP connection can be made", async () => {
  await using ends = await Ends.open(["tcp", "udp"]);
  const nowhere = { tcp: [] };
  Object.assign(ends.sender, { remote: { ...ends.sender.remote, ...nowhere } });
  Object.assign(ends.receiver, { remote: { ...ends.receiver.remote, ...nowhere } });
  const [sending, receiving] = await ends.both();
  assert.equal(receiving.kind, "udp");
  const [hash] = await Promise.all([hashOf(receiving), sendAll(sending, pattern(1, 100_000))]);
  assert.equal(hash, createHash("sha256").update(pattern(1, 100_000)).digest("hex"));
  sending.close();
  receiving.close();
});

Deno.test("a stream is not opened to one with another secret, by neither way", async () => {
  await using ends = await Ends.open(["tcp", "udp"]);
  Object.assign(ends.receiver, { secret: random(32), pathTimeoutMs: 700 });
  Object.assign(ends.sender, { pathTimeoutMs: 700 });
  const [a, b] = await Promise.allSettled([
    openSendingStream(ends.sender),
    openReceivingStream(ends.receiver),
  ]);
  for (const end of [a, b]) {
    assert.equal(end.status, "rejected");
    assert.equal((end.reason as SimppdError).code, "no-path");
  }
});

Deno.test("opening ends with its signal", async () => {
  await using ends = await Ends.open(["tcp", "udp"]);
  const stop = new AbortController();
  const opening = openReceivingStream({ ...ends.receiver, signal: stop.signal });
  const why = new SimppdError("cancelled", "It was cancelled.");
  setTimeout(() => stop.abort(why), 50);
  await assert.rejects(opening, why);
});

Deno.test("a stream ends with its signal", async () => {
  for (const kinds of [["tcp"], ["udp"]] as StreamKind[][]) {
    await using ends = await Ends.open(kinds);
    const stop = new AbortController();
    Object.assign(ends.receiver, { signal: stop.signal });
    const [sending, receiving] = await ends.both();
    setTimeout(() => stop.abort(), 50);
    const reading = assert.rejects(hashOf(receiving), { code: "stream-cut" });
    await assert.rejects(async () => {
      for (;;) await sending.write(new Uint8Array(10_000));
    }, { code: "stream-cut" });
    await reading;
    sending.close();
  }
});
