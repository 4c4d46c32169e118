import assert from "node:assert/strict";
import { request as nodeRequest } from "node:http";
import { FakeApp, fakePicture } from "../../tests/fake_app.ts";
import { doorProof, type HttpDoor, type HttpOptions, startHttp } from "./mod.ts";

const TOKEN = "t".repeat(43);
const files = { html: "<!doctype html>page", script: "script", style: "style", scanner: "scanner" };

interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Asks with exactly these headers: fetch() sets or forbids those that matter here. */
function ask(
  door: HttpDoor,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Uint8Array,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = nodeRequest({
      host: "127.0.0.1",
      port: door.port,
      method,
      path,
      agent: false,
      headers: { host: `127.0.0.1:${door.port}`, ...headers },
    }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => text += chunk);
      response.on(
        "end",
        () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function withDoor(
  run: (door: HttpDoor, app: FakeApp) => Promise<void>,
  options: Partial<HttpOptions> = {},
) {
  const app = new FakeApp();
  const door = await startHttp({
    app,
    port: 0,
    token: TOKEN,
    instance: app.instance,
    dashboard: files,
    ...options,
  });
  try {
    await run(door, app);
  } finally {
    await door.close();
  }
}

const cli = { authorization: `Bearer ${TOKEN}` };
const sameOrigin = { "sec-fetch-site": "same-origin" };
const jsonBody = { "content-type": "application/json" };
const navigation = {
  "sec-fetch-site": "cross-site",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};

/** Lets a browser in; @returns the headers of its page */
async function signIn(door: HttpDoor): Promise<{ cookie: string; "x-simppd-page": string }> {
  const launch = door.launchLink().split("#launch=")[1]!;
  const reply = await ask(
    door,
    "POST",
    "/api/session",
    { ...sameOrigin, ...jsonBody },
    JSON.stringify({ launch }),
  );
  assert.equal(reply.status, 200, reply.text);
  return {
    cookie: reply.headers["set-cookie"]![0]!.split(";")[0]!,
    "x-simppd-page": JSON.parse(reply.text).page,
  };
}

function refused(reply: Reply, status: number, code: string) {
  assert.equal(reply.status, status, reply.text);
  assert.equal(JSON.parse(reply.text).error.code, code);
}

Deno.test("a foreign Host is refused before anything else, with the fix", () =>
  withDoor(async (door) => {
    for (const host of ["evil.example", `evil.example:${door.port}`, "127.0.0.1:1", "127.0.0.1"]) {
      const reply = await ask(door, "GET", "/", { ...navigation, host });
      refused(reply, 421, "wrong-host");
      assert.ok(JSON.parse(reply.text).error.message.includes(door.url), reply.text);
    }
    refused(
      await ask(door, "GET", "/api/status", { ...cli, host: "evil.example" }),
      421,
      "wrong-host",
    );
    for (const host of [`localhost:${door.port}`, `[::1]:${door.port}`]) {
      assert.equal((await ask(door, "GET", "/api/status", { ...cli, host })).status, 200);
    }
  }));

Deno.test("an absolute request target cannot smuggle another host in", () =>
  withDoor(async (door) => {
    const reply = await ask(door, "GET", "http://evil.example/api/status", cli);
    assert.ok(reply.status === 421 || reply.status === 400, reply.text);
  }));

Deno.test("a foreign Origin is refused, even with the right token or cookie", () =>
  withDoor(async (door) => {
    const page = await signIn(door);
    for (const origin of ["https://evil.example", "null", `http://127.0.0.1:${door.port + 1}`]) {
      refused(await ask(door, "GET", "/api/status", { ...cli, origin }), 403, "foreign-request");
      refused(
        await ask(door, "GET", "/api/status", { ...sameOrigin, ...page, origin }),
        403,
        "foreign-request",
      );
    }
    const origin = door.url;
    assert.equal(
      (await ask(door, "GET", "/api/status", { ...sameOrigin, ...page, origin })).status,
      200,
    );
  }));

Deno.test("another local port's page gets nothing: pictures, API and events alike", () =>
  withDoor(async (door) => {
    const page = await signIn(door);
    const site = { ...page, "sec-fetch-site": "same-site" };
    for (
      const path of ["/api/status", "/api/events", "/calls/call-1/remote.mjpeg", "/app.js", "/"]
    ) refused(await ask(door, "GET", path, site), 403, "foreign-request");
    refused(await ask(door, "POST", "/api/invitations", site), 403, "foreign-request");
  }));

Deno.test("a session without Fetch Metadata is not enough", () =>
  withDoor(async (door) => {
    const page = await signIn(door);
    refused(await ask(door, "GET", "/api/status", page), 403, "foreign-request");
    assert.equal((await ask(door, "GET", "/api/status", { ...page, ...sameOrigin })).status, 200);
  }));

/** What a program on another port has once a browser came by there: the cookie, and any header. */
Deno.test("the cookie alone opens nothing but the files, whatever else is forged", () =>
  withDoor(async (door, app) => {
    const { cookie, "x-simppd-page": own } = await signIn(door);
    const other = await signIn(door);
    const forged = { ...sameOrigin, origin: door.url, cookie };
    for (
      const headers of [
        forged,
        { ...forged, "x-simppd-page": "" },
        { ...forged, "x-simppd-page": other["x-simppd-page"] },
        { ...forged, cookie: "", "x-simppd-page": own },
      ]
    ) {
      for (const path of ["/api/status", "/api/events", "/api/openapi.json"]) {
        refused(await ask(door, "GET", path, headers), 401, "unauthorized");
      }
      for (const view of ["remote.mjpeg", "local.jpg", "remote.ws"]) {
        refused(await ask(door, "GET", `/calls/call-1/${view}`, headers), 401, "unauthorized");
      }
      for (const path of ["/api/invitations", "/api/calls/call-1/tickets"]) {
        refused(await ask(door, "POST", path, headers), 401, "unauthorized");
      }
      refused(await ask(door, "DELETE", "/api/session", headers), 401, "unauthorized");
    }
    assert.deepEqual(app.asked, []);
    const page = { ...forged, "x-simppd-page": own };
    assert.equal((await ask(door, "GET", "/api/status", page)).status, 200);
  }));

Deno.test("a ticket opens one view of one call, once, for 30 s, in its own session", () => {
  let now = 0;
  return withDoor(async (door, app) => {
    app.remote.publish(fakePicture(1));
    const { cookie, ...token } = await signIn(door);
    const other = await signIn(door);
    const make = async (view: string) => {
      const body = JSON.stringify({ view });
      const headers = { ...sameOrigin, ...jsonBody, ...token, cookie };
      const reply = await ask(door, "POST", "/api/calls/call-1/tickets", headers, body);
      assert.equal(reply.status, 200, reply.text);
      return JSON.parse(reply.text).ticket as string;
    };
    const show = (path: string, ticket: string, by = cookie) =>
      ask(door, "GET", `${path}?ticket=${ticket}`, { ...sameOrigin, cookie: by });
    const picture = "/calls/call-1/remote.jpg";

    const ticket = await make("remote.jpg");
    assert.equal((await show(picture, ticket)).status, 200);
    refused(await show(picture, ticket), 401, "unauthorized");

    refused(await show(picture, await make("local.jpg")), 401, "unauthorized");
    refused(await show("/calls/call-2/remote.jpg", await make("remote.jpg")), 401, "unauthorized");
    refused(await show("/api/status", await make("remote.jpg")), 401, "unauthorized");
    refused(await show(picture, await make("remote.jpg"), other.cookie), 401, "unauthorized");
    refused(await show(picture, await make("remote.jpg"), ""), 401, "unauthorized");
    const old = await make("remote.jpg");
    now += 30_000;
    refused(await show(picture, old), 401, "unauthorized");

    const orphan = await make("remote.jpg");
    await ask(door, "DELETE", "/api/session", { ...sameOrigin, ...token, cookie });
    refused(await show(picture, orphan), 401, "unauthorized");
    const body = JSON.stringify({ view: "remote.jpg" });
    const by = { ...cli, ...jsonBody };
    refused(await ask(door, "POST", "/api/calls/call-1/tickets", by, body), 401, "unauthorized");
  }, { now: () => now });
});

Deno.test("a page names no file of this machine", () =>
  withDoor(async (door, app) => {
    const how = { to: "bob@fake.example", name: "a", size: "5", path: "/etc/passwd" };
    const path = `/api/files?${new URLSearchParams(how)}`;
    const octets = { "content-type": "application/octet-stream" };
    const page = { ...sameOrigin, ...octets, ...await signIn(door) };
    refused(await ask(door, "POST", path, page, "12345"), 400, "bad-input");
    assert.deepEqual(app.asked, []);
    assert.equal((await ask(door, "POST", path, { ...cli, ...octets }, "12345")).status, 200);
  }));

Deno.test("the door proves that it knows the token, to no browser and not without end", () => {
  let now = 0;
  return withDoor(async (door) => {
    const nonce = "n".repeat(43);
    const prove = (headers: Record<string, string> = {}, body = JSON.stringify({ nonce })) =>
      ask(door, "POST", "/api/proof", { ...jsonBody, ...headers }, body);
    const { proof } = JSON.parse((await prove()).text);
    assert.equal(proof, doorProof(TOKEN, door.port, nonce));
    assert.notEqual(proof, doorProof(TOKEN, door.port + 1, nonce));
    assert.notEqual(proof, doorProof("other", door.port, nonce));
    for (const headers of [sameOrigin, { "sec-fetch-site": "none" }, { origin: door.url }]) {
      refused(await prove(headers), 403, "foreign-request");
    }
    refused(await prove({}, JSON.stringify({ nonce: "short" })), 400, "bad-input");
    for (let i = 0; i < 98; i++) await prove();
    refused(await prove(), 429, "too-many-attempts");
    now += 1000;
    assert.equal((await prove()).status, 200);
  }, { now: () => now });
});

Deno.test("a top-level navigation gets the page and nothing but the page", () =>
  withDoor(async (door) => {
    const page = await signIn(door);
    const reply = await ask(door, "GET", "/", navigation);
    assert.equal(reply.text, files.html);
    for (const path of ["/api/status", "/calls/call-1/remote.jpg", "/app.js"]) {
      refused(await ask(door, "GET", path, { ...navigation, ...page }), 403, "foreign-request");
    }
    const frame = { ...navigation, "sec-fetch-dest": "iframe" };
    refused(await ask(door, "GET", "/", frame), 403, "foreign-request");
  }));

Deno.test("without a token, or with a wrong one, nobody is let in", () =>
  withDoor(async (door) => {
    for (const path of ["/api/status", "/api/events", "/api/openapi.json", "/nothing"]) {
      refused(await ask(door, "GET", path, sameOrigin), 401, "unauthorized");
    }
    for (const authorization of ["Bearer wrong", "Bearer", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
      refused(await ask(door, "GET", "/api/status", { authorization }), 401, "unauthorized");
    }
    const cookie = "simppd-fake1234=guess";
    refused(await ask(door, "GET", "/api/status", { ...sameOrigin, cookie }), 401, "unauthorized");
  }));

Deno.test("wrong tokens are bounded, and never lock the right one out", () =>
  withDoor(async (door) => {
    const wrong = { authorization: "Bearer wrong" };
    for (let i = 0; i < 30; i++) {
      refused(await ask(door, "GET", "/api/status", wrong), 401, "unauthorized");
    }
    refused(await ask(door, "GET", "/api/status", wrong), 429, "too-many-attempts");
    assert.equal((await ask(door, "GET", "/api/status", cli)).status, 200);
  }));

Deno.test("a launch token works once and for two minutes", () => {
  let now = 0;
  return withDoor(async (door) => {
    const trade = (launch: string) =>
      ask(door, "POST", "/api/session", { ...sameOrigin, ...jsonBody }, JSON.stringify({ launch }));
    const token = () => door.launchLink().split("#launch=")[1]!;

    const used = token();
    const reply = await trade(used);
    assert.equal(reply.status, 200);
    const cookie = reply.headers["set-cookie"]![0]!;
    for (const part of ["simppd-fake1234=", "HttpOnly", "SameSite=Strict", "Path=/"]) {
      assert.ok(cookie.includes(part), cookie);
    }
    refused(await trade(used), 401, "unauthorized");

    const old = token();
    now += 2 * 60_000;
    refused(await trade(old), 401, "unauthorized");

    const first = token();
    for (let i = 0; i < 16; i++) token();
    refused(await trade(first), 401, "unauthorized");
  }, { now: () => now });
});

Deno.test("a launch link is made for the command line only", () =>
  withDoor(async (door) => {
    const page = await signIn(door);
    refused(
      await ask(door, "POST", "/api/launch", { ...sameOrigin, ...page }),
      401,
      "unauthorized",
    );
    const { link } = JSON.parse((await ask(door, "POST", "/api/launch", cli)).text);
    assert.ok(link.startsWith(`${door.url}/#launch=`), link);
  }));

Deno.test("a session ends by signing out, by age, without use, and when 32 newer ones came", () => {
  let now = 0;
  const day = 24 * 3600_000;
  return withDoor(async (door) => {
    const status = async (page: Record<string, string>) =>
      (await ask(door, "GET", "/api/status", { ...sameOrigin, ...page })).status;
    const out = await signIn(door);
    assert.equal(
      (await ask(door, "DELETE", "/api/session", { ...sameOrigin, ...out })).status,
      204,
    );
    assert.equal(await status(out), 401);

    const unused = await signIn(door);
    const used = await signIn(door);
    now += day - 1;
    assert.equal(await status(used), 200);
    now += 1;
    assert.equal(await status(unused), 401);
    for (let i = 0; i < 12; i++) {
      assert.equal(await status(used), 200);
      now += day / 2;
    }
    assert.equal(await status(used), 401);

    const crowded = await signIn(door);
    for (let i = 0; i < 32; i++) await signIn(door);
    assert.equal(await status(crowded), 401);
  }, { now: () => now });
});

Deno.test("bodies are bounded, typed and strict", () =>
  withDoor(async (door, app) => {
    const post = (body: string | Uint8Array, headers: Record<string, string> = jsonBody) =>
      ask(door, "POST", "/api/contacts", { ...cli, ...headers }, body);

    refused(await post(JSON.stringify({ jid: "x".repeat(70_000) })), 413, "too-large");
    const chunked = { ...jsonBody, "transfer-encoding": "chunked" };
    refused(await post("x".repeat(70_000), chunked), 413, "too-large");
    refused(await post("{", jsonBody), 400, "bad-input");
    const long = JSON.stringify({ body: "x".repeat(10_001) });
    const path = "/api/contacts/bob%40fake.example/messages";
    const headers = { ...cli, ...jsonBody };
    refused(await ask(door, "POST", path, headers, long), 400, "bad-input");
    refused(await post(Uint8Array.of(0x22, 0xff, 0x22)), 400, "bad-input");
    refused(await post("[".repeat(60_000)), 400, "bad-input");
    refused(await post(`{"jid":"a@b"}`, { "content-type": "text/plain" }), 415, "not-json");
    refused(await post(`{"jid":7}`), 400, "bad-input");
    refused(await post(`{}`), 400, "bad-input");
    refused(await post(`[]`), 400, "bad-input");
    refused(await post(`null`), 400, "bad-input");
    refused(await post(`{"jid":"a@b","__proto__":{"x":1}}`), 400, "bad-input");
    const unknown = await post(`{"jid":"a@b","admin":true}`);
    refused(unknown, 400, "bad-input");
    assert.ok(unknown.text.includes("admin"), unknown.text);
    refused(await ask(door, "GET", "/api/contacts?all=1", cli), 400, "bad-input");
    const messages = "/api/contacts/bob%40fake.example/messages";
    refused(await ask(door, "GET", `${messages}?limit=501`, cli), 400, "bad-input");
    refused(await ask(door, "GET", `${messages}?before=x`, cli), 400, "bad-input");
    refused(
      await ask(door, "PATCH", "/api/calls/call-1", { ...cli, ...jsonBody }, `{"size":"9x9"}`),
      400,
      "bad-input",
    );
    assert.deepEqual(app.asked, []);

    assert.equal((await post(`{"jid":"a@b"}`)).status, 200);
    assert.equal((await ask(door, "GET", `${messages}?limit=5&before=9`, cli)).status, 200);
    assert.deepEqual(app.asked, [
      ["addContact", { jid: "a@b" }],
      ["messages", "bob@fake.example", { limit: 5, before: 9 }],
    ]);
  }));

Deno.test("an error leaves as code and sentence; what is internal stays inside", () =>
  withDoor(async (door) => {
    refused(
      await ask(door, "GET", "/api/calls/other", cli),
      404,
      "unknown-call",
    );
    refused(
      await ask(door, "PATCH", "/api/contacts/x%40y", { ...cli, ...jsonBody }, "{}"),
      404,
      "unknown-contact",
    );
    const reply = await ask(door, "GET", "/api/contacts/crash%40fake.example/messages", cli);
    refused(reply, 500, "internal");
    assert.ok(!reply.text.includes("secret"), reply.text);
  }));

Deno.test("no path leads to a file", () =>
  withDoor(async (door) => {
    const paths = [
      "/../etc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/..%2f..%2fetc/passwd",
      "/app.js/../../deno.json",
      "/calls/../../etc/passwd/remote.jpg",
      "/calls/%2e%2e%2f%2e%2e/remote.jpg",
      "/calls/call-1%00/remote.jpg",
      "/index.html",
      "//etc/passwd",
    ];
    for (const path of paths) {
      const reply = await ask(door, "GET", path, cli);
      assert.equal(reply.status, 404, `${path}: ${reply.text}`);
    }
  }));

Deno.test("other methods are refused, so that no preflight ever succeeds", () =>
  withDoor(async (door) => {
    for (const method of ["OPTIONS", "HEAD", "TRACE"]) {
      const reply = await ask(door, method, "/api/status", cli);
      assert.equal(reply.status, 405, method);
      assert.equal(reply.headers["access-control-allow-origin"], undefined);
    }
  }));

Deno.test("every answer carries the headers that keep it here", () =>
  withDoor(async (door) => {
    for (const [path, status] of [["/", 200], ["/api/status", 200], ["/no", 404]] as const) {
      const { headers, status: got } = await ask(door, "GET", path, cli);
      assert.equal(got, status);
      assert.equal(headers["cross-origin-resource-policy"], "same-origin");
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["referrer-policy"], "no-referrer");
      const features = String(headers["permissions-policy"]);
      assert.match(features, /^camera=\(self\), microphone=\(\)/);
      const csp = String(headers["content-security-policy"]);
      assert.ok(csp.includes("default-src 'none'") && csp.includes("frame-ancestors 'none'"), csp);
      assert.ok(!csp.includes("unsafe"), csp);
      assert.equal(headers["cache-control"], path === "/" ? "no-cache" : "no-store");
    }
  }));

Deno.test("a port that was asked for by name and is taken is an error", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const app = new FakeApp();
  const { port } = taken.addr;
  const options = { app, port, token: "t".repeat(43), instance: app.instance };
  try {
    await assert.rejects(startHttp({ ...options, exact: true }), { code: "port-in-use" });
  } finally {
    taken.close();
  }
});

Deno.test("a taken port falls back to a free one", () =>
  withDoor((first) =>
    withDoor((second) => {
      assert.notEqual(second.port, first.port);
      return Promise.resolve();
    }, { port: first.port })
  ));
