import assert from "node:assert/strict";
import { concat, steadyNow, utf8 } from "../../daemon/base/mod.ts";
import { systemRandom } from "../../daemon/crypto/mod.ts";
import {
  gather,
  type IceServer,
  openUdpPath,
  type Path,
  UdpEndpoint,
} from "../../daemon/p2p/mod.ts";
import {
  type Coturn,
  coturnCredentials,
  type CoturnOptions,
  startCoturn,
} from "../../scripts/peers/coturn.ts";
import { absent } from "../real_parts.ts";

const ignore = absent("turnserver");
const WITHIN = 8_000;
const hosts = ["127.0.0.1"];

async function withCoturn(
  use: (coturn: Coturn, turn: IceServer) => Promise<void>,
  options: CoturnOptions = {},
): Promise<void> {
  const coturn = (await startCoturn(options))!;
  const credentials = coturnCredentials(coturn.secret);
  try {
    await use(coturn, { kind: "turn", host: "127.0.0.1", port: coturn.port, credentials });
  } finally {
    await coturn.stop();
  }
}

async function endpoint(relayOnly: boolean, ...servers: IceServer[]): Promise<UdpEndpoint> {
  const opened = await UdpEndpoint.open({ hosts, relayOnly });
  await gather(opened, { servers, within: WITHIN });
  return opened;
}

/** The two paths of a call between two endpoints, each knowing the other's candidates. */
function paths(a: UdpEndpoint, b: UdpEndpoint): { a: Path; b: Path } {
  const [callId, one, two] = [systemRandom(8), systemRandom(32), systemRandom(32)];
  const tags = [concat(utf8("A"), systemRandom(32)), concat(utf8("B"), systemRandom(32))] as const;
  return {
    a: openUdpPath({
      endpoint: a,
      callId,
      keys: { send: one, receive: two },
      remote: b.candidates,
      localTag: tags[0],
      expectedTag: tags[1],
    }),
    b: openUdpPath({
      endpoint: b,
      callId,
      keys: { send: two, receive: one },
      remote: a.candidates,
      localTag: tags[1],
      expectedTag: tags[0],
    }),
  };
}

type Opened = { local: string; remote: string; relayed: boolean };

function opened(path: Path, fits: (event: Opened) => boolean = () => true): Promise<Opened> {
  return new Promise((resolve, reject) => {
    path.events.on((event) => event.type === "open" && fits(event) && resolve(event));
    path.closed.then(({ reason }) => reject(new Error(`it closed: ${reason}`)));
  });
}

/** Sends frames from one to the other until `count` of them came whole, and looks at each. */
async function stream(from: Path, to: Path, count: number): Promise<void> {
  const frame = systemRandom(40_000);
  const sending = setInterval(() => from.send(frame, steadyNow()), 30);
  let came = 0;
  try {
    for await (const { bytes } of to.frames()) {
      assert.deepEqual(bytes, frame);
      if (++came === count) return;
    }
    throw new Error(`the path closed after ${came} frames`);
  } finally {
    clearInterval(sending);
  }
}

async function close(...endpoints: UdpEndpoint[]): Promise<void> {
  await Promise.all(endpoints.map((one) => one.close()));
}

Deno.test({
  name: "two endpoints that may only use a relay exchange frames through coturn",
  ignore,
  fn: () =>
    withCoturn(async (coturn, turn) => {
      const [a, b] = [await endpoint(true, turn), await endpoint(true, turn)];
      for (const { candidates } of [a, b]) {
        assert.deepEqual(candidates.map(({ kind }) => kind), ["relay"]);
        assert.notEqual(candidates[0]!.port, coturn.port);
      }
      const call = paths(a, b);
      const both = await Promise.all([opened(call.a), opened(call.b)]);
      for (const { relayed } of both) assert.equal(relayed, true);
      assert.equal(both[0].remote, `127.0.0.1:${b.candidates[0]!.port}`);
      // What the peer sees of us is the relay.
      assert.equal(both[0].local, `127.0.0.1:${a.candidates[0]!.port}`);
      await Promise.all([stream(call.a, call.b, 30), stream(call.b, call.a, 30)]);
      assert.equal(call.a.stats().strays + call.b.stats().strays, 0);
      call.a.close();
      assert.deepEqual(await call.b.closed, { reason: "bye" });
      await close(a, b);
      const log = await coturn.log();
      assert.match(log, /CHANNEL_BIND processed, success/);
      // Both were given back rather than left to run out.
      assert.equal(log.match(/lifetime=0/g)?.length, 2);
    }),
});

Deno.test({
  name: "one side behind a relay calls one that has none",
  ignore,
  fn: () =>
    withCoturn(async (_coturn, turn) => {
      const [hidden, plain] = [await endpoint(true, turn), await endpoint(false)];
      const call = paths(hidden, plain);
      const [, seen] = await Promise.all([opened(call.a), opened(call.b)]);
      assert.equal(seen.remote, `127.0.0.1:${hidden.candidates[0]!.port}`);
      assert.equal(seen.relayed, true);
      await stream(call.b, call.a, 10);
      await stream(call.a, call.b, 10);
      call.b.close();
      await call.a.closed;
      await close(hidden, plain);
    }),
});

Deno.test({
  name: "an allocation is refreshed past its life, and past that of its nonce",
  ignore,
  fn: () =>
    withCoturn(async (coturn, turn) => {
      const [a, b] = [await endpoint(true, turn), await endpoint(true, turn)];
      const call = paths(a, b);
      await Promise.all([opened(call.a), opened(call.b)]);
      const end = performance.now() + 6_500;
      while (performance.now() < end) await stream(call.a, call.b, 10);
      await stream(call.b, call.a, 10);
      const log = await coturn.log();
      assert.ok(log.match(/REFRESH processed, success/g)!.length >= 4);
      assert.match(log, /error 438: Stale nonce/);
      call.a.close();
      await call.b.closed;
      await close(a, b);
    }, { allocationSeconds: 4, nonceSeconds: 1 }),
});

Deno.test({
  name: "a relay that dies ends a call that has nothing else, and no other",
  ignore,
  fn: () =>
    withCoturn(async (coturn, turn) => {
      const hidden = [await endpoint(true, turn), await endpoint(true, turn)] as const;
      const free = [await endpoint(false, turn), await endpoint(false, turn)] as const;
      assert.deepEqual(free[0].candidates.map(({ kind }) => kind), ["relay", "loopback"]);
      const [through, beside] = [paths(...hidden), paths(...free)];
      const routes = await Promise.all([
        ...[opened(through.a), opened(through.b)],
        ...[opened(beside.a, ({ relayed }) => !relayed), opened(beside.b, (it) => !it.relayed)],
      ]);
      assert.deepEqual(routes.map(({ relayed }) => relayed), [true, true, false, false]);
      Deno.kill(coturn.pid, "SIGKILL");
      assert.deepEqual(await through.a.closed, { reason: "lost" });
      assert.deepEqual(await through.b.closed, { reason: "lost" });
      await stream(beside.a, beside.b, 10);
      beside.a.close();
      await beside.b.closed;
      await close(...hidden, ...free);
    }),
});

Deno.test({
  name: "coturn's STUN tells the address, and a wrong password gives no relay",
  ignore,
  fn: () =>
    withCoturn(async (coturn, turn) => {
      assert.ok(turn.kind === "turn");
      const { host, port } = turn;
      const wrong = { ...turn, credentials: { ...turn.credentials, password: "wrong" } };
      const refused = await endpoint(false, wrong, { kind: "stun", host, port });
      // On loopback it is seen as what it is.
      assert.deepEqual(refused.candidates.map(({ kind }) => kind), ["loopback"]);
      const named = { ...turn, host: "localhost" };
      const good = await endpoint(true, wrong, named);
      assert.deepEqual(good.candidates.map(({ kind }) => kind), ["relay"]);
      assert.match(await coturn.log(), /error 401/);
      await close(refused, good);
    }),
});
