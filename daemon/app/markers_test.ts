import assert from "node:assert/strict";
import { join } from "node:path";
import { Emitter } from "../base/mod.ts";
import { SIMPP_NS } from "../simpp/mod.ts";
import { Presence, XmppClient } from "../xmpp/client/mod.ts";
import { el, NS } from "../xmpp/core/mod.ts";
import { App } from "./gate.ts";
import { until } from "./testing_dora.ts";

/** Alice carries a server, Bob joins it; both are contacts. */
async function withCouple(
  work: (alice: App, bob: App, jids: { alice: string; bob: string }) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-seen-" });
  const open = (name: string) => App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
  const [alice, bob] = [await open("alice"), await open("bob")];
  try {
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
    await until(alice.events, () => alice.contacts()[0]?.presence === "online");
    const jidOf = (app: App) => app.status().account!.jid;
    await work(alice, bob, { alice: jidOf(alice), bob: jidOf(bob) });
  } finally {
    await bob.close();
    await alice.close();
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("that one has read a sealed message is told only by choice, and within the seal", () =>
  withCouple(async (alice, bob, jids) => {
    const delivery = () =>
      alice.messages(jids.bob).filter(({ mine }) => mine).map(({ delivery }) => delivery);
    const came = (n: number) =>
      until(
        bob.events,
        () => bob.messages(jids.alice).filter(({ kind }) => kind === "chat").length === n,
      );
    assert.equal(bob.status().tellSeen, false);
    await alice.sendMessage(jids.bob, "one");
    await came(1);
    await until(alice.events, () => delivery()[0] === "delivered");
    await bob.markRead(jids.alice);
    // What was read before the choice stays untold.
    assert.equal((await bob.setTellSeen(true)).tellSeen, true);
    await bob.markRead(jids.alice);
    await alice.sendMessage(jids.bob, "two");
    await came(2);
    await until(alice.events, () => delivery()[1] === "delivered");
    assert.deepEqual(delivery(), ["delivered", "delivered"]);

    // A program without keys on Alice's account gets what Bob's daemon sends, as the server has it.
    await alice.setPassword("pass of alice here");
    const { server } = alice.status();
    const witness = new XmppClient({
      jid: jids.alice,
      password: "pass of alice here",
      trust: { kind: "pin", pin: server!.pin },
      endpoints: [{ host: "127.0.0.1", port: server!.port, tls: "direct" }],
    });
    const seen: string[] = [];
    const witnessed = new Emitter<string>();
    new Presence(witness);
    witness.hooks.message((stanza) => {
      seen.push(stanza.toString());
      witnessed.emit(stanza.toString());
      return true;
    });
    try {
      await witness.connect();
      // Answered in its turn: by then the server knows that the witness is there.
      await witness.iq(el("iq", { type: "get" }, el("ping", { xmlns: NS.ping })));
      await bob.markRead(jids.alice);
      // Who has read one has read what came before it.
      await until(alice.events, () => delivery().every((each) => each === "seen"));
      const { id } = alice.messages(jids.bob).find(({ body }) => body === "two")!;
      await until(witnessed, () => seen.some((stanza) => stanza.includes(SIMPP_NS)));
      assert.equal(seen.some((stanza) => /displayed|chat-markers/.test(stanza)), false);
      assert.equal(seen.some((stanza) => stanza.includes(`"${id}"`)), false);

      // A correction is to be read once more.
      await alice.correctMessage(jids.bob, id, "two, corrected");
      await until(alice.events, () => delivery()[1] === "delivered");
      await bob.markRead(jids.alice);
      await until(alice.events, () => delivery()[1] === "seen");
      await bob.setTellSeen(false);
      await alice.sendMessage(jids.bob, "three");
      await came(3);
      await bob.markRead(jids.alice);
      await bob.sendMessage(jids.alice, "answered");
      await until(alice.events, () => alice.messages(jids.bob).at(-1)?.body === "answered");
      assert.equal(delivery()[2], "delivered");
    } finally {
      await witness.close();
    }
  }));
