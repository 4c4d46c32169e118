import assert from "node:assert/strict";
import { type Bytes, utf8 } from "../base/mod.ts";
import { random, until } from "./link_for_tests.ts";
import {
  encodeStun,
  encodeXorAddress,
  StunAttribute,
  type StunAttributeValue,
  StunClass,
  StunMethod,
} from "./stun.ts";
import { MAX_CHANNELS, MAX_PEERS, TurnAllocation } from "./turn.ts";
import {
  CREDENTIALS,
  KEY,
  lifetime,
  refusal,
  ScriptedTurnServer,
  success,
} from "./turn_server_for_tests.ts";

const PEER = { host: "192.0.2.80", port: 9_000 };

interface Opened {
  server: ScriptedTurnServer;
  allocation: TurnAllocation;
  received: { datagram: Uint8Array; host: string; port: number }[];
  clock: { now: number };
}

async function open(server = new ScriptedTurnServer()): Promise<Opened> {
  const received: Opened["received"] = [];
  const clock = { now: 1_000 };
  const allocation = await TurnAllocation.open(
    {
      server: { host: "192.0.2.1", port: 3478 },
      credentials: CREDENTIALS,
      send: (bytes) => queueMicrotask(() => server.take(bytes)),
      received: (datagram, host, port) => received.push({ datagram, host, port }),
      now: () => clock.now,
    },
    (receive) => server.toClient = receive,
    AbortSignal.timeout(5_000),
  );
  return { server, allocation, received, clock };
}

/** A Data indication as a server makes it, or anybody who writes its address on an envelope. */
function dataFrom(host: string, port: number, data: Uint8Array): Bytes {
  const transaction = random(12);
  const attributes: StunAttributeValue[] = [
    [StunAttribute.xorPeerAddress, encodeXorAddress(host, port, transaction)],
    [StunAttribute.data, data],
  ];
  return encodeStun(
    { method: StunMethod.data, class: StunClass.indication, transaction },
    attributes,
  );
}

function channelFrame(number: number, data: Uint8Array, length = data.length): Bytes {
  return new Uint8Array([number >> 8, number & 0xff, length >> 8, length & 0xff, ...data]);
}

async function permitted({ allocation, server }: Opened, { host, port } = PEER): Promise<void> {
  const before = server.of(StunMethod.send).length;
  await until("a permission", () => {
    allocation.send(utf8("probe"), host, port);
    return server.of(StunMethod.send).length > before;
  });
}

Deno.test("an allocation permits, then sends, then binds a channel and uses it", async () => {
  const it = await open();
  const { allocation, server } = it;
  assert.deepEqual(allocation.relayed, server.relayed);
  assert.deepEqual(allocation.mapped, server.mapped);
  await permitted(it);
  assert.equal(server.of(StunMethod.createPermission).length, 1);
  await until("a channel", () => {
    allocation.send(utf8("hello"), PEER.host, PEER.port);
    return server.channelData.length > 0;
  });
  assert.equal(server.of(StunMethod.channelBind).length, 1);
  assert.deepEqual(server.channelData[0], channelFrame(0x4000, utf8("hello")));
  assert.equal(server.of(StunMethod.createPermission).length, 1);
  await allocation.close();
  const last = server.of(StunMethod.refresh).at(-1)!;
  assert.deepEqual([...last.attributes.get(StunAttribute.lifetime)!], [0, 0, 0, 0]);
  await allocation.ended;
});

Deno.test("what comes is handed on from peers that were permitted, and from no other", async () => {
  const it = await open();
  const { allocation, server, received } = it;
  server.toClient(dataFrom(PEER.host, PEER.port, utf8("early")));
  assert.equal(received.length, 0);
  await permitted(it);
  server.toClient(dataFrom(PEER.host, 1, utf8("by indication")));
  server.toClient(dataFrom("192.0.2.99", PEER.port, utf8("a stranger's")));
  server.toClient(channelFrame(0x4000, utf8("no such channel")));
  await until("a channel", () => {
    allocation.send(utf8("hello"), PEER.host, PEER.port);
    return server.channelData.length > 0;
  });
  server.toClient(channelFrame(0x4000, utf8("by channel")));
  server.toClient(channelFrame(0x4000, utf8("cut"), 4));
  server.toClient(channelFrame(0x4000, utf8("cut"), 4_000));
  server.toClient(Uint8Array.of(0x40));
  server.toClient(Uint8Array.of(0x40, 0, 0xff, 0xff));
  assert.deepEqual(
    received.map(({ datagram, port }) => [new TextDecoder().decode(datagram), port]),
    [
      ["by indication", 1],
      ["by channel", PEER.port],
    ],
  );
  await allocation.close();
});

Deno.test("a relay is asked for nothing nearer to it than its own address is to us", async () => {
  const cases = [
    { relayed: "192.0.2.50", yes: ["192.0.2.80"], no: ["10.0.0.1", "127.0.0.1", "2001:db8::1"] },
    {
      relayed: "192.168.1.2",
      yes: ["192.168.1.9", "10.0.0.1", "192.0.2.80"],
      no: ["127.0.0.1", "127.9.9.9"],
    },
    { relayed: "127.0.0.1", yes: ["127.0.0.1", "192.168.1.9", "192.0.2.80"], no: ["::1"] },
    {
      relayed: "2001:db8::50",
      yes: ["2001:db8::80"],
      no: ["fd00::1", "::1", "192.0.2.80", "169.254.169.254", "100.64.0.1", "172.16.0.1"],
    },
  ];
  for (const { relayed, yes, no } of cases) {
    const server = new ScriptedTurnServer();
    server.relayed = { host: relayed, port: 50_000 };
    const { allocation } = await open(server);
    for (const host of yes) assert.equal(allocation.reaches(host), true, `${relayed} ${host}`);
    for (const host of no) {
      assert.equal(allocation.reaches(host), false, `${relayed} ${host}`);
      allocation.send(utf8("probe"), host, 80);
    }
    await allocation.close();
    assert.equal(server.of(StunMethod.createPermission).length, 0);
  }
});

Deno.test("hosts, addresses and channels of one allocation are bounded", async () => {
  const it = await open();
  const { allocation, server } = it;
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 100; i++) allocation.send(utf8("x"), `192.0.2.${100 + i}`, 7_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(server.of(StunMethod.createPermission).length, MAX_PEERS);
  assert.equal(server.of(StunMethod.channelBind).length, MAX_CHANNELS);
  const before = server.of(StunMethod.send).length;
  for (let port = 1; port < 1_000; port++) allocation.send(utf8("x"), "192.0.2.100", port);
  await new Promise((resolve) => setTimeout(resolve, 1));
  // No place is left for further ports either.
  assert.equal(server.of(StunMethod.send).length, before);
  await allocation.close();
});

Deno.test("a host the server refuses is not asked for again and again", async () => {
  const server = new ScriptedTurnServer();
  server.answer = (request) =>
    request.method === StunMethod.createPermission ? forbidden(request) : server.usual(request);
  const { allocation, clock } = await open(server);
  for (let i = 0; i < 50; i++) {
    allocation.send(utf8("x"), PEER.host, PEER.port);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(server.of(StunMethod.createPermission).length, 1);
  assert.equal(server.of(StunMethod.send).length, 0);
  clock.now += 31_000;
  allocation.send(utf8("x"), PEER.host, PEER.port);
  await until("another try", () => server.of(StunMethod.createPermission).length === 2);
  await allocation.close();
});

function forbidden(request: Parameters<ScriptedTurnServer["answer"]>[0]): Bytes[] {
  const head = { method: request.method, class: StunClass.error, transaction: request.transaction };
  const code = Uint8Array.of(0, 0, 4, 3);
  return [encodeStun(head, [[StunAttribute.errorCode, code]], { key: KEY })];
}

Deno.test("an allocation of no life is refreshed at a bounded pace, and its loss ends it", async () => {
  const server = new ScriptedTurnServer();
  server.seconds = 0;
  const { allocation, clock } = await open(server);
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(server.of(StunMethod.refresh).length, 0);
  clock.now += 1_000;
  await until("a refresh", () => server.of(StunMethod.refresh).length === 1);
  server.answer = (request) => [success(request, [lifetime(0)], null), ...forbidden(request)];
  clock.now += 1_000;
  await allocation.ended;
  assert.equal(server.of(StunMethod.refresh).length, 2);
  allocation.send(utf8("x"), PEER.host, PEER.port);
  assert.equal(server.of(StunMethod.createPermission).length, 0);
  await allocation.close();
});

Deno.test("no allocation comes of an answer without a relayed address, or with an unusable one", async () => {
  for (const host of [undefined, "0.0.0.0", "224.0.0.1"]) {
    const server = new ScriptedTurnServer();
    server.answer = (request) => {
      const [usual] = server.usual(request);
      const first = request.attributes.get(StunAttribute.nonce) === undefined;
      if (first) return [usual!];
      const address = host && encodeXorAddress(host, 9, request.transaction);
      return [success(request, address ? [[StunAttribute.xorRelayedAddress, address]] : [])];
    };
    await assert.rejects(open(server), { code: "stun-refused" });
  }
  const full = new ScriptedTurnServer();
  full.answer = (request) => [refusal(request, 508)];
  await assert.rejects(open(full), { status: 508 });
});
