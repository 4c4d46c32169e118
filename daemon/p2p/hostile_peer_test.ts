import assert from "node:assert/strict";
import type { Socket } from "node:dgram";
import { type Bytes, sleep, steadyNow } from "../base/mod.ts";
import { encodePong, encodeTag } from "./control.ts";
import { DatagramReader, DatagramType, DatagramWriter } from "./datagram.ts";
import { UdpEndpoint } from "./endpoint.ts";
import { encodeNack, MAX_FRAGMENTS, putFragment } from "./fragments.ts";
import { pathDirections, selectorOf } from "./keys.ts";
import { at, bareSocket, ended, framesOf, opened, random, until } from "./link_for_tests.ts";
import type { Path } from "./path.ts";
import { openUdpPath, type UdpPathOptions } from "./udp_path.ts";

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
  assert.deepEqual(await ended(peer.path), { reason: "no-path" });
  assert.equal(frames.length, 0);
  assert.equal(peer.path.stats().received, 0);
});

Deno.test("a wrong tag after the right one closes an open path", async () => {
  await using peer = await HostilePeer.meet();
  peer.showTag();
  await opened(peer.path);
  peer.tag[39]! ^= 1;
  peer.showTag();
  assert.deepEqual(await ended(peer.path), { reason: "wrong-tag" });
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
