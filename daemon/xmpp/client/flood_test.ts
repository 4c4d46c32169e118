import assert from "node:assert/strict";
import { concat } from "../../base/mod.ts";
import { equal } from "../../crypto/mod.ts";
import { NS } from "../core/mod.ts";
import { dial } from "./dial.ts";
import type { Endpoint } from "./endpoints.ts";
import { scriptedServer, TLS_FEATURES } from "./testing.ts";
import { httpsServer, type ServerSocket } from "./testing_https.ts";
import type { TestCertificate } from "../../../scripts/peers/certificate.ts";

const TOTAL = 400 << 20;
/** What is read of it after all. */
const ENOUGH = 48 << 20;
/** What the buffers of the system on both ends of a loopback connection take, and our own. */
const MOST_TAKEN = 24 << 20;
const MOST_MEMORY = 64 << 20;
/** Of a length that no piece has, so that a lost or doubled one shows. */
const PIECE = Uint8Array.from({ length: 65_521 }, (_, i) => i % 26 + 97);
const TWICE = concat(PIECE, PIECE);

/** Sends as fast as it is let. */
class Flood {
  /** Bytes that left the server. */
  sent = 0;

  async pump(write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    for (; this.sent < TOTAL; this.sent += PIECE.length) await write(PIECE);
  }
}

/** Dials a server that floods, reads nothing for a while, and then in order what came. */
async function endure(
  endpoint: Endpoint,
  certificate: TestCertificate,
  flood: Flood,
): Promise<void> {
  const trust = { kind: "ca", extra: [certificate.caPem] } as const;
  const before = Deno.memoryUsage().rss;
  const transport = await dial(endpoint, "server.test", trust, AbortSignal.timeout(10_000));
  try {
    for (let sent = -1; sent !== flood.sent || sent === 0;) {
      sent = flood.sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.ok(flood.sent < MOST_TAKEN, `${flood.sent} bytes were taken`);
    const grown = Deno.memoryUsage().rss - before;
    assert.ok(grown < MOST_MEMORY, `${grown} bytes of memory`);
    for (let came = 0; came < ENOUGH;) {
      const bytes = await transport.read();
      assert.ok(bytes !== null);
      for (let at = 0; at < bytes.length; at += PIECE.length) {
        const part = bytes.subarray(at, at + PIECE.length);
        const from = (came + at) % PIECE.length;
        assert.ok(equal(part, TWICE.subarray(from, from + part.length)));
      }
      came += bytes.length;
    }
  } finally {
    transport.close();
  }
}

for (const tls of ["direct", "starttls"] as const) {
  Deno.test(`a server that floods who does not read keeps what it sends (${tls})`, async () => {
    const flood = new Flood();
    const server = await scriptedServer(tls, async (peer) => {
      if (tls === "starttls") {
        await peer.write(TLS_FEATURES);
        await peer.read("<starttls");
        await peer.startTls(`<proceed xmlns='${NS.tls}'/>`);
      }
      const gone = peer.gone();
      await Promise.race([flood.pump((bytes) => peer.write(bytes)), gone]);
    });
    try {
      await endure(server.endpoint, server.certificate, flood);
    } finally {
      await server.stop();
    }
  });
}

Deno.test("a server that floods who does not read keeps what it sends (websocket)", async () => {
  const flood = new Flood();
  const server = await httpsServer({
    socket: (ws: ServerSocket) => {
      const write = (bytes: Uint8Array) =>
        new Promise<void>((resolve, reject) => {
          ws.send(bytes, { binary: false }, (error) => error ? reject(error) : resolve());
        });
      flood.pump(write).catch(() => {});
    },
  });
  try {
    await endure(server.endpoint, server.certificate, flood);
  } finally {
    await server.stop();
  }
});
