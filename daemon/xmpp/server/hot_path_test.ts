import assert from "node:assert/strict";
import { el, NS } from "../core/mod.ts";
import { DOMAIN, withServer } from "./testing.ts";

Deno.test("between two who are online, what no archive may have asks the database nothing", () =>
  withServer(async ({ server, online }) => {
    const alice = await online("alice");
    const bob = await online("bob");
    const exchange = async (count: number) => {
      for (let i = 0; i < count; i++) {
        for (const to of [bob.jid, `bob@${DOMAIN}`]) {
          const fleeting = el("no-permanent-store", { xmlns: NS.hints });
          alice.send(el("message", { to, type: "chat" }, el("body", {}, String(i)), fleeting));
          await bob.message();
        }
        const id = `${count} ${i}`;
        alice.send(el("iq", { type: "get", id, to: bob.jid }, el("query", { xmlns: "urn:q" })));
        await bob.until(({ attrs }) => attrs.id === id);
        bob.send(el("iq", { type: "result", id, to: alice.jid }));
        await alice.until(({ attrs }) => attrs.id === id);
      }
    };
    // What the archive keeps is written, some of it together; here nothing is to be.
    const prefs = { xmlns: NS.archive, default: "never" };
    for (const client of [alice, bob]) {
      await client.request("set", el("prefs", prefs, el("always"), el("never")));
    }
    await exchange(1);
    const before = server.storage.database.executed;
    await exchange(20);
    assert.equal(server.storage.database.executed, before);

    const block = el("block", { xmlns: NS.blocking }, el("item", { jid: `alice@${DOMAIN}` }));
    assert.equal((await bob.request("set", block)).attrs.type, "result");
    alice.send(el("message", { to: bob.jid, id: "blocked" }, el("body", {}, "?")));
    const [error] = await alice.settle();
    assert.equal(error?.attrs.id, "blocked", "what is remembered follows what is written");
    assert.deepEqual(await bob.settle(), []);
  }));

Deno.test("an account made anew under an old name has nothing of the old one's blocklist", () =>
  withServer(async ({ online }) => {
    const bob = await online("bob");
    const block = el("block", { xmlns: NS.blocking }, el("item", { jid: `alice@${DOMAIN}` }));
    await bob.request("set", block);
    bob.send(
      el("iq", { type: "set", id: "r" }, el("query", { xmlns: NS.register }, el("remove"))),
    );
    await bob.ended;
    const again = await online("bob");
    const alice = await online("alice");
    alice.send(el("message", { to: again.jid }, el("body", {}, "hello")));
    assert.equal((await again.message()).getChildText("body"), "hello");
  }));
