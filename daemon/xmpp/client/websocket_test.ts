import assert from "node:assert/strict";
import { dial, type TlsTrust } from "./dial.ts";
import { httpsServer, type ServerSocket } from "./testing_https.ts";
import { XmppStream } from "./stream.ts";
import { el, endPointOf, LIMITS_OF_SERVER } from "../core/mod.ts";
import { certificateHash } from "./testing.ts";

const FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";
const STREAM = "http://etherx.jabber.org/streams";
const OPEN = `<open xmlns='${FRAMING}' version='1.0' from='server.test'/>`;
const FEATURES = `<stream:features xmlns:stream='${STREAM}'><a xmlns='urn:a'/></stream:features>`;
const signal = () => AbortSignal.timeout(10_000);

Deno.test("over a WebSocket each element is a message of its own, and names its namespace", async () => {
  const heard: string[] = [];
  const server = await httpsServer({
    socket: (ws) =>
      ws.on("message", (data) => {
        const text = new TextDecoder().decode(data);
        heard.push(text);
        if (text.startsWith("<open")) {
          ws.send(OPEN);
          ws.send(FEATURES);
        } else if (text.startsWith("<iq")) {
          ws.send("<message xmlns='jabber:client'><body>ä</body></message>");
        } else if (text.startsWith("<close")) ws.send(`<close xmlns='${FRAMING}'/>`);
      }),
  });
  try {
    const trust: TlsTrust = { kind: "ca", extra: [server.certificate.caPem] };
    const transport = await dial(server.endpoint, "server.test", trust, signal());
    const stream = new XmppStream(transport, "server.test", "me@server.test");
    const features = await stream.open();
    assert.ok(features.getChild("a", "urn:a"));
    assert.deepEqual(stream.endPoint, endPointOf(transport.certificate!));
    assert.deepEqual(stream.tlsServerEndPoint, certificateHash(server.certificate));
    stream.send(el("iq", { type: "get", id: "1" }));
    stream.send(el("presence"));
    assert.equal((await stream.receive()).getChildText("body"), "ä");
    await stream.open(true);
    await stream.close();
  } finally {
    await server.stop();
  }
  const open = `<open xmlns='${FRAMING}' from='me@server.test' to='server.test' version='1.0' ` +
    `xml:lang='en'/>`;
  assert.deepEqual(heard, [
    open,
    '<iq type="get" id="1" xmlns="jabber:client"/>',
    '<presence xmlns="jabber:client"/>',
    open,
    `<close xmlns='${FRAMING}'/>`,
  ]);
});

Deno.test("a WebSocket is trusted as TCP is: by pin, or by its own name under an authority", async () => {
  const server = await httpsServer({ socket: () => {} });
  const { caPem, pin } = server.certificate;
  const byAddress = { ...server.endpoint, host: "127.0.0.1" };
  const refused: [typeof byAddress, TlsTrust][] = [
    [server.endpoint, { kind: "ca" }],
    // The certificate is for the XMPP domain, not for the host of the URL.
    [byAddress, { kind: "ca", extra: [caPem] }],
    [server.endpoint, { kind: "pin", pin: "A".repeat(43) }],
  ];
  try {
    for (const [endpoint, trust] of refused) {
      await assert.rejects(dial(endpoint, "localhost", trust, signal()), {
        code: "untrusted-certificate",
      });
    }
    for (const endpoint of [server.endpoint, byAddress]) {
      (await dial(endpoint, "server.test", { kind: "pin", pin }, signal())).close();
    }
    assert.deepEqual(server.asked, []);
  } finally {
    await server.stop();
  }
});

Deno.test("what is no XMPP over WebSocket is left", async () => {
  const scripts = [
    {},
    { socket: () => {}, protocol: false as const },
    { socket: () => {}, protocol: "chat" },
    { get: () => ({ status: 302, headers: { location: "wss://elsewhere.test/" } }) },
    { get: () => ({ body: "hello" }) },
  ];
  for (const script of scripts) {
    const server = await httpsServer(script);
    const trust: TlsTrust = { kind: "pin", pin: server.certificate.pin };
    try {
      await assert.rejects(dial(server.endpoint, "server.test", trust, signal()), {
        code: "websocket-failed",
      });
    } finally {
      await server.stop();
    }
  }
});

Deno.test("hostile messages end a WebSocket with a clear error", async () => {
  const attacks: [(ws: ServerSocket) => void, RegExp][] = [
    [(ws) => ws.send(Uint8Array.of(1, 2, 3)), /^connection-lost$/],
    [(ws) => ws.send("x".repeat(LIMITS_OF_SERVER.passedOver + 1)), /^connection-lost$/],
    [(ws) => ws.send("<message xmlns='jabber:client'>"), /^stream-not-well-formed$/],
    [(ws) => ws.send("<a xmlns='b'/><c xmlns='d'/>"), /^stream-/],
    [(ws) => ws.send(`<!DOCTYPE a><a xmlns='b'/>`), /^stream-(restricted-xml|not-well-formed)$/],
    [(ws) => ws.send(""), /^stream-not-well-formed$/],
    [(ws) => ws.send(OPEN), /^stream-bad-format$/],
    [(ws) => ws.send(`<close xmlns='${FRAMING}'/>`), /^connection-lost$/],
    [(ws) => ws.send(`<x xmlns='y'>${"<a>".repeat(200)}`), /^stream-policy-violation$/],
    [(ws) => ws.terminate(), /^connection-lost$/],
  ];
  for (const [attack, code] of attacks) {
    const server = await httpsServer({
      socket: (ws) =>
        ws.on("message", (data) => {
          const text = new TextDecoder().decode(data);
          if (text.startsWith("<close")) ws.terminate();
          if (!text.startsWith("<open")) return;
          ws.send(OPEN);
          ws.send(FEATURES);
          attack(ws);
        }),
    });
    try {
      const trust: TlsTrust = { kind: "pin", pin: server.certificate.pin };
      const stream = new XmppStream(
        await dial(server.endpoint, "server.test", trust, signal()),
        "server.test",
      );
      const read = stream.open().then(() => stream.receive());
      await assert.rejects(read, (error: { code: string }) => code.test(error.code));
      await stream.close();
    } finally {
      await server.stop();
    }
  }
});

Deno.test("a reader that is slow slows the sender of a WebSocket down, and loses nothing", async () => {
  const body = "x".repeat(200_000);
  const server = await httpsServer({
    socket: (ws) => {
      for (let i = 0; i < 40; i++) ws.send(`<m n='${i}'>${body}</m>`);
    },
  });
  try {
    const trust: TlsTrust = { kind: "pin", pin: server.certificate.pin };
    const transport = await dial(server.endpoint, "server.test", trust, signal());
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let i = 0; i < 40; i++) {
      const message = await transport.read();
      assert.equal(new TextDecoder().decode(message!), `<m n='${i}'>${body}</m>`);
    }
    transport.close();
  } finally {
    await server.stop();
  }
});
