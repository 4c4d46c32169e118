import assert from "node:assert/strict";
import { join } from "node:path";
import { SIMPP_NS } from "../simpp/mod.ts";
import { el, type Element, NS } from "../xmpp/core/mod.ts";
import { App } from "./gate.ts";
import { until, withDora } from "./testing_dora.ts";

const REPLACE = "urn:xmpp:message-correct:0";

const bodyOf = (stanza: Element) => stanza.getChildText("body");

Deno.test("nothing is written in clear before the person chose it for that contact", () =>
  withDora(async (alice, dora) => {
    const { id } = await alice.sendMessage(dora.jid, "meant to be sealed");
    const sealed = () => alice.messages(dora.jid).find((message) => message.id === id)!;
    assert.equal(alice.contacts()[0]!.plain, false);
    await alice.changeContact(dora.jid, { plain: true });
    const { id: plain } = await alice.sendMessage(dora.jid, "in clear");
    await dora.heard((stanza) => bodyOf(stanza) === "in clear");
    assert.equal(dora.got.some((stanza) => stanza.toString().includes("meant to be")), false);
    await until(
      alice.events,
      () => alice.messages(dora.jid).find((message) => message.id === plain)?.delivery === "sent",
    );
    assert.equal(alice.messages(dora.jid).at(-1)!.suite, "none");
    // What was written before the choice waits for keys, and fails without them.
    assert.notEqual(sealed().delivery, "sent");
    assert.notEqual(sealed().suite, "none");
    await alice.changeContact(dora.jid, { plain: false });
    await alice.sendMessage(dora.jid, "sealed again");
    assert.notEqual(alice.messages(dora.jid).at(-1)!.suite, "none");
  }));

Deno.test("a chat in clear has receipts and corrections, and every line says what it is", () =>
  withDora(async (alice, dora) => {
    await alice.changeContact(dora.jid, { plain: true });
    dora.say("hello", "message-one", el("request", { xmlns: NS.receipts }));
    await dora.heard((s) => s.getChild("received", NS.receipts)?.attrs.id === "message-one");
    dora.say("hello, Alice", "message-two", el("replace", { xmlns: REPLACE, id: "message-one" }));
    await until(alice.events, () => alice.messages(dora.jid)[0]?.edited === true);
    const [message] = alice.messages(dora.jid);
    assert.equal(message!.body, "hello, Alice");
    assert.equal(message!.suite, "none");
    const { id } = await alice.sendMessage(dora.jid, "good day");
    await dora.heard((stanza) => stanza.attrs.id === id);
    dora.client.send(el(
      "message",
      { to: dora.alice, type: "chat" },
      el("received", { xmlns: NS.receipts, id }),
    ));
    await until(
      alice.events,
      () => alice.messages(dora.jid).find((each) => each.id === id)?.delivery === "delivered",
    );
    // Ids that a program counts from one say nothing: both lines stand.
    dora.say("first", "1");
    dora.say("second", "1");
    await until(alice.events, () => alice.messages(dora.jid).length === 4);
  }));

Deno.test("who is writing is told in clear only where the chat is in clear", () =>
  withDora(async (alice, dora) => {
    const composing = el("composing", { xmlns: NS.chatStates });
    const state = (name: string) => (stanza: Element) =>
      stanza.getChild(name, NS.chatStates) !== undefined;
    const say = (child: Element) =>
      dora.client.send(el("message", { to: dora.alice, type: "chat" }, child));
    // Not chosen: nothing goes, nothing is taken.
    await alice.setTyping(dora.jid, true);
    say(composing);
    // What comes behind it is here, so it was looked at before the chat is in clear.
    dora.client.send(el("presence", {}, el("show", {}, "away")));
    await until(alice.events, () => alice.contacts()[0]!.presence === "away");
    await alice.changeContact(dora.jid, { plain: true });
    await alice.sendMessage(dora.jid, "now in clear");
    await dora.heard((stanza) => bodyOf(stanza) === "now in clear");
    assert.equal(dora.got.some(state("composing")), false);
    assert.equal(alice.contacts()[0]!.typing, false);

    await alice.setTyping(dora.jid, true);
    await dora.heard(state("composing"));
    await alice.setTyping(dora.jid, false);
    await dora.heard(state("paused"));
    assert.ok(dora.got.find(state("paused"))!.getChild("no-store", NS.hints));
    say(composing);
    await until(alice.events, () => alice.contacts()[0]!.typing);
    dora.say("here it is", "message-one");
    await until(alice.events, () => !alice.contacts()[0]!.typing);
    await alice.changeContact(dora.jid, { plain: false });
    const before = dora.got.length;
    await alice.setTyping(dora.jid, true);
    await alice.changeContact(dora.jid, { plain: true });
    await alice.sendMessage(dora.jid, "the last");
    await dora.heard((stanza) => bodyOf(stanza) === "the last");
    assert.equal(dora.got.slice(before).some(state("composing")), false);
  }));

Deno.test("once a contact has shown keys nothing goes or comes in clear any more", () =>
  withDora(async (alice, dora) => {
    const root = await Deno.makeTempDir({ prefix: "simppd-plain-bob-" });
    const bob = await App.open({ state: join(root, "bob"), callHosts: ["127.0.0.1"] });
    try {
      await alice.changeContact(dora.jid, { plain: true });
      await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
      const bobJid = bob.status().account!.jid;
      await until(alice.events, () => alice.contacts().some(({ jid }) => jid === bobJid));
      await assert.rejects(alice.changeContact(bobJid, { plain: true }), { code: "has-keys" });
      await alice.sendMessage(bobJid, "sealed");
      await until(bob.events, () => bob.messages(alice.status().account!.jid).length > 0);
      assert.equal(bob.messages(alice.status().account!.jid)[0]!.suite, "simpp-pq");

      // Dora's account shows Bob's kind of keys from now on.
      const [item] = await dora.pep.fetch(bobJid, `${SIMPP_NS}:devices`, { itemId: "current" });
      await dora.pep.publish(`${SIMPP_NS}:devices`, "current", item!.payload, {
        accessModel: "open",
        maxItems: 1,
        persist: true,
      });
      await until(alice.events, () => !alice.contacts().find(({ jid }) => jid === dora.jid)!.plain);
      await alice.sendMessage(dora.jid, "not in clear");
      await assert.rejects(alice.changeContact(dora.jid, { plain: true }), { code: "has-keys" });
      dora.say("who am I?", "message-three");
      await until(
        alice.events,
        () => alice.messages(dora.jid).some(({ kind }) => kind === "security"),
      );
      assert.equal(alice.messages(dora.jid).some(({ body }) => body === "who am I?"), false);
      assert.equal(dora.got.some((stanza) => stanza.toString().includes("not in clear")), false);
      assert.equal(alice.contacts().find(({ jid }) => jid === dora.jid)!.plain, false);
    } finally {
      await bob.close();
      await Deno.remove(root, { recursive: true });
    }
  }));

Deno.test("how far one has read is told in clear where it is asked for, and heard", () =>
  withDora(async (alice, dora) => {
    const markable = () => el("markable", { xmlns: NS.chatMarkers });
    const displayed = (id: string) => el("displayed", { xmlns: NS.chatMarkers, id });
    dora.say("read me", "message-one", markable());
    await until(alice.events, () => alice.messages(dora.jid).length === 1);
    // Before the choice nothing is told.
    await alice.markRead(dora.jid);
    await alice.changeContact(dora.jid, { plain: true });
    dora.say("and me", "message-two", markable());
    await until(alice.events, () => alice.messages(dora.jid).length === 2);
    await alice.markRead(dora.jid);
    await dora.heard((s) => s.getChild("displayed", NS.chatMarkers)?.attrs.id === "message-two");
    assert.equal(dora.got.some((s) => s.toString().includes("message-one")), false);
    const { id } = await alice.sendMessage(dora.jid, "seen?");
    await dora.heard((s) => s.getChild("markable", NS.chatMarkers) !== undefined);
    dora.client.send(el("message", { to: dora.alice, type: "chat" }, displayed(id)));
    await until(
      alice.events,
      () => alice.messages(dora.jid).find((each) => each.id === id)?.delivery === "seen",
    );
  }));

Deno.test("a link beside a text in clear is kept as it may be shown, and goes with a correction", () =>
  withDora(async (alice, dora) => {
    await alice.changeContact(dora.jid, { plain: true });
    const link = (url: string) => el("x", { xmlns: NS.outOfBand }, el("url", {}, url));
    const shown = () => alice.messages(dora.jid).map(({ link }) => link);
    dora.say("look", "message-one", link("https://b\u0430nk.example/\u202etxt"));
    dora.say("old", "message-two", link("http://example.org/"));
    dora.say("no link", "message-three", link("not a url"));
    await until(alice.events, () => alice.messages(dora.jid).length === 3);
    assert.deepEqual(shown(), [
      "https://xn--bnk-6cd.example/%E2%80%AEtxt",
      "http://example.org/",
      null,
    ]);
    dora.say("not this one", "message-four", el("replace", { xmlns: REPLACE, id: "message-one" }));
    await until(alice.events, () => alice.messages(dora.jid)[0]!.edited);
    assert.equal(shown()[0], null);
  }));
