import assert from "node:assert/strict";
import { FakeApp } from "../../tests/fake_app.ts";
import { type HttpDoor, startHttp } from "./mod.ts";

const TOKEN = "t".repeat(43);
const FILE = `/api/files/${"f".repeat(32)}`;
const OCTETS = { "content-type": "application/octet-stream" };

/** Asks as the command line does. */
async function withDoor(
  work: (
    ask: (path: string, init?: RequestInit) => Promise<Response>,
    app: FakeApp,
  ) => Promise<void>,
): Promise<void> {
  const app = new FakeApp();
  const door: HttpDoor = await startHttp({ app, port: 0, token: TOKEN, instance: app.instance });
  try {
    await work((path, init = {}) => {
      const headers = { ...init.headers, authorization: `Bearer ${TOKEN}` };
      return fetch(door.url + path, { ...init, headers });
    }, app);
  } finally {
    await door.close();
  }
}

const codeOf = async (answer: Response) =>
  (await answer.json() as { error: { code: string } }).error.code;

Deno.test("a file's bytes leave as an attachment, under a name that no header is broken by", () =>
  withDoor(async (ask) => {
    const answer = await ask(`${FILE}/bytes`);
    assert.equal(await answer.text(), "a file's bytes");
    assert.equal(answer.headers.get("content-type"), "application/octet-stream");
    assert.equal(answer.headers.get("content-length"), "14");
    assert.equal(
      answer.headers.get("content-disposition"),
      "attachment; filename*=UTF-8''Z%C3%BCrich%20%281%29.txt",
    );
    assert.equal(await codeOf(await ask("/api/files/none/bytes")), "unknown-file");
    // Tickets are for sessions; who shows the token needs none.
    const ticket = await ask(`${FILE}/tickets`, { method: "POST" });
    assert.equal(await codeOf(ticket), "unauthorized");
  }));

Deno.test("a file comes as bytes, and what is asked of it is checked first", () =>
  withDoor(async (ask, app) => {
    const send = (query: Record<string, string>, headers: Record<string, string> = OCTETS) =>
      ask(`/api/files?${new URLSearchParams(query)}`, { method: "POST", headers, body: "12345" });
    const how = { to: "bob@fake.example", name: "a", size: "5" };
    assert.equal((await (await send(how)).json()).size, 5);
    const asked = { to: "bob@fake.example", name: "a", size: 5 };
    assert.deepEqual(app.asked.at(-1), ["sendFile", asked, 5]);
    assert.equal(await codeOf(await send(how, { "content-type": "text/plain" })), "bad-input");
    for (
      const wrong of [{ size: "-1" }, { size: "9".repeat(17) }, { ways: "pigeon" }, { x: "y" }]
    ) {
      assert.equal(await codeOf(await send({ ...how, ...wrong } as typeof how)), "bad-input");
    }
  }));
