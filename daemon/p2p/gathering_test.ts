import assert from "node:assert/strict";
import type { Socket } from "node:dgram";
import { UdpEndpoint } from "./endpoint.ts";
import { gather, type IceServer, MAX_SERVERS } from "./gathering.ts";
import { bareSocket, random, until } from "./link_for_tests.ts";
import { decodeStun, encodeXorAddress, StunAttribute, StunMethod } from "./stun.ts";
import {
  challenge,
  CREDENTIALS,
  refusal,
  ScriptedTurnServer,
  success,
} from "./turn_server_for_tests.ts";

const LOOPBACK = "127.0.0.1";
const WITHIN = 5_000;

type Served = { socket: Socket; asked: number } & AsyncDisposable & {
  at: { host: string; port: number };
};

/** A STUN server on loopback that says `mapped` is where requests came from. */
async function stunServer(
  mapped: (port: number) => { host: string; port: number } | undefined,
): Promise<Served> {
  const socket = await bareSocket();
  const served = {
    socket,
    asked: 0,
    at: { host: LOOPBACK, port: socket.address().port },
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
  socket.on("message", (bytes, from) => {
    const request = decodeStun(bytes);
    if (request?.method !== StunMethod.binding) return;
    served.asked++;
    const seen = mapped(from.port);
    if (seen === undefined) return;
    const value = encodeXorAddress(seen.host, seen.port, request.transaction);
    socket.send(success(request, [[StunAttribute.xorMappedAddress, value]], null), from.port);
  });
  return served;
}

/** A TURN server on loopback that follows `script`. */
async function turnServer(
  script: ScriptedTurnServer,
): Promise<AsyncDisposable & { turn: IceServer }> {
  const socket = await bareSocket();
  socket.on("message", (bytes, from) => {
    script.toClient = (answer) => socket.send(answer, from.port, LOOPBACK);
    script.take(new Uint8Array(bytes));
  });
  return {
    turn: { kind: "turn", host: LOOPBACK, port: socket.address().port, credentials: CREDENTIALS },
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}

const stun = ({ at }: Served): IceServer => ({ kind: "stun", ...at });

async function withEndpoint(
  options: Parameters<typeof UdpEndpoint.open>[0],
  use: (endpoint: UdpEndpoint) => Promise<void>,
): Promise<void> {
  const endpoint = await UdpEndpoint.open(options);
  try {
    await use(endpoint);
  } finally {
    await endpoint.close();
  }
}

Deno.test("an address that a STUN server sees is offered after our own, once", async () => {
  await using server = await stunServer((port) => ({ host: "192.0.2.7", port }));
  await withEndpoint({ hosts: [LOOPBACK, "192.0.2.7", "10.9.9.9"] }, async (endpoint) => {
    const { port } = endpoint.candidates[0]!;
    await gather(endpoint, { servers: [stun(server)], within: WITHIN });
    // Without a translation it is one that is offered already.
    assert.deepEqual(endpoint.candidates.map(({ kind }) => kind), ["host", "host", "loopback"]);
    await using nat = await stunServer(() => ({ host: "192.0.2.7", port: port + 1 }));
    await using second = await stunServer(() => ({ host: "192.0.2.7", port: port + 2 }));
    await gather(endpoint, { servers: [stun(nat)], within: WITHIN });
    await gather(endpoint, { servers: [stun(second)], within: WITHIN });
    assert.deepEqual(
      endpoint.candidates.map(({ host, kind }) => `${kind} ${host}`),
      ["host 192.0.2.7", "host 10.9.9.9", "srflx 192.0.2.7", "loopback 127.0.0.1"],
    );
    assert.equal(endpoint.candidates[2]!.port, port + 1);
    assert.deepEqual(endpoint.candidates.map(({ priority }) => priority), [3, 2, 1, 0]);
  });
});

Deno.test("where the addresses to offer were named, no other comes to them", async () => {
  await using server = await stunServer(() => ({ host: "192.0.2.7", port: 4_711 }));
  await withEndpoint({ hosts: [LOOPBACK] }, async (endpoint) => {
    await gather(endpoint, { servers: [stun(server)], within: WITHIN });
    assert.equal(server.asked, 1);
    assert.deepEqual(endpoint.candidates.map(({ kind }) => kind), ["loopback"]);
  });
});

Deno.test("silence, noise and answers from elsewhere give nothing and end in time", async () => {
  await using silent = await stunServer(() => undefined);
  await using elsewhere = await bareSocket();
  silent.socket.on("message", (bytes, from) => {
    const request = decodeStun(bytes)!;
    const value = encodeXorAddress("192.0.2.7", 9, request.transaction);
    const forged = success(request, [[StunAttribute.xorMappedAddress, value]], null);
    elsewhere.send(forged, from.port, LOOPBACK);
    for (const size of [0, 1, 20, 600, 1_400]) {
      silent.socket.send(random(size), from.port, LOOPBACK);
    }
  });
  await withEndpoint({ hosts: [LOOPBACK, "192.0.2.7"] }, async (endpoint) => {
    await gather(endpoint, { servers: [stun(silent)], within: 300 });
    assert.equal(endpoint.candidates.some(({ kind }) => kind === "srflx"), false);
    assert.ok(endpoint.strays > 0);
  });
});

Deno.test("two servers of a kind are asked, whatever a list has; names that hang hold nobody up", async () => {
  const many = await Promise.all(
    Array.from({ length: 5 }, () => stunServer(() => undefined)),
  );
  try {
    await withEndpoint({ hosts: [LOOPBACK] }, async (endpoint) => {
      const servers = many.flatMap((one) => [stun(one), stun(one)]);
      await gather(endpoint, { servers, within: 200 });
      assert.equal(many.filter(({ asked }) => asked > 0).length, MAX_SERVERS);
      const named: IceServer = { kind: "stun", host: "stun.example", port: 3478 };
      const resolve = () => new Promise<string[]>(() => {});
      await gather(endpoint, { servers: [named], within: 50, resolve });
      const hosts = ["0.0.0.0", "224.0.0.1", "not an address", "::1"];
      await gather(endpoint, {
        servers: [named],
        within: 50,
        resolve: () => Promise.resolve(hosts),
      });
    });
  } finally {
    for (const one of many) await one[Symbol.asyncDispose]();
  }
});

Deno.test("a server on this machine is asked only where this machine's own address is offered", async () => {
  await using server = await stunServer(() => undefined);
  await withEndpoint({ hosts: ["192.0.2.7"] }, async (endpoint) => {
    await gather(endpoint, { servers: [stun(server)], within: 100 });
    assert.equal(server.asked, 0);
  });
});

Deno.test("an endpoint that may only use a relay says and hears nothing beside it", async () => {
  const script = new ScriptedTurnServer();
  script.relayed = { host: LOOPBACK, port: 50_000 };
  await using server = await turnServer(script);
  await using reflexive = await stunServer((port) => ({ host: LOOPBACK, port: port + 1 }));
  await using peer = await bareSocket();
  const heard: unknown[] = [];
  peer.on("message", (bytes) => heard.push(bytes));
  await withEndpoint({ hosts: [LOOPBACK], relayOnly: true }, async (endpoint) => {
    assert.deepEqual(endpoint.candidates, []);
    assert.deepEqual(endpoint.ways(LOOPBACK), []);
    await gather(endpoint, { servers: [stun(reflexive), server.turn], within: WITHIN });
    assert.equal(reflexive.asked, 0);
    assert.deepEqual(endpoint.candidates, [{ ...script.relayed, kind: "relay", priority: 0 }]);
    assert.deepEqual(endpoint.ways(LOOPBACK), ["relay"]);
    const { port } = peer.address();
    endpoint.send(random(40), LOOPBACK, port);
    endpoint.send(random(40), LOOPBACK, port, "relay");
    await until("what goes through the relay", () => {
      endpoint.send(random(40), LOOPBACK, port, "relay");
      return script.of(StunMethod.send).length > 0;
    });
    assert.deepEqual(heard, []);
  });
  // It was given back, and the socket is gone.
  assert.equal(script.of(StunMethod.refresh).length, 1);
});

Deno.test("of two relays the first is used and the other given back", async () => {
  const scripts = [new ScriptedTurnServer(), new ScriptedTurnServer()];
  await using one = await turnServer(scripts[0]!);
  await using two = await turnServer(scripts[1]!);
  await withEndpoint({ hosts: [LOOPBACK] }, async (endpoint) => {
    await gather(endpoint, { servers: [one.turn, two.turn], within: WITHIN });
    const relays = endpoint.candidates.filter(({ kind }) => kind === "relay");
    assert.equal(relays.length, 1);
    // The servers' word for our address was not named to be offered.
    assert.equal(endpoint.candidates.some(({ kind }) => kind === "srflx"), false);
    const allocated = () => scripts.flatMap((it) => it.of(StunMethod.allocate)).length;
    await until("the other's end", () => {
      const given = scripts.flatMap((it) => it.of(StunMethod.refresh)).length;
      // Two requests each: one to be challenged, one that is good; or it was cut short before.
      return given === 1 || allocated() < 4;
    });
  });
});

Deno.test("a server that answers every request with a stale nonce is left alone", async () => {
  const script = new ScriptedTurnServer();
  await using server = await turnServer(script);
  let nonce = 0;
  const usual = script.answer;
  script.answer = (request) => {
    const stale = request.attributes.has(StunAttribute.nonce);
    if (!stale) return usual(request);
    nonce++;
    return [refusal(request, 438, ...challenge(`nonce ${nonce}`))];
  };
  await withEndpoint({ hosts: [LOOPBACK] }, async (endpoint) => {
    await gather(endpoint, { servers: [server.turn], within: WITHIN });
    assert.deepEqual(endpoint.candidates.map(({ kind }) => kind), ["loopback"]);
    assert.equal(script.requests.length, 4);
  });
});
