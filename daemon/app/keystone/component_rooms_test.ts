import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Emitter } from "../../base/mod.ts";
import type { Component } from "../../xmpp/client/mod.ts";
import { el, type Element, Jid, NS } from "../../xmpp/core/mod.ts";
import { ComponentRooms } from "./component_rooms.ts";

const ROOM = "big@rooms.evil.example";

Deno.test("of a room that shows owners without end 256 are remembered, and a place is free again", async () => {
  let hear: (stanza: Element) => boolean = () => false;
  const component = {
    online: true,
    domain: Jid.parse("keys.example.org"),
    hooks: { presence: (handler: typeof hear) => hear = handler },
    events: new Emitter(),
    iq: () => Promise.resolve(el("iq")),
    send: () => {},
  } as unknown as Component;
  const rooms = new ComponentRooms(component, () => {});
  const show = (nick: string, jid: string, type?: string) => {
    const item = el("item", { affiliation: "owner", jid });
    const attrs = { from: `${ROOM}/${nick}`, ...type === undefined ? {} : { type } };
    hear(el("presence", attrs, el("x", { xmlns: NS.mucUser }, item)));
  };
  const first = rooms.isOwner(ROOM, "early@example.org");
  await new Promise((resolve) => setImmediate(resolve));
  show("early", "early@example.org");
  for (let at = 1; at < 256; at++) show(`n${at}`, `u${at}@evil.example`);
  for (let at = 0; at < 2_000; at++) show(`late${at}`, "late@example.org");
  hear(el("presence", { from: `${ROOM}/Key server` }, el("x", { xmlns: NS.mucUser })));
  assert.equal(await first, true);
  assert.equal(rooms.inside.length, 1);
  // Who was past the bound was not kept; one who goes makes room.
  show("n1", "u1@evil.example", "unavailable");
  assert.equal(await rooms.isOwner(ROOM, "u2@evil.example"), true);
  assert.equal(await rooms.isOwner(ROOM, "late@example.org"), false);
  rooms.close();
});
