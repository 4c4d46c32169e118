import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { concat, utf8 } from "../../../base/mod.ts";
import { equal } from "../../../crypto/mod.ts";
import { NS } from "../../core/mod.ts";
import { Connection, type Flow } from "./connection.ts";
import { DOMAIN, testOptions, until, withSqliteServer } from "../testing.ts";
import { Flood, FLOOD_BYTES, memoryGrowth, MOST_TAKEN, openDescriptors } from "./testing_flood.ts";
import { secureContext, TlsWire } from "./tls_wire.ts";

const SPACES = new Uint8Array(65_536).fill(0x20);
/** What may be read of somebody past what its rate and burst allow: one read of the system. */
const ONE_READ = 65_536;
const MOST_MEMORY = 64 << 20;

const HEADER = `<stream:stream to='${DOMAIN}' version='1.0' xmlns='${NS.client}' ` +
  `xmlns:stream='${NS.stream}'>`;

/** A connection whose stream is open, and nobody logged in. */
async function strangerAt(port: number): Promise<Deno.TlsConn> {
  const conn = await tlsTo(port);
  await conn.write(utf8(HEADER));
  await conn.read(new Uint8Array(4096));
  return conn;
}

async function tlsTo(port: number): Promise<Deno.TlsConn> {
  const { certificatePem } = await testOptions();
  const raw = await Deno.connect({ hostname: "127.0.0.1", port });
  const conn = await Deno.startTls(raw, { hostname: DOMAIN, caCerts: [certificatePem] });
  await conn.handshake();
  return conn;
}

Deno.test("floods of a stranger and of an account stay with their senders; others are not harmed", () =>
  withSqliteServer(async ({ server, login }) => {
    const [anna, berta] = [await login("anna"), await login("berta")];
    const stranger = await strangerAt(server.port);
    const grown = memoryGrowth();
    const flood = new Flood(stranger, SPACES);
    const account = new Flood(
      { write: async (bytes) => (await berta.write(bytes), bytes.length) },
      SPACES,
    );
    for (let i = 0; i < 20; i++) {
      await anna.settle();
      await (await login("carla")).close();
    }
    for (const sent of await Promise.all([flood.stuck(), account.stuck()])) {
      assert.ok(sent > 0 && sent < MOST_TAKEN, `${sent} bytes were taken`);
    }
    assert.ok(grown() < MOST_MEMORY, `${grown()} bytes of memory`);
    assert.equal((await server.stats()).connections, 3);
    await anna.settle();
    stranger.close();
    await berta.close();
    await Promise.all([flood.over, account.over]);
  }, { bytesPerSecond: 10_000, burstBytes: 40_000 }));

Deno.test("who floods past its deadline is ended, though it reads nothing we say", () =>
  withSqliteServer(async ({ server }) => {
    const before = openDescriptors();
    const conns = await Promise.all([1, 2, 3].map(() => strangerAt(server.port)));
    const floods = conns.map((conn) => new Flood(conn, SPACES));
    await Promise.all(floods.map(({ over }) => over));
    for (const { sent } of floods) assert.ok(sent < FLOOD_BYTES, `${sent} bytes were taken`);
    for (const conn of conns) conn.close();
    await until(async () => (await server.stats()).connections === 0);
    await until(() => openDescriptors() <= before);
  }, { loginTimeoutMs: 500, sweepMs: 50 }));

/** A connection alone, as a test holds it; `use` gets the client's end too. */
async function withConnection(
  flow: Flow,
  onBytes: (bytes: Uint8Array) => void,
  use: (connection: Connection, client: Deno.TlsConn) => Promise<void>,
): Promise<void> {
  const context = secureContext(await testOptions());
  const accepted = Promise.withResolvers<Socket>();
  const listener = createServer(accepted.resolve);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", () => resolve()));
  const dialled = tlsTo((listener.address() as { port: number }).port);
  const raw = await accepted.promise;
  const closed = Promise.withResolvers<void>();
  const connection = new Connection("", (told) => new TlsWire(raw, context, told), flow, {
    onBytes,
    onEnd: () => connection.destroy(),
    onCrowded: () => {},
    onRoom: () => {},
    onOverflow: () => {},
    onClosed: closed.resolve,
  });
  const client = await dialled;
  try {
    await use(connection, client);
  } finally {
    client.close();
    connection.destroy();
    await closed.promise;
    await new Promise((resolve) => listener.close(resolve));
  }
}

const FREELY: Flow = { bytesPerSecond: 1e12, burstBytes: 1e12, outQueueBytes: 1 << 20 };

Deno.test("while a connection is held nothing is read; after it all that came, in order", async () => {
  let told = 0;
  let inOrder = true;
  // Of a length that no piece has, so that a lost or doubled piece shows.
  const piece = Uint8Array.from({ length: 65_521 }, (_, i) => i * 7 & 255);
  const twice = concat(piece, piece);
  const take = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; at += piece.length) {
      const part = bytes.subarray(at, at + piece.length);
      const from = (told + at) % piece.length;
      inOrder &&= equal(part, twice.subarray(from, from + part.length));
    }
    told += bytes.length;
  };
  await withConnection(FREELY, take, async (connection, client) => {
    await until(() => connection.secure);
    const grown = memoryGrowth();
    connection.hold(true);
    const flood = new Flood(client, piece);
    for (let round = 0; round < 3; round++) {
      const before = told;
      const sent = await flood.stuck();
      assert.ok(sent - before < MOST_TAKEN, `${sent - before} bytes were taken ahead`);
      assert.equal(told, before);
      assert.ok(grown() < MOST_MEMORY, `${grown()} bytes of memory`);
      connection.hold(false);
      await until(() => told > before);
      connection.hold(true);
    }
    connection.hold(false);
    await flood.over;
    assert.equal(flood.sent >= FLOOD_BYTES, true);
    await until(() => told === flood.sent);
    assert.ok(inOrder);
  });
});

Deno.test("past its rate no more of a client is told than one read", async () => {
  let told = 0;
  const flow = { bytesPerSecond: 1, burstBytes: 100_000, outQueueBytes: 1 << 20 };
  await withConnection(flow, (bytes) => told += bytes.length, async (_connection, client) => {
    const sent = await new Flood(client, SPACES).stuck();
    assert.ok(sent < MOST_TAKEN, `${sent} bytes were taken`);
    assert.ok(told > 0 && told <= flow.burstBytes + ONE_READ, `${told} bytes were told`);
  });
});

Deno.test("a held connection that is destroyed gives its descriptor back", async () => {
  const before = openDescriptors();
  await withConnection(FREELY, () => {}, async (connection, client) => {
    await until(() => connection.secure);
    connection.hold(true);
    const flood = new Flood(client, SPACES);
    await flood.stuck();
    connection.destroy();
    await flood.over;
  });
  await until(() => openDescriptors() <= before);
});
