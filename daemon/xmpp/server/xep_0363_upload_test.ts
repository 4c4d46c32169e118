import assert from "node:assert/strict";
import { el, type Element, NS } from "../core/mod.ts";
import { conditionOf, DOMAIN, type TestClient, until } from "./testing.ts";
import { type WebBed, withWeb } from "./web/testing.ts";

const SERVICE = `upload.${DOMAIN}`;

interface Slot {
  url: string;
  headers: Record<string, string>;
}

function request(client: TestClient, attrs: Record<string, string>): Promise<Element> {
  return client.request("get", el("request", { xmlns: NS.upload, ...attrs }), SERVICE);
}

async function slotOf(
  client: TestClient,
  size: number,
  filename = "a.bin",
  type?: string,
): Promise<Slot> {
  const answer = await request(client, {
    filename,
    size: String(size),
    ...(type === undefined ? {} : { "content-type": type }),
  });
  const slot = answer.getChild("slot", NS.upload);
  assert.ok(slot, answer.toString());
  const put = slot.getChild("put")!;
  const header = put.getChild("header")!;
  assert.equal(put.attrs.url, slot.getChild("get")!.attrs.url);
  return { url: put.attrs.url!, headers: { [header.attrs.name!.toLowerCase()]: header.getText() } };
}

/** Uploads `body`; the URL it is at. */
async function stored(bed: WebBed, client: TestClient, body: string, name?: string, type?: string) {
  const { url, headers } = await slotOf(client, body.length, name, type);
  const { status } = await bed.ask(url, { method: "PUT", headers, body });
  assert.equal(status, 201);
  return url;
}

function filesIn({ folder }: WebBed): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}

Deno.test("upload: found by discovery, a slot, the file goes up and comes down", () =>
  withWeb(async (bed) => {
    const anna = await bed.login("anna");
    const items = await anna.request("get", el("query", { xmlns: NS.discoItems }), DOMAIN);
    assert.match(items.toString(), /jid="upload\.test\.simppd"/);
    const info = await anna.request("get", el("query", { xmlns: NS.discoInfo }), SERVICE);
    assert.match(info.toString(), /category="store" type="file"/);
    assert.match(info.toString(), /var="max-file-size"><value>104857600</);

    const url = await stored(bed, anna, "hello", "Grüße.png", "image/png");
    assert.match(url, /^https:\/\/test\.simppd:\d+\/upload\/[\w-]{32}\/Gr%C3%BC%C3%9Fe\.png$/);
    const { status, text, headers } = await bed.ask(url);
    assert.deepEqual([status, text], [200, "hello"]);
    assert.equal(headers["content-type"], "image/png");
    assert.match(headers["content-disposition"]!, /^attachment; .*filename\*=UTF-8''Gr%C3%BC/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.match(String(headers["content-security-policy"]), /default-src 'none'; sandbox/);
    assert.equal(headers["access-control-allow-origin"], "*");
    const head = await bed.ask(url, { method: "HEAD" });
    assert.deepEqual([head.status, head.text, head.headers["content-length"]], [200, "", "5"]);
    const options = await bed.ask(url, { method: "OPTIONS" });
    assert.equal(options.status, 204);
    assert.match(options.headers["access-control-allow-headers"]!, /Authorization/);
    assert.equal((await bed.ask(url, { method: "DELETE" })).status, 405);
    const { uploads, uploadBytes } = await bed.server.stats();
    assert.deepEqual([uploads, uploadBytes], [1, 5]);
    assert.match(filesIn(bed)[0]!, /^[0-9a-f]{32}$/);
  }));

Deno.test("upload: what a browser could run comes down as bytes", () =>
  withWeb(async (bed) => {
    const anna = await bed.login("anna");
    for (const type of ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript"]) {
      const url = await stored(bed, anna, "<script>alert(1)</script>", "page.html", type);
      const { headers } = await bed.ask(url);
      assert.equal(headers["content-type"], "application/octet-stream");
      assert.match(headers["content-disposition"]!, /^attachment/);
    }
  }));

Deno.test("upload: parts of a file, and ranges that are none", () =>
  withWeb(async (bed) => {
    const url = await stored(bed, await bed.login("anna"), "0123456789");
    const part = async (range: string) => {
      const { status, text, headers } = await bed.ask(url, { headers: { range } });
      return [status, text, headers["content-range"]];
    };
    assert.deepEqual(await part("bytes=2-4"), [206, "234", "bytes 2-4/10"]);
    assert.deepEqual(await part("bytes=-2"), [206, "89", "bytes 8-9/10"]);
    assert.deepEqual((await part("bytes=10-"))[0], 416);
    assert.deepEqual((await part("bytes=10-"))[2], "bytes */10");
    assert.deepEqual(await part("bytes=0-0,1-1"), [200, "0123456789", undefined]);
    assert.deepEqual(await part("bytes=5-1"), [200, "0123456789", undefined]);
  }));

Deno.test("upload: requests that are wrong get no slot", () =>
  withWeb(async ({ login, server }) => {
    const anna = await login("anna");
    const wrong: Record<string, string>[] = [
      {},
      { filename: "a" },
      { size: "5" },
      { filename: "", size: "5" },
      { filename: "..", size: "5" },
      { filename: "x".repeat(1_001), size: "5" },
      ...["0", "-1", "1.5", "1e3", "0x10", " 5", "9".repeat(20), "NaN"].map((size) => ({
        filename: "a",
        size,
      })),
      { filename: "a", size: "5", "content-type": "text" },
      { filename: "a", size: "5", "content-type": "text/html\r\nX: y" },
    ];
    for (const attrs of wrong) {
      const condition = conditionOf(await request(anna, attrs));
      assert.equal(condition, "bad-request", JSON.stringify(attrs));
    }
    const set = await anna.request("set", el("request", { xmlns: NS.upload }), SERVICE);
    assert.equal(conditionOf(set), "bad-request");
    const other = await anna.request("get", el("what", { xmlns: "urn:x" }), SERVICE);
    assert.equal(conditionOf(other), "service-unavailable");
    assert.equal(server.storage.uploads.taken().files, 0);
  }));

Deno.test("upload: too large a file, too many slots, a full quota say so, and when to come back", () =>
  withWeb(async (bed) => {
    const anna = await bed.login("anna");
    const tooLarge = await request(anna, { filename: "a", size: "101" });
    assert.equal(conditionOf(tooLarge), "not-acceptable");
    const limit = tooLarge.getChild("error")!.getChild("file-too-large", NS.upload)!;
    assert.equal(limit.getChildText("max-file-size"), "100");

    // Asked for all at once: what is promised never passes the quota.
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => request(anna, { filename: "a", size: "90" })),
    );
    const refused = answers.filter(({ attrs }) => attrs.type === "error");
    assert.equal(refused.length, 8);
    for (const answer of refused) {
      assert.equal(conditionOf(answer), "resource-constraint");
      const error = answer.getChild("error")!;
      assert.equal(error.attrs.type, "wait");
      assert.ok(Date.parse(error.getChild("retry", NS.upload)!.attrs.stamp!) > Date.now());
    }
    const small = await request(anna, { filename: "a", size: "10" });
    assert.ok(small.getChild("slot", NS.upload));
    const fourth = await request(anna, { filename: "a", size: "1" });
    assert.match(fourth.toString(), /3 slots wait/);
    // Another account has its own.
    const bert = await bed.login("bert");
    await slotOf(bert, 90);
    const inAll = await request(bert, { filename: "a", size: "30" });
    assert.match(inAll.toString(), /the server has no room/);
  }, { uploadFileBytes: 100, uploadBytes: 190, uploadSlots: 3, uploadBytesInAll: 300 }));

Deno.test("upload: PUT wants the slot's secret, name, length and type; nothing else is kept", () =>
  withWeb(async (bed) => {
    const anna = await bed.login("anna");
    const bert = await bed.login("bert");
    const { url, headers } = await slotOf(anna, 5, "a.txt", "text/plain; charset=utf-8");
    const other = await slotOf(bert, 5);
    const put = async (to: string, more: Record<string, string>, body?: string) =>
      (await bed.ask(to, { method: "PUT", headers: more, body })).status;
    assert.equal(await put(url, {}, "hello"), 403);
    assert.equal(await put(url, other.headers, "hello"), 403);
    assert.equal(
      await put(url, { authorization: `${headers.authorization} x` }, "hello"),
      403,
    );
    for (
      const wrong of [
        url.replace("a.txt", "a.html"),
        url.replace("a.txt", "..%2fa.txt"),
        url.replace("a.txt", "%ff"),
        url.replace("/a.txt", ""),
        `${url}/`,
        url.replace(/upload\/./, "upload/!"),
        url.replace(/upload\/.{32}/, `upload/${"A".repeat(32)}`),
      ]
    ) assert.equal(await put(wrong, headers, "hello"), 404, wrong);
    assert.equal(await put(url, headers, "hell"), 413);
    assert.equal(await put(url, headers, "hello!"), 413);
    assert.equal(await put(url, { ...headers, "content-length": "1000000" }, "hello"), 413);
    assert.equal(await put(url, { ...headers, "transfer-encoding": "chunked" }), 411);
    assert.equal(await put(url, { ...headers, "content-type": "text/html" }, "hello"), 415);
    assert.deepEqual(filesIn(bed), []);
    assert.equal((await bed.ask(url)).status, 404);
    assert.equal(await put(url, { ...headers, "content-type": "text/plain" }, "hello"), 201);
    assert.equal(await put(url, headers, "other"), 409);
    assert.equal((await bed.ask(url)).text, "hello");
  }));

Deno.test("upload: a PUT that is cut off leaves nothing, and its slot is open again", () =>
  withWeb(async (bed) => {
    const anna = await bed.login("anna");
    const { url, headers } = await slotOf(anna, 10);
    const conn = await bed.connectTls();
    const head = `PUT ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n` +
      `Authorization: ${headers.authorization}\r\n\r\n`;
    await conn.write(new TextEncoder().encode(`${head}hello`));
    await until(() => filesIn(bed).length === 1);
    // While it comes, it is not there, and nobody else can put it.
    assert.equal((await bed.ask(url)).status, 404);
    assert.equal((await bed.ask(url, { method: "PUT", headers, body: "0123456789" })).status, 409);
    conn.close();
    await until(() => filesIn(bed).length === 0);
    assert.equal((await bed.ask(url)).status, 404);
    const again = await bed.ask(url, { method: "PUT", headers, body: "0123456789" });
    assert.equal(again.status, 201);
    assert.equal((await bed.ask(url)).text, "0123456789");
  }));

Deno.test("upload: a PUT and a GET that stall are ended", () =>
  withWeb(async (bed) => {
    const anna = await bed.login("anna");
    const { url, headers } = await slotOf(anna, 10);
    const path = new URL(url).pathname;
    await bed.raw(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n` +
        `Authorization: ${headers.authorization}\r\n\r\nhello`,
    );
    await until(() => filesIn(bed).length === 0);
    const large = "x".repeat(20_000_000);
    const there = await stored(bed, anna, large);
    const conn = await bed.connectTls();
    await conn.write(
      new TextEncoder().encode(`GET ${new URL(there).pathname} HTTP/1.1\r\nHost: x\r\n\r\n`),
    );
    // Not read until the server has given up; then less than all comes.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    let came = 0;
    const buffer = new Uint8Array(65_536);
    for (let n; (n = await conn.read(buffer).catch(() => null)) !== null;) came += n;
    conn.close();
    assert.ok(came < large.length, `${came} bytes came`);
  }, { httpsStallMs: 400 }));

Deno.test("upload: one PUT of many at once gets the slot", () =>
  withWeb(async (bed) => {
    const { url, headers } = await slotOf(await bed.login("anna"), 5);
    const bodies = ["aaaaa", "bbbbb", "ccccc", "ddddd"];
    const replies = await Promise.all(
      bodies.map((body) => bed.ask(url, { method: "PUT", headers, body })),
    );
    const statuses = replies.map(({ status }) => status);
    assert.deepEqual([...statuses].sort(), [201, 409, 409, 409]);
    assert.equal((await bed.ask(url)).text, bodies[statuses.indexOf(201)]);
  }));

Deno.test("upload: slots run out, files grow old, and accounts take theirs along", () =>
  withWeb(async (bed) => {
    const anna = await bed.login("anna");
    const bert = await bed.login("bert");
    const { limits, storage } = bed.server;
    const slot = await slotOf(anna, 5);
    const url = await stored(bed, anna, "hello");
    const his = await stored(bed, bert, "world");
    Object.assign(limits, { uploadSlotMs: 0 });
    const late = await bed.ask(slot.url, { method: "PUT", headers: slot.headers, body: "hello" });
    assert.ok(late.status === 410 || late.status === 404);
    anna.send(
      el("iq", { type: "set", id: "r" }, el("query", { xmlns: NS.register }, el("remove"))),
    );
    await until(() => filesIn(bed).length === 1);
    assert.equal((await bed.ask(url)).status, 404);
    assert.equal((await bed.ask(his)).text, "world");
    assert.equal(storage.uploads.taken("anna").files, 0);

    assert.equal(storage.uploads.removeOld(Date.now() + 1, Date.now() + 1).length, 1);
    assert.equal((await bed.ask(his)).status, 404);
  }));

Deno.test("upload: without room on the disk there are no slots, and what comes is refused", () =>
  withWeb(async (bed) => {
    const anna = await bed.login("anna");
    const { url, headers } = await slotOf(anna, 5);
    Object.assign(bed.server.limits, { uploadDiskReserve: Infinity });
    const full = await request(anna, { filename: "a", size: "5" });
    assert.equal(conditionOf(full), "resource-constraint");
    const put = await bed.ask(url, { method: "PUT", headers, body: "hello" });
    assert.equal(put.status, 507);
    assert.match(put.text, /disk of the server is full/);
    assert.deepEqual(filesIn(bed), []);
    Object.assign(bed.server.limits, { uploadDiskReserve: 0 });
    assert.equal((await bed.ask(url, { method: "PUT", headers, body: "hello" })).status, 201);
  }));
