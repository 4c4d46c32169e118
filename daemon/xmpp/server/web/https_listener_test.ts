import assert from "node:assert/strict";
import { until } from "../testing.ts";
import { withWeb } from "./testing.ts";

Deno.test("HTTPS answers what is there, and 404 for the rest; no folder is listed", () =>
  withWeb(async ({ ask, server }) => {
    assert.match(server.web.url, /^https:\/\/test\.simppd:\d+$/);
    for (
      const path of ["/", "/upload", "/upload/", "/upload/../../etc/passwd", "/xmpp-websocket"]
    ) {
      const { status, headers } = await ask(path);
      assert.ok(status === 404 || (path === "/xmpp-websocket" && status >= 400), path);
      assert.equal(headers["x-content-type-options"], "nosniff");
    }
  }));

Deno.test("host-meta names the WebSocket, in XML and JSON, for pages of any origin", () =>
  withWeb(
    async ({ ask }) => {
      const json = await ask("/.well-known/host-meta.json");
      assert.deepEqual(JSON.parse(json.text), {
        links: [{
          rel: "urn:xmpp:alt-connections:websocket",
          href: "wss://chat.example.org/xmpp-websocket",
        }],
      });
      const xml = await ask("/.well-known/host-meta");
      assert.match(xml.text, /<Link rel="urn:xmpp:[^"]+" href="wss:\/\/chat\.example\.org\/xmpp-w/);
      for (const { headers } of [json, xml]) {
        assert.equal(headers["access-control-allow-origin"], "*");
      }
      assert.equal(
        (await ask("/.well-known/host-meta", { method: "POST", body: "x" })).status,
        405,
      );
    },
    {},
    { httpsUrl: "https://chat.example.org/" },
  ));

const HEAD = "Host: test.simppd\r\n";

Deno.test("requests that two parsers could read differently are refused, and the connection ends", () =>
  withWeb(async ({ raw }) => {
    const hidden = "GET /.well-known/host-meta HTTP/1.1\r\nHost: x\r\n\r\n";
    const hostile = [
      `PUT /a HTTP/1.1\r\n${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
      `PUT /a HTTP/1.1\r\n${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello${hidden}`,
      `PUT /a HTTP/1.1\r\n${HEAD}Content-Length: +5\r\n\r\nhello${hidden}`,
      `PUT /a HTTP/1.1\r\n${HEAD}Content-Length : 5\r\n\r\nhello${hidden}`,
      `GET /a HTTP/1.1\n${HEAD}\n${hidden}`,
      `GET /a HTTP/1.1\r\n${HEAD}A: b\r\n c: d\r\n\r\n${hidden}`,
      `GET /a HTTP/1.1\r\n${HEAD}A: b\0c\r\n\r\n${hidden}`,
      `GET /a HTTP/1.1\r\n${HEAD}A: ${"a".repeat(20_000)}\r\n\r\n${hidden}`,
      `GET /${"a".repeat(20_000)} HTTP/1.1\r\n${HEAD}\r\n${hidden}`,
      `GET /a HTTP/1.1\r\n\r\n${hidden}`,
      `<stream:stream xmlns='jabber:client'>`,
    ];
    for (const bytes of hostile) {
      const answer = await raw(bytes);
      assert.match(answer, /^HTTP\/1\.1 4\d\d /, bytes.slice(0, 100));
      assert.ok(!answer.includes("XRD"), bytes.slice(0, 100));
    }
    // A body that was not read does not become the next request.
    const body = `PUT /a HTTP/1.1\r\n${HEAD}Content-Length: ${hidden.length}\r\n\r\n${hidden}`;
    const answer = await raw(body);
    assert.match(answer, /^HTTP\/1\.1 404 /);
    assert.ok(!answer.includes("XRD"));
  }));

Deno.test("connections that say nothing, or too slowly, end", () =>
  withWeb(async ({ raw, server, connectTls }) => {
    assert.equal(await raw(`GET / HTTP/1.1\r\n${HEAD}`), "");
    await raw("");
    // Not even a handshake.
    const silent = await Deno.connect({ hostname: "127.0.0.1", port: server.httpsPort! });
    assert.equal(await silent.read(new Uint8Array(1)).catch(() => null), null);
    silent.close();
    // A body that never comes, of a request that is refused.
    const late = await raw(`PUT /a HTTP/1.1\r\n${HEAD}Content-Length: 100\r\n\r\n`);
    assert.match(late, /^HTTP\/1\.1 404 /);
    const idle = await connectTls();
    await idle.write(new TextEncoder().encode(`GET / HTTP/1.1\r\n${HEAD}\r\n`));
    const buffer = new Uint8Array(4096);
    for (; await idle.read(buffer).catch(() => null) !== null;);
    idle.close();
  }, { httpsHandshakeMs: 300, httpsHeadersMs: 300, httpsIdleMs: 300, httpsStallMs: 300 }));

Deno.test("connections past the most of one address are closed; those that are open stay", () =>
  withWeb(async ({ connectTls, ask }) => {
    const open = await Promise.all([1, 2, 3].map(() => connectTls()));
    await assert.rejects(async () => {
      const more = await connectTls();
      try {
        await more.write(new TextEncoder().encode(`GET / HTTP/1.1\r\n${HEAD}\r\n`));
        if (await more.read(new Uint8Array(10)) === null) throw new Error("closed");
      } finally {
        more.close();
      }
    });
    for (const conn of open) conn.close();
    await until(() => ask("/").then(({ status }) => status === 404, () => false));
  }, { httpsConnectionsPerAddress: 3 }));

Deno.test("the HTTPS listener moves with the other, and keeps its port", () =>
  withWeb(async ({ server, ask }) => {
    const before = server.httpsPort;
    const { httpsPort, httpsUrl } = await server.listen("0.0.0.0", server.port);
    assert.equal(httpsPort, before);
    assert.equal(httpsUrl, `https://test.simppd:${before}`);
    assert.equal((await ask("/")).status, 404);
  }));

Deno.test("a taken HTTPS port is not insisted on", () =>
  withWeb(async ({ server }) => {
    const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = other.addr;
    await withWeb(
      (bed) => {
        assert.notEqual(bed.server.httpsPort, port);
        assert.notEqual(bed.server.httpsPort, server.httpsPort);
        return Promise.resolve();
      },
      {},
      { httpsPort: port },
    );
    other.close();
  }));
