import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { XmppClient } from "../client/mod.ts";
import { el, NS } from "../core/mod.ts";
import { PASSWORD } from "./testing.ts";
import { standingAlone } from "./stream/websocket_framing.ts";
import { type WebBed, withWeb } from "./web/testing.ts";

const OPEN = `<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="test.simppd" version="1.0"/>`;

/** A WebSocket client that writes frames as a test says. */
class RawSocket {
  readonly #conn: Deno.TlsConn;
  #bytes = new Uint8Array(0);
  status = "";

  private constructor(conn: Deno.TlsConn) {
    this.#conn = conn;
  }

  static async open(bed: WebBed, headers = "", protocol = "xmpp"): Promise<RawSocket> {
    const socket = new RawSocket(await bed.connectTls());
    await socket.#conn.write(
      new TextEncoder().encode(
        `GET /xmpp-websocket HTTP/1.1\r\nHost: test.simppd\r\nConnection: Upgrade\r\n` +
          `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n` +
          (protocol === "" ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`) + `${headers}\r\n`,
      ),
    );
    let head = "";
    while (!head.includes("\r\n\r\n")) {
      if (!await socket.#more()) break;
      head = new TextDecoder().decode(socket.#bytes);
    }
    socket.status = head.split("\r\n")[0]!.split(" ")[1] ?? "closed";
    socket.#bytes = socket.#bytes.slice(head.indexOf("\r\n\r\n") + 4);
    return socket;
  }

  /** @param first opcode and FIN: 0x81 is a whole text */
  async frame(first: number, payload: string | Uint8Array, claimed?: number): Promise<void> {
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    const length = claimed ?? bytes.length;
    const size = length < 126
      ? [length]
      : length < 65_536
      ? [126, length >> 8, length & 255]
      : [127, 0, 0, 0, 0, length >>> 24, length >> 16 & 255, length >> 8 & 255, length & 255];
    // A mask of zeros leaves the payload as it is.
    const head = [first, size[0]! | 0x80, ...size.slice(1), 0, 0, 0, 0];
    const frame = new Uint8Array(head.length + bytes.length);
    frame.set(head);
    frame.set(bytes, head.length);
    for (let at = 0; at < frame.length;) at += await this.#conn.write(frame.subarray(at));
  }
  text(text: string): Promise<void> {
    return this.frame(0x81, text);
  }

  /** The next frame's opcode and text; undefined at the end. */
  async read(): Promise<{ opcode: number; text: string } | undefined> {
    for (;;) {
      const [first, second] = this.#bytes;
      if (first !== undefined && second !== undefined) {
        const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
        const extra = second === 126 ? 2 : second === 127 ? 8 : 0;
        if (this.#bytes.length >= 2 + extra) {
          const length = extra === 0
            ? second
            : extra === 2
            ? view.getUint16(2)
            : Number(view.getBigUint64(2));
          const end = 2 + extra + length;
          if (this.#bytes.length >= end) {
            const text = new TextDecoder().decode(this.#bytes.slice(2 + extra, end));
            this.#bytes = this.#bytes.slice(end);
            return { opcode: first & 15, text };
          }
        }
      }
      if (!await this.#more()) return undefined;
    }
  }

  /** All text until the end. */
  async rest(): Promise<string> {
    let all = "";
    for (let next; (next = await this.read()) !== undefined;) {
      if (next.opcode === 1) all += next.text;
      if (next.opcode === 8) await this.frame(0x88, "").catch(() => {});
    }
    return all;
  }

  close(): void {
    try {
      this.#conn.close();
    } catch {
      // It was.
    }
  }

  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(65_536);
    const n = await this.#conn.read(buffer).catch(() => null);
    if (n === null) return false;
    const joined = new Uint8Array(this.#bytes.length + n);
    joined.set(this.#bytes);
    joined.set(buffer.subarray(0, n), this.#bytes.length);
    this.#bytes = joined;
    return true;
  }
}

Deno.test("WebSocket: a client logs in by it, bound to the certificate, and talks to one on TCP", () =>
  withWeb(async ({ server, online }) => {
    const anna = await online("anna");
    await server.createAccount("bert", PASSWORD);
    const client = new XmppClient({
      jid: "bert@test.simppd",
      password: PASSWORD,
      endpoints: [{
        host: "127.0.0.1",
        port: server.httpsPort!,
        tls: "websocket",
        path: "/xmpp-websocket",
      }],
      trust: { kind: "pin", pin: await pinOf(server.options.certificatePem) },
    });
    try {
      await client.connect();
      const heard = new Promise<string>((resolve) =>
        client.hooks.message((stanza) => {
          const body = stanza.getChildText("body");
          if (body !== null) resolve(body);
        })
      );
      const text = `<&> ä👋🏽 ${"x".repeat(50_000)}`;
      const to = client.jid.toString();
      const message = el("message", { to, type: "chat" }, el("body", {}, text));
      anna.send(message);
      assert.equal(await heard, text);
      assert.match(client.login?.mechanism ?? "", /SCRAM-SHA-256-PLUS|SIMPP/);
    } finally {
      await client.close();
    }
  }));

async function pinOf(certificatePem: string): Promise<string> {
  const { X509Certificate } = await import("node:crypto");
  const key = new X509Certificate(certificatePem).publicKey.export({ type: "spki", format: "der" });
  return Buffer.from(await crypto.subtle.digest("SHA-256", new Uint8Array(key)))
    .toString("base64url");
}

Deno.test("WebSocket: header and features are messages of their own; <close/> is answered", () =>
  withWeb(async (bed) => {
    const socket = await RawSocket.open(bed);
    assert.equal(socket.status, "101");
    await socket.text(OPEN);
    assert.match((await socket.read())!.text, /^<open xmlns="urn:ietf[^>]+xmpp-framing"[^>]*\/>$/);
    assert.match((await socket.read())!.text, /^<stream:features xmlns:stream=/);
    await socket.frame(0x89, "are you there");
    assert.deepEqual(await socket.read(), { opcode: 10, text: "are you there" });
    await socket.text(`<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`);
    assert.match((await socket.read())!.text, /^<close xmlns/);
    assert.equal((await socket.read())?.opcode, 8);
    socket.close();
  }));

Deno.test("WebSocket: pages of other origins stay out, and who does not speak XMPP", () =>
  withWeb(
    async (bed) => {
      const own = bed.server.web.url;
      const status = async (headers: string, protocol?: string) => {
        const socket = await RawSocket.open(bed, headers, protocol);
        socket.close();
        return socket.status;
      };
      assert.equal(await status(`Origin: ${own}\r\n`), "101");
      assert.equal(await status("Origin: https://web.example.org\r\n"), "101");
      assert.equal(await status("", "soap, xmpp"), "101");
      const others = [own.replace("https", "http"), `${own}0`, "null", "https://evil.test"];
      for (const origin of others) {
        assert.equal(await status(`Origin: ${origin}\r\n`), "403", origin);
      }
      assert.equal(await status("", "soap"), "400");
      assert.equal(await status("", ""), "400");
      assert.equal((await bed.ask("/xmpp-websocket")).status, 426);
    },
    {},
    { webOrigins: ["https://web.example.org"] },
  ));

Deno.test("WebSocket: hostile messages end their stream with the error of it", () =>
  withWeb(async (bed) => {
    const cases: [string, string[]][] = [
      ["not-well-formed", [OPEN, "<a xmlns='x'/><b xmlns='x'/>"]],
      ["not-well-formed", [OPEN, "<a xmlns='x'>"]],
      ["not-well-formed", [OPEN, " <a xmlns='x'/>"]],
      ["not-well-formed", [OPEN, ""]],
      ["not-well-formed", [OPEN, `<?xml version="1.0"?><a xmlns='x'/>`]],
      ["not-well-formed", ["<stream:stream xmlns='jabber:client'>"]],
      ["restricted-xml", [OPEN, "<a xmlns='x'><!-- c --></a>"]],
      ["restricted-xml", [OPEN, "<!DOCTYPE a><a xmlns='x'/>"]],
      ["policy-violation", [OPEN, `<a xmlns='x'>${"x".repeat(20_000)}</a>`]],
      ["policy-violation", [OPEN, "<a xmlns='x'>".repeat(30) + "</a>".repeat(30)]],
      ["invalid-namespace", ["<iq xmlns='jabber:client' type='get' id='1'/>"]],
      ["host-unknown", [OPEN.replace("test.simppd", "other.test")]],
      ["unsupported-version", [OPEN.replace("1.0", "2.0")]],
      ["not-authorized", [OPEN, "<message xmlns='jabber:client' to='a@test.simppd'/>"]],
    ];
    await Promise.all(cases.map(async ([condition, messages]) => {
      const socket = await RawSocket.open(bed);
      for (const message of messages) await socket.text(message);
      const rest = await socket.rest();
      assert.match(rest, new RegExp(`<stream:error [^>]*><${condition} `), messages.join(" "));
      assert.match(rest, /<close xmlns="[^"]+"\/>$/);
      socket.close();
    }));
  }));

Deno.test("WebSocket: hostile frames end the connection, and no other", () =>
  withWeb(async (bed) => {
    const other = await RawSocket.open(bed);
    await other.text(OPEN);
    await other.read();
    await other.read();
    const frames: ((socket: RawSocket) => Promise<void>)[] = [
      (socket) => socket.frame(0x82, "<a xmlns='x'/>"),
      (socket) => socket.frame(0x81, new Uint8Array([0x3c, 0xff, 0xfe])),
      (socket) => socket.frame(0x81, "x", 1_000_000_000),
      (socket) => socket.frame(0xc1, OPEN),
      (socket) => socket.frame(0x83, OPEN),
      (socket) => socket.frame(0x80, OPEN),
      async (socket) => {
        await socket.frame(0x01, OPEN);
        await socket.frame(0x81, OPEN);
      },
      // Fragments without an end: more than a message may have.
      async (socket) => {
        await socket.frame(0x01, "<a>");
        const part = new Uint8Array(16_384).fill(0x78);
        try {
          for (let i = 0; i < 100; i++) await socket.frame(0x00, part);
        } catch {
          // The server hung up.
        }
      },
      // Fragments that never go on.
      (socket) => socket.frame(0x01, "<a>"),
      // Nothing at all.
      () => Promise.resolve(),
    ];
    await Promise.all(frames.map(async (send) => {
      const socket = await RawSocket.open(bed);
      await send(socket).catch(() => {});
      await socket.rest();
      socket.close();
    }));
    await other.rest();
    other.close();
  }, { loginTimeoutMs: 1_500 }));

Deno.test("WebSocket: streams end with the server, and count with the others", () =>
  withWeb(async (bed) => {
    const first = await RawSocket.open(bed);
    await first.text(OPEN);
    await first.read();
    assert.equal((await bed.server.stats()).connections, 1);
    const second = await RawSocket.open(bed);
    // The oldest goes for the newest, as on TCP.
    const third = await RawSocket.open(bed);
    assert.equal(third.status, "101");
    assert.equal((await bed.server.stats()).refused, 1);
    await bed.server.stop();
    for (const socket of [first, second, third]) {
      await socket.rest();
      socket.close();
    }
  }, { loginsPerAddress: 2 }));

Deno.test("standingAlone() names the namespace of stanzas, and leaves the rest", () => {
  const cases: [string, string][] = [
    [`<iq id="1"/>`, `<iq xmlns="jabber:client" id="1"/>`],
    [`<iq/>`, `<iq xmlns="jabber:client"/>`],
    [
      `<message><x xmlns="y"/></message>`,
      `<message xmlns="jabber:client"><x xmlns="y"/></message>`,
    ],
    [`<presence xmlns="jabber:client"/>`, `<presence xmlns="jabber:client"/>`],
    [`<r xmlns="urn:xmpp:sm:3"/>`, `<r xmlns="urn:xmpp:sm:3"/>`],
    [`<iqx/>`, `<iqx/>`],
  ];
  for (const [xml, alone] of cases) assert.equal(standingAlone(xml), alone);
});

Deno.test("standingAlone() sees which attributes a stanza has, whatever they say", () => {
  const alone = (attributes: string) => `<presence xmlns="${NS.client}"${attributes}/>`;
  for (const attributes of [` from="r@x/y xmlns=1"`, ` a=" xmlns='q'" b='" xmlns="'`, ""]) {
    assert.equal(standingAlone(`<presence${attributes}/>`), alone(attributes));
  }
  for (const xml of [alone(""), `<iq id="1" xmlns='q'/>`, "<r xmlns='q'/>", "<message-x/>"]) {
    assert.equal(standingAlone(xml), xml);
  }
});
