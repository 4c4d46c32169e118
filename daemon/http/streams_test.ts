import assert from "node:assert/strict";
import { FakeApp, fakePicture } from "../../tests/fake_app.ts";
import { fromUtf8, sleep } from "../base/mod.ts";
import { type HttpDoor, startHttp } from "./mod.ts";

const TOKEN = "t".repeat(43);
const HEADERS = "\r\nContent-Type: image/jpeg\r\n\r\n";

async function withDoor(run: (door: HttpDoor, app: FakeApp) => Promise<void>, heartbeat?: number) {
  const app = new FakeApp();
  const door = await startHttp({
    app,
    port: 0,
    token: TOKEN,
    instance: app.instance,
    dashboard: { html: "", script: "", style: "", scanner: "" },
    ...(heartbeat === undefined ? {} : { heartbeat }),
  });
  try {
    await run(door, app);
  } finally {
    await door.close();
  }
}

/** A raw connection that asks for `path` and is read piece by piece. */
class Viewer {
  #got = new Uint8Array();
  readonly #conn: Deno.TcpConn;
  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }
  static async open(door: HttpDoor, path: string): Promise<Viewer> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: door.port });
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\n` +
      `Authorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`;
    await conn.write(new TextEncoder().encode(request));
    return new Viewer(conn);
  }
  /** Everything received so far, without HTTP's chunk framing. */
  get body(): string {
    const text = latin1(this.#got);
    const at = text.indexOf("\r\n\r\n");
    let rest = at < 0 ? "" : text.slice(at + 4);
    let body = "";
    for (let match; (match = /^([0-9a-f]+)\r\n/i.exec(rest));) {
      const size = parseInt(match[1]!, 16);
      const from = match[0].length;
      if (size === 0 || rest.length < from + size + 2) break;
      body += rest.slice(from, from + size);
      rest = rest.slice(from + size + 2);
    }
    return body;
  }
  get head(): string {
    return latin1(this.#got).split("\r\n\r\n")[0]!;
  }
  /** Reads until `enough` or the end; @returns whether it was enough */
  async until(enough: () => boolean): Promise<boolean> {
    const chunk = new Uint8Array(1 << 16);
    while (!enough()) {
      const n = await this.#conn.read(chunk);
      if (n === null) return enough();
      const got = new Uint8Array(this.#got.length + n);
      got.set(this.#got);
      got.set(chunk.subarray(0, n), this.#got.length);
      this.#got = got;
    }
    return true;
  }
  close() {
    this.#conn.close();
  }
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

async function eventually(holds: () => boolean, what: string) {
  for (let i = 0; i < 500 && !holds(); i++) await sleep(10);
  assert.ok(holds(), what);
}

Deno.test("a picture is followed at once by the next part's headers, without Content-Length", () =>
  withDoor(async (door, app) => {
    app.remote.publish(fakePicture(1));
    const viewer = await Viewer.open(door, "/calls/call-1/remote.mjpeg");
    try {
      const picture = latin1(fakePicture(1).data);
      assert.ok(await viewer.until(() => viewer.body.split(HEADERS).length === 3));
      assert.match(viewer.head, /content-type: multipart\/x-mixed-replace; boundary=(\S+)/i);
      const boundary = /boundary=(\S+)/i.exec(viewer.head)![1]!;
      const part = `--${boundary}${HEADERS}`;
      assert.equal(viewer.body, `${part}${picture}\r\n${part}`);

      await eventually(() => app.remote.size === 1, "the viewer waits for pictures");
      app.remote.publish(fakePicture(2));
      assert.ok(await viewer.until(() => viewer.body.split(HEADERS).length === 4));
      assert.equal(
        viewer.body,
        `${part}${picture}\r\n${part}${latin1(fakePicture(2).data)}\r\n${part}`,
      );

      app.remote.end();
      assert.equal(await viewer.until(() => false), false, "the stream ends with the call");
    } finally {
      viewer.close();
    }
  }));

Deno.test("a slow viewer skips pictures and nothing queues for it", () =>
  withDoor(async (door, app) => {
    const viewer = await Viewer.open(door, "/calls/call-1/remote.mjpeg");
    try {
      await eventually(() => app.remote.size === 1, "the viewer waits for pictures");
      // Far more than the sockets' buffers hold, while nobody reads.
      const last = 200;
      for (let sequence = 1; sequence <= last; sequence++) {
        app.remote.publish(fakePicture(sequence, 256 * 1024));
        await sleep(2);
      }
      const shown = () => viewer.body.split(HEADERS).slice(1, -1).map((part) => part.charCodeAt(9));
      assert.ok(await viewer.until(() => shown().at(-1) === last), "the newest picture arrives");
      assert.ok(shown().length < last, `${shown().length} of ${last} were queued`);
      assert.deepEqual(shown(), shown().toSorted((a, b) => a - b), "in order");
    } finally {
      viewer.close();
    }
    await eventually(() => app.remote.size === 0, "a viewer that left is let go");
  }));

Deno.test("viewers are bounded, and a slot comes back when one leaves", () =>
  withDoor(async (door, app) => {
    const path = "/calls/call-1/remote.mjpeg";
    const viewers: Viewer[] = [];
    try {
      for (let i = 0; i < 32; i++) viewers.push(await Viewer.open(door, path));
      await eventually(() => app.remote.size === 32, "32 viewers");
      const headers = { authorization: `Bearer ${TOKEN}` };
      const refused = await fetch(door.url + path, { headers });
      assert.equal(refused.status, 503);
      assert.equal((await refused.json()).error.code, "too-many-viewers");
      viewers.pop()!.close();
      await eventually(() => app.remote.size === 31, "a slot is free");
      viewers.push(await Viewer.open(door, path));
      await eventually(() => app.remote.size === 32, "the slot is used");
    } finally {
      for (const viewer of viewers) viewer.close();
    }
  }));

Deno.test("remote.jpg is the newest picture, or says that there is none", () =>
  withDoor(async (door, app) => {
    const ask = () =>
      fetch(`${door.url}/calls/call-1/remote.jpg`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
    const none = await ask();
    assert.equal(none.status, 404);
    assert.equal((await none.json()).error.code, "unknown-picture");
    app.remote.publish(fakePicture(7));
    const some = await ask();
    assert.equal(some.headers.get("content-type"), "image/jpeg");
    assert.deepEqual(await some.bytes(), fakePicture(7).data);
  }));

/** Lets a browser in; @returns its Cookie header */
async function signIn(door: HttpDoor): Promise<string> {
  const reply = await fetch(`${door.url}/api/session`, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin", "content-type": "application/json" },
    body: JSON.stringify({ launch: door.launchLink().split("#launch=")[1] }),
  });
  assert.equal(reply.status, 204);
  return reply.headers.get("set-cookie")!.split(";")[0]!;
}

function socketTo(door: HttpDoor, headers: Record<string, string>): WebSocket {
  const url = `${door.url.replace("http", "ws")}/calls/call-1/remote.ws`;
  const socket = new WebSocket(url, { headers });
  socket.binaryType = "arraybuffer";
  return socket;
}

Deno.test("a WebSocket viewer has one picture in flight and then gets the newest", () =>
  withDoor(async (door, app) => {
    const socket = socketTo(door, { cookie: await signIn(door), origin: door.url });
    const got: number[] = [];
    socket.onmessage = ({ data }) => got.push(new Uint8Array(data)[9]!);
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    await eventually(() => app.remote.size === 1, "the viewer waits for pictures");
    app.remote.publish(fakePicture(1));
    await eventually(() => got.length === 1, "the first picture");
    for (const sequence of [2, 3, 4]) {
      app.remote.publish(fakePicture(sequence));
      await sleep(5);
    }
    assert.deepEqual(got, [1], "nothing more before the answer");
    socket.send("next");
    await eventually(() => got.length === 2, "the next picture");
    assert.deepEqual(got, [1, 4]);
    socket.send("next");
    app.remote.end();
    assert.equal((await closed).code, 1000);
  }));

Deno.test("a WebSocket from another origin, or without one, is refused", () =>
  withDoor(async (door, app) => {
    const cookie = await signIn(door);
    for (const origin of [undefined, "https://evil.example", `http://127.0.0.1:${door.port + 1}`]) {
      const socket = socketTo(door, origin === undefined ? { cookie } : { cookie, origin });
      const outcome = await new Promise((resolve) => {
        socket.onopen = () => resolve("open");
        socket.onerror = (event) => {
          event.preventDefault();
          resolve("refused");
        };
      });
      assert.equal(outcome, "refused", String(origin));
    }
    assert.equal(app.remote.size, 0);
  }));

Deno.test("a WebSocket viewer that speaks out of turn is put out", () =>
  withDoor(async (door, app) => {
    const socket = socketTo(door, { cookie: await signIn(door), origin: door.url });
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    await eventually(() => app.remote.size === 1, "the viewer waits for pictures");
    socket.send("next");
    assert.equal((await closed).code, 1008);
    await eventually(() => app.remote.size === 0, "it is let go");
  }));

Deno.test("events begin with the status, carry type and JSON, and a heartbeat", () =>
  withDoor(async (door, app) => {
    const viewer = await Viewer.open(door, "/api/events");
    try {
      assert.ok(await viewer.until(() => viewer.body.includes("event: status\ndata: {")));
      assert.match(viewer.head, /content-type: text\/event-stream/i);
      const removed = { jid: "line\nbreak@x" };
      app.events.emit({ type: "contact-removed", data: removed });
      const event = `event: contact-removed\ndata: ${JSON.stringify(removed)}\n\n`;
      assert.ok(await viewer.until(() => viewer.body.includes(event)));
      assert.ok(await viewer.until(() => viewer.body.includes("\n: here\n\n")));
    } finally {
      viewer.close();
    }
    await eventually(() => app.events.size === 0, "a client that left is let go");
  }, 20));

Deno.test("an event client that does not keep up is cut off", () =>
  withDoor(async (door, app) => {
    const viewer = await Viewer.open(door, "/api/events");
    try {
      await eventually(() => app.events.size === 1, "the client listens");
      const jid = "x".repeat(64 * 1024);
      for (let i = 0; i < 1000 && app.events.size === 1; i++) {
        app.events.emit({ type: "contact-removed", data: { jid } });
        await sleep(1);
      }
      assert.equal(app.events.size, 0);
    } finally {
      viewer.close();
    }
  }));

Deno.test("streams end when their session does, and when the door closes", async () => {
  let left: Promise<boolean> | undefined;
  let app: FakeApp | undefined;
  await withDoor(async (door, fake) => {
    app = fake;
    const headers = { cookie: await signIn(door), "sec-fetch-site": "same-origin" };
    const stream = await fetch(`${door.url}/api/events`, { headers });
    const pictures = await fetch(`${door.url}/calls/call-1/local.mjpeg`, { headers });
    await fetch(`${door.url}/api/session`, { method: "DELETE", headers });
    assert.ok(fromUtf8(await stream.bytes()).includes("event: status"));
    await pictures.bytes();

    const viewer = await Viewer.open(door, "/calls/call-1/local.mjpeg");
    await eventually(() => fake.local.size === 1, "the viewer waits for pictures");
    left = viewer.until(() => false).finally(() => viewer.close());
  });
  assert.equal(await left, false);
  assert.equal(app!.events.size + app!.local.size, 0);
});
