import assert from "node:assert/strict";
import { el, type Element, NS } from "../core/mod.ts";
import { HeldBack } from "./stream/held_back.ts";
import { PASSWORD, type TestBed, type TestClient, until, withSqliteServer } from "./testing.ts";
import { chat, ManagedClient } from "./testing_managed.ts";

const typing = (to: string, state: string) =>
  el("message", { to, type: "chat" }, el(state, { xmlns: NS.chatStates }));
const status = (text: string) => el("presence", {}, el("status", {}, text));

/** What the server wrote to `client`, pings apart, once all of `from` was handled. */
async function came(from: TestClient, client: TestClient): Promise<string[]> {
  await from.settle();
  await new Promise((resolve) => setTimeout(resolve, 30));
  return client.inbox.splice(0).map(said);
}

function said(stanza: Element): string {
  const child = stanza.getChildElements()[0];
  return [stanza.getName(), stanza.attrs.type, child?.getText() || child?.getName()]
    .filter(Boolean).join(" ");
}

/** Two sessions of one account: each sees the other's presence. */
async function pair(bed: TestBed): Promise<[TestClient, TestClient]> {
  const phone = await bed.online("alice", "phone");
  const other = await bed.online("alice", "other");
  await phone.presence(undefined, other.jid);
  await phone.settle();
  return [phone, other];
}

Deno.test("while inactive the newest presence and typing wait, and come before a message", async () => {
  await withSqliteServer(async (bed) => {
    const [phone, other] = await pair(bed);
    phone.send(el("inactive", { xmlns: NS.clientState }));
    await phone.request("get", el("ping", { xmlns: NS.ping }));
    for (const text of ["one", "two", "three"]) other.send(status(text));
    other.send(typing(phone.jid, "composing"));
    other.send(typing(phone.jid, "paused"));
    assert.deepEqual(await came(other, phone), []);
    other.send(chat(phone.jid, "hello"));
    assert.deepEqual(await came(other, phone), [
      "presence three",
      "message chat paused",
      "message chat hello",
    ]);
    other.send(status("four"));
    assert.deepEqual(await came(other, phone), [], "it is still inactive");
    phone.send(el("active", { xmlns: NS.clientState }));
    await phone.presence();
    other.send(status("five"));
    assert.deepEqual(await came(other, phone), ["presence five"]);
  });
});

Deno.test("what waits for one that is cut off does not fill its queue, and comes when it is back", async () => {
  await withSqliteServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const alice = new ManagedClient(bed.server.port, "alice");
    await alice.start();
    const other = await bed.online("alice", "other");
    const session = bed.server.sessions.get(
      bed.server.address("alice").withResource("managed"),
    )!;
    await until(() => session.management!.unacknowledged === 0);
    await alice.cut();
    await until(() => session.outlet === undefined);
    for (let i = 0; i < 50; i++) other.send(status(String(i)));
    await other.settle();
    assert.equal(session.management!.unacknowledged, 0);
    await alice.resume();
    const presence = await alice.client!.presence(undefined, other.jid);
    assert.equal(presence.getChildText("status"), "49");
    await alice.settle();
    await alice.cut();
  });
});

Deno.test("HeldBack keeps nothing that matters, and is bounded", () => {
  const held = new HeldBack();
  const kept = (stanza: Element) => held.keep(stanza, String(stanza));
  const room = el(
    "presence",
    { from: "room@muc/x" },
    el("x", { xmlns: NS.mucUser }, el("status", { code: "110" })),
  );
  const message = (...children: Element[]) => el("message", { from: "a@b/c" }, ...children);
  const composing = el("composing", { xmlns: NS.chatStates });
  for (
    const stanza of [
      el("presence", { type: "subscribe", from: "a@b" }),
      el("presence", { type: "error", from: "a@b" }),
      room,
      message(el("body", {}, "x")),
      message(composing, el("body", {}, "x")),
      message(composing, el("store", { xmlns: NS.hints })),
      message(el("received", { xmlns: NS.receipts })),
      el("iq", { type: "get" }),
    ]
  ) assert.equal(kept(stanza), false, String(stanza));
  assert.ok(kept(el("presence", { from: "a@b/c" })));
  assert.ok(kept(el("presence", { from: "a@b/c", type: "unavailable" })));
  assert.ok(kept(message(composing, el("no-store", { xmlns: NS.hints }))));
  const copy = (inner: Element) =>
    message(el("sent", { xmlns: NS.carbons }, el("forwarded", { xmlns: NS.forward }, inner)));
  const inner = (...children: Element[]) => el("message", { xmlns: NS.client }, ...children);
  assert.ok(kept(copy(inner(composing))));
  assert.ok(!kept(copy(inner(el("body", {}, "x")))));
  assert.equal(held.take().length, 3);
  assert.deepEqual(held.take(), []);
  for (let i = 0; !held.full; i++) {
    assert.ok(i < 1_000 && kept(el("presence", { from: `a@b/${i}` })));
  }
  assert.equal(held.take().length, 500);
});
