import assert from "node:assert/strict";
import { request as nodeRequest } from "node:http";
import { FakeApp } from "../../../tests/fake_app.ts";
import { type DisplaySource, memorySource } from "../../app/mod.ts";
import { type Bytes, toBase64, utf8 } from "../../base/mod.ts";
import { sha256 } from "../../crypto/mod.ts";
import { DisplayDoor } from "./display_door.ts";

const DASHBOARD = "http://127.0.0.1:7467";
const frame = {
  "sec-fetch-dest": "iframe",
  "sec-fetch-mode": "navigate",
  "sec-fetch-site": "same-site",
};
const element = (dest: string) => ({
  "origin": "null",
  "sec-fetch-dest": dest,
  "sec-fetch-mode": "cors",
  "sec-fetch-site": "cross-site",
});

interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Uint8Array;
  text: string;
}

/** Asks with exactly these headers. */
function get(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = nodeRequest(url, { method, agent: false, headers }, (response) => {
      const parts: Uint8Array[] = [];
      response.on("data", (part: Uint8Array) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const body = new Uint8Array(parts.flatMap((part) => [...part]));
        const text = new TextDecoder().decode(body);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text });
      });
    });
    request.on("error", reject);
    request.end();
  });
}

/** Neither picture nor sound to look at: the first bytes are what makes it a video. */
function video(size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at++) bytes[at] = at % 251;
  bytes.set(utf8("\0\0\0\x20ftypisom"), 0);
  return bytes;
}

async function withDoor(
  work: (bed: {
    app: FakeApp;
    door: DisplayDoor;
    clock: { now: number };
    show: (bytes: Bytes, source?: DisplaySource) => Promise<string>;
    life: AbortController;
  }) => Promise<void>,
) {
  const app = new FakeApp();
  const clock = { now: 0 };
  const life = new AbortController();
  const script = new Uint8Array([0x1f, 0x8b]);
  const dashboards = [DASHBOARD, "http://localhost:7467"];
  const door = new DisplayDoor({ app, dashboards, script, now: () => clock.now });
  let made = 0;
  const show = async (bytes: Bytes, source = memorySource(bytes, "x")) => {
    const item = await app.stage.offer({
      id: `file-${++made}`,
      place: `place-${made}`,
      from: "bob@fake.example",
      mine: false,
      verified: true,
      displayer: true,
      name: "x",
      source: () => Promise.resolve(source),
    });
    assert.equal(item?.state, "showing");
    return item!.id;
  };
  try {
    await work({ app, door, clock, show, life });
  } finally {
    await door.close();
    await app.stage.close();
  }
}

const srcOf = (page: Reply) => /src="([^"]+)"/.exec(page.text)![1]!;

Deno.test("what is shown has a page of its own: once, framed by the dashboard, nothing running", () =>
  withDoor(async ({ door, show, life }) => {
    const { url, sandbox, kind } = await door.open(await show(video(1000)), life.signal);
    assert.deepEqual([kind, sandbox], ["video", "allow-scripts"]);
    const page = await get(url, frame);
    assert.equal(page.status, 200);
    const policy = String(page.headers["content-security-policy"]);
    assert.match(policy, /^sandbox allow-scripts; default-src 'none'; media-src http:\/\/127\.0/);
    assert.ok(!policy.includes("allow-same-origin") && !policy.includes("unsafe"));
    const scripts = [...page.text.matchAll(/<script>(.*?)<\/script>/g)].map(([, text]) => text!);
    const hashes = scripts.map((text) => `'sha256-${toBase64(sha256(utf8(text)))}'`);
    assert.equal(/script-src ([^;]+)/.exec(policy)![1], hashes.join(" "), "its own words alone");
    assert.equal(scripts.length, 1);
    assert.match(policy, /frame-ancestors http:\/\/127\.0\.0\.1:7467 http:\/\/localhost:7467$/);
    assert.match(policy, /connect-src 'none'/);
    assert.equal(page.headers["x-content-type-options"], "nosniff");
    assert.equal(page.headers["referrer-policy"], "no-referrer");
    assert.equal(page.headers["cache-control"], "no-store");
    assert.equal(page.headers["set-cookie"], undefined);
    assert.equal((await get(url, frame)).status, 404, "a page opens once");
    const file = await get(srcOf(page), element("video"));
    assert.equal(file.headers["content-type"], "video/mp4");
    assert.deepEqual(file.body, video(1000));
    assert.equal(file.headers["cross-origin-resource-policy"], "same-origin");
    assert.equal(file.headers["access-control-allow-origin"], "null");
  }));

Deno.test("a text is shown escaped, within bounds", () =>
  withDoor(async ({ door, show, life }) => {
    const html = `<script>alert("1")</script>&amp;</pre><img src=x onerror=alert(1)>`;
    const { url, sandbox } = await door.open(await show(utf8(html)), life.signal);
    assert.equal(sandbox, "");
    const page = await get(url, frame);
    assert.ok(page.text.includes("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;"));
    assert.equal(page.text.match(/<(script|img|pre)\b/g)!.join(), "<pre");
    assert.match(String(page.headers["content-security-policy"]), /^sandbox; default-src 'none';/);
    const long = await door.open(await show(utf8("ab\n".repeat(1 << 20))), life.signal);
    const cut = await get(long.url, frame);
    assert.ok(cut.text.length < (1 << 18) + 30_000 && cut.text.includes("\n…\n</div></pre>"));
  }));

Deno.test("seeking gets the parts it asks for; abuse of ranges gets nothing", () =>
  withDoor(async ({ door, show, life }) => {
    const bytes = video(600_000);
    let largest = 0;
    const source = memorySource(bytes, "x");
    const counted: DisplaySource = {
      ...source,
      read: (offset, length) => {
        if (offset > 0) largest = Math.max(largest, length);
        return source.read(offset, length);
      },
    };
    const opened = await door.open(await show(bytes, counted), life.signal);
    const url = srcOf(await get(opened.url, frame));
    const part = async (range: string) => await get(url, { ...element("video"), range });
    const middle = await part("bytes=300000-300009");
    assert.equal(middle.status, 206);
    assert.equal(middle.headers["content-range"], "bytes 300000-300009/600000");
    assert.deepEqual(middle.body, bytes.slice(300_000, 300_010));
    const whole = await part("bytes=0-");
    assert.deepEqual([whole.status, whole.body.length], [206, 600_000]);
    assert.ok(largest <= 256 * 1024, "no more than a piece is read at a time");
    for (const wrong of ["bytes=600000-", `bytes=${"0-1,".repeat(200)}0-1`, "bytes=9-1", "x"]) {
      const refused = await part(wrong);
      assert.equal(refused.status, 416, wrong.slice(0, 20));
      assert.equal(refused.headers["content-range"], "bytes */600000");
      assert.equal(refused.body.length, 0);
    }
  }));

Deno.test("streams that are left open give way to new ones", () =>
  withDoor(async ({ door, show, life }) => {
    const bytes = video(30_000_000);
    const opened = await door.open(await show(bytes), life.signal);
    const url = srcOf(await get(opened.url, frame));
    let ended = 0;
    const requests = Array.from(
      { length: 20 },
      () =>
        new Promise<ReturnType<typeof nodeRequest>>((resolve, reject) => {
          const request = nodeRequest(
            url,
            { agent: false, headers: element("video") },
            (response) => {
              response.on("close", () => ended++).on("error", () => {});
              resolve(request); // it is never read
            },
          );
          request.on("error", reject).end();
        }),
    );
    const open = await Promise.all(requests);
    const last = await get(url, { ...element("video"), range: "bytes=5-9" });
    assert.deepEqual(last.body, bytes.slice(5, 10));
    for (const request of open) {
      request.on("error", () => {});
      request.destroy();
    }
    for (let tries = 0; ended < 20 && tries < 200; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(ended, 20);
  }));

Deno.test("whoever else asks is refused, with the right URL too", () =>
  withDoor(async ({ door, show, life }) => {
    const id = await show(video(100));
    const { url } = await door.open(id, life.signal);
    const { port } = new URL(url);
    const refusals: [Record<string, string>, number, string?][] = [
      [{}, 403],
      [{ ...frame, "sec-fetch-dest": "document" }, 403],
      [{ ...frame, "sec-fetch-site": "none" }, 403],
      [{ ...frame, "sec-fetch-mode": "cors", "origin": "http://evil.example" }, 403],
      [{ ...frame, host: "evil.example" }, 421],
      [{ ...frame, host: `localhost:${port}` }, 421],
      [{ ...frame, host: `127.0.0.1.evil.example:${port}` }, 421],
      [{ ...frame, host: "127.0.0.1" }, 421],
      [frame, 405, "POST"],
      [frame, 405, "OPTIONS"],
      [frame, 405, "HEAD"],
    ];
    for (const [headers, status, method] of refusals) {
      const reply = await get(url, headers, method);
      assert.equal(reply.status, status, JSON.stringify([headers, method]));
      assert.ok(!reply.text.includes("/file/"));
    }
    const file = srcOf(await get(url, frame));
    const others: Record<string, string>[] = [
      {},
      { ...element("video"), origin: "http://evil.example" },
      { ...element("video"), origin: DASHBOARD },
      { ...element("video"), "sec-fetch-mode": "no-cors" },
      { ...element("image") },
      { ...element("empty") },
      { ...element("video"), "sec-fetch-site": "none" },
      frame,
    ];
    for (const headers of others) {
      const reply = await get(file, headers);
      assert.equal(reply.status, 403, JSON.stringify(headers));
      assert.equal(reply.headers["access-control-allow-origin"], undefined);
    }
    const rebound = await get(file, { ...element("video"), host: `evil.example:${port}` });
    assert.equal(rebound.status, 421);
    const origin = `http://127.0.0.1:${port}`;
    for (const path of ["/", "/api/status", "/file/", "/file/x", `${new URL(file).pathname}/x`]) {
      assert.equal((await get(origin + path, element("video"))).status, 404, path);
    }
    assert.equal((await get(`${file}?x`, element("video"))).status, 404);
  }));

Deno.test("a URL ends with what it shows, its session, its time and the lock", () =>
  withDoor(async ({ app, door, clock, show, life }) => {
    const opened = async (signal = life.signal) => {
      const id = await show(video(100));
      const made = await door.open(id, signal);
      return { id, ...made, file: srcOf(await get(made.url, frame)) };
    };
    const isGone = async ({ file }: { file: string }) =>
      (await get(file, element("video")).catch(() => ({ status: 404 }))).status === 404;
    const kept = await opened();
    const closed = await opened();
    app.stage.dismiss(closed.id);
    assert.ok(await isGone(closed));
    const shut = await opened();
    await door.shut(shut.handle);
    assert.ok(await isGone(shut));
    assert.throws(() => door.bytes(shut.handle), { code: "unknown-display" });
    const session = new AbortController();
    const signedOut = await opened(session.signal);
    session.abort();
    assert.ok(await isGone(signedOut));
    assert.ok(!await isGone(kept));

    const late = await door.open(await show(video(100)), life.signal);
    clock.now += 30_000;
    assert.equal((await get(late.url, frame)).status, 404, "a page waits 30 s");
    clock.now += 3600_000;
    assert.ok(await isGone(kept), "an hour without use");

    const locked = await opened();
    app.events.emit({ type: "status", data: { ...app.status(), locked: true } });
    assert.ok(await isGone(locked));
    assert.equal(door.port, undefined, "nothing listens when nothing is open");
    await assert.rejects(door.open(closed.id, life.signal), { code: "unknown-display" });

    const raced = await show(video(100));
    const opening = door.open(raced, life.signal);
    app.stage.dismiss(raced);
    await assert.rejects(opening, { code: "unknown-display" });
    assert.equal(door.port, undefined);
  }));

Deno.test("a stream ends when its file is taken off the stage", () =>
  withDoor(async ({ app, door, show, life }) => {
    let closed = false;
    const bytes = video(50_000_000);
    const source = { ...memorySource(bytes, "x"), close: () => void (closed = true) };
    const id = await show(bytes, source);
    closed = false; // it was closed after it was looked at
    const { url } = await door.open(id, life.signal);
    const file = srcOf(await get(url, frame));
    const ended = new Promise<void>((resolve) => {
      nodeRequest(file, { agent: false, headers: element("video") }, (response) => {
        response.once("data", () => app.stage.dismiss(id));
        response.on("error", () => {}).on("close", () => resolve());
      }).on("error", () => {}).end();
    });
    await ended;
    for (let tries = 0; !closed && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(closed);
  }));

Deno.test("of many frames the oldest give way", () =>
  withDoor(async ({ door, show, life }) => {
    const ids = [await show(video(100)), await show(video(100))];
    const first = await door.open(ids[0]!, life.signal);
    for (let at = 0; at < 16; at++) await door.open(ids[at % 2]!, life.signal);
    assert.equal((await get(first.url, frame)).status, 404);
  }));
