import assert from "node:assert/strict";
import { el, type Element, NS, StanzaError } from "../core/mod.ts";
import type { Service } from "./services.ts";
import { DOMAIN, withServer } from "./testing.ts";

const ECHO = `echo.${DOMAIN}`;

/** Keeps what it gets, and refuses what says so. */
function echo(): Service & { got: Element[] } {
  const got: Element[] = [];
  return {
    name: "Echo",
    got,
    receive(stanza) {
      got.push(stanza);
      if (stanza.getChild("refuse") !== undefined) throw new StanzaError("auth", "forbidden");
    },
  };
}

Deno.test("a service gets stanzas of its domain with a true sender, and its refusals go back", () =>
  withServer(async ({ server, login }) => {
    const service = echo();
    server.services.add(ECHO, service);
    const anna = await login("anna");
    anna.send(el("message", { to: `x@${ECHO}`, type: "chat", id: "m1" }, el("body", {}, "hi")));
    const error = await anna.request("get", el("refuse", { xmlns: "urn:x" }), `x@${ECHO}/y`);
    assert.equal(error.attrs.type, "error");
    assert.deepEqual(service.got.map(({ name, attrs }) => [name, attrs.from, attrs.to]), [
      ["message", anna.jid, `x@${ECHO}`],
      ["iq", anna.jid, `x@${ECHO}/y`],
    ]);
    const items = await anna.request("get", el("query", { xmlns: NS.discoItems }), DOMAIN);
    assert.match(items.toString(), new RegExp(`jid="${ECHO}"`));
  }));

Deno.test("a service learns when who sent it presence is gone, also when it is blocked", () =>
  withServer(async ({ server, online }) => {
    const service = echo();
    server.services.add(ECHO, service);
    const anna = await online("anna");
    anna.send(el("presence", { to: `room@${ECHO}/Anna` }));
    await anna.request(
      "set",
      el("block", { xmlns: NS.blocking }, el("item", { jid: `room@${ECHO}/Anna` })),
    );
    anna.close();
    const bert = await online("bert");
    for (let turn = 0; service.got.length < 2 && turn < 50; turn++) {
      await bert.request("get", el("ping", { xmlns: NS.ping }));
    }
    assert.deepEqual(service.got.map(({ attrs }) => [attrs.type, attrs.from]), [
      [undefined, anna.jid],
      ["unavailable", anna.jid],
    ]);
  }));

Deno.test("what a service delivers comes to accounts, is kept for absent ones, or comes back", () =>
  withServer(async ({ server, login, online }) => {
    const service = echo();
    server.services.add(ECHO, service);
    const from = `room@${ECHO}`;
    const message = (to: string, text: string) =>
      el("message", { xmlns: NS.client, from, to, type: "chat", id: text }, el("body", {}, text));
    const anna = await online("anna");
    server.deliver(message(anna.jid, "one"));
    assert.equal((await anna.until((s) => s.is("message"), "one")).getChildText("body"), "one");
    await (await login("bert")).close();
    server.deliver(message(`bert@${DOMAIN}`, "two"));
    server.deliver(message(`nobody@${DOMAIN}`, "three"));
    const back = service.got.find(({ attrs }) => attrs.id === "three");
    assert.equal(back?.attrs.type, "error");
    const bert = await online("bert");
    assert.equal((await bert.until((s) => s.is("message"), "two")).getChildText("body"), "two");
  }));

Deno.test("presence for a service that went does not reach an account of that name", () =>
  withServer(async ({ server, online }) => {
    const service = echo();
    const end = server.services.add(ECHO, service);
    const anna = await online("anna", "phone");
    const eve = await online("eve");
    eve.send(el("presence", { to: `anna@${ECHO}/phone` }));
    await eve.request("get", el("ping", { xmlns: NS.ping }));
    end();
    eve.send(el("presence", { type: "unavailable" }));
    await eve.request("get", el("ping", { xmlns: NS.ping }));
    server.deliver(
      el("message", { xmlns: NS.client, from: ECHO, to: anna.jid }, el("body", {}, "end")),
    );
    const seen = await anna.until((s) => s.attrs.from === eve.jid || s.is("message"), "the end");
    assert.equal(seen.name, "message");
  }));
