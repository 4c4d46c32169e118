import assert from "node:assert/strict";
import { FakeApp } from "../../tests/fake_app.ts";
import { startHttp } from "./mod.ts";

const TOKEN = "t".repeat(43);
const known = { authorization: `Bearer ${TOKEN}` };
const OCTETS = { "content-type": "application/octet-stream" };

async function withDoor(run: (url: string, app: FakeApp) => Promise<void>): Promise<void> {
  const app = new FakeApp();
  const dashboard = { html: "", script: "", style: "", scanner: "" };
  const door = await startHttp({ app, port: 0, token: TOKEN, instance: app.instance, dashboard });
  try {
    await run(door.url, app);
  } finally {
    await door.close();
  }
}

Deno.test("a backup goes out as a file, with the server unless told", () =>
  withDoor(async (url, app) => {
    const answer = await fetch(`${url}/api/backup`, {
      method: "POST",
      headers: { ...known, "content-type": "application/json" },
      body: JSON.stringify({ passphrase: "a passphrase" }),
    });
    assert.equal(await answer.text(), "a sealed file");
    assert.match(answer.headers.get("content-disposition")!, /^attachment; filename="simppd-.*"$/);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.deepEqual(app.asked, [["backup", { passphrase: "a passphrase", server: true }]]);
  }));

Deno.test("a backup comes in as a body past the JSON limit, its passphrase in a header", () =>
  withDoor(async (url, app) => {
    const passphrase = "pässphrase ✓";
    const name = { alphabet: "base64url", omitPadding: true } as const;
    const header = new TextEncoder().encode(passphrase).toBase64(name);
    const answer = await fetch(`${url}/api/setup/restore?lost=1`, {
      method: "POST",
      headers: { ...known, ...OCTETS, "simppd-passphrase": header },
      body: "x".repeat(200_000),
    });
    assert.equal(answer.status, 200, await answer.text());
    assert.deepEqual(app.asked, [["restore", { passphrase, lost: true, length: 200_000 }]]);
  }));

Deno.test("nobody unknown backs up, restores or unlocks; malformed uploads are refused", () =>
  withDoor(async (url, app) => {
    const post = async (path: string, headers: Record<string, string>, body: string) => {
      const answer = await fetch(url + path, { method: "POST", headers, body });
      await answer.body?.cancel();
      return answer.status;
    };
    for (const path of ["/api/backup", "/api/setup/restore", "/api/unlock"]) {
      assert.equal(await post(path, OCTETS, "{}"), 403, path);
      assert.equal(await post(path, { ...OCTETS, "sec-fetch-site": "same-origin" }, "{}"), 401);
    }
    const named = { ...known, "simppd-passphrase": "!" };
    assert.equal(await post("/api/setup/restore", { ...named, ...OCTETS }, "x"), 400);
    const json = { ...known, "content-type": "application/json", "simppd-passphrase": "YQ" };
    assert.equal(await post("/api/setup/restore", json, "{}"), 400);
    assert.deepEqual(app.asked, []);
  }));
