import assert from "node:assert/strict";
import { NS } from "../../core/mod.ts";
import { DOMAIN, until } from "../testing.ts";
import { openDescriptors } from "./testing_flood.ts";
import { withWeb } from "../web/testing.ts";

const AT_ONCE = 20;
const STARTTLS = `<stream:stream to='${DOMAIN}' version='1.0' xmlns='${NS.client}' ` +
  `xmlns:stream='${NS.stream}'>`;
/** The first bytes of a ClientHello, which promise 512. */
const HALF_HELLO = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3);

async function readToEnd(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  while (await conn.read(buffer).catch(() => null) !== null);
}

Deno.test("handshakes that stop half way end at their deadline, and no descriptor stays open", () =>
  withWeb(async ({ server }) => {
    const before = openDescriptors();
    for (const port of [server.port, server.starttlsPort!, server.httpsPort!]) {
      for (const begin of [[], [HALF_HELLO]]) {
        const conns: Deno.Conn[] = [];
        for (let i = 0; i < AT_ONCE; i++) {
          const conn = await Deno.connect({ hostname: "127.0.0.1", port });
          conns.push(conn);
          if (port === server.starttlsPort) {
            await conn.write(new TextEncoder().encode(STARTTLS));
            await conn.read(new Uint8Array(4096));
            await conn.write(new TextEncoder().encode(`<starttls xmlns='${NS.tls}'/>`));
            await conn.read(new Uint8Array(4096));
          }
          for (const bytes of begin) await conn.write(bytes);
        }
        await Promise.all(conns.map(readToEnd));
        for (const conn of conns) conn.close();
        await until(async () => (await server.stats()).connections === 0);
        await until(() => openDescriptors() <= before);
      }
    }
    assert.equal((await server.stats()).refused, 0);
  }, {
    handshakeTimeoutMs: 300,
    httpsHandshakeMs: 300,
    loginsPerAddress: AT_ONCE,
  }, { starttlsPort: 0 }));
