import assert from "node:assert/strict";
import { Emitter, toBase64, toHex } from "../base/mod.ts";
import { CALL_NS, type Calls } from "../call/mod.ts";
import { OpenError, systemRandom } from "../crypto/mod.ts";
import {
  type KeyDirectory,
  type Received,
  Simpp,
  SIMPP_NS,
  type SimppEvent,
} from "../simpp/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import type { AppEvent } from "../views/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";
import type { Chats } from "./chats.ts";
import { receiveInto } from "./inbox.ts";
import type { People } from "./people.ts";
import type { PlainLink, Withheld } from "./plain_link.ts";
import type { SealedLink, SendOptions, Unopened } from "./sealed_link.ts";

const ALICE = "alice@example.test";
const MALLORY = "mallory@example.test";
const MINUTE = 60_000;

/** An inbox whose surroundings write down what they are asked to do; the clock is the test's. */
function inboxOf(simpp: Simpp, contacts: { blocked?: boolean } | null = {}) {
  const clock = { now: 0 };
  const sent: (SendOptions & { to: string })[] = [];
  const lines: string[] = [];
  const resent: string[] = [];
  const rung: string[] = [];
  const link = {
    received: new Emitter<Received>(),
    unopened: new Emitter<Unopened>(),
    refused: new Emitter<string>(),
    refuse: () => {},
    send: (to: string, _: readonly Element[], options: SendOptions) => {
      sent.push({ to, ...options });
      return Promise.resolve({ suite: "simpp-pq" });
    },
  };
  const plain = {
    received: new Emitter(),
    states: new Emitter(),
    withheld: new Emitter<Withheld>(),
    unread: new Emitter(),
    ended: new Emitter(),
  };
  const people = {
    has: () => contacts !== null,
    isBlocked: () => contacts?.blocked ?? false,
    isStranger: () => contacts === null,
    get: () => ({ name: "Mallory" }),
    stranger: () => {},
    introduce: () => {},
    touch: () => {},
  };
  const answered: boolean[] = [];
  const chats = {
    receive: (_: Received, __: string, answer: boolean) => answered.push(answer),
    line: (_: string, __: string, text: string) => lines.push(text),
    resend: (contact: string) => resent.push(contact),
  };
  receiveInto({
    simpp,
    link: link as unknown as SealedLink,
    plain: plain as unknown as PlainLink,
    people: people as unknown as People,
    chats: chats as unknown as Chats,
    calls: { receive: () => rung.push(MALLORY) } as unknown as Calls,
    events: new Emitter<AppEvent>(),
    nick: () => "Alice",
    now: () => clock.now,
    firstProof: () => false,
    isPeer: () => false,
    jid: () => ALICE,
  });
  return { clock, sent, lines, resent, answered, rung, link, plain };
}

/** The end-to-end layer of one person, on a database and a directory in memory. */
async function layerOf(jid: string, published: Map<string, Uint8Array<ArrayBuffer>>) {
  const db = openDatabase(":memory:", MIGRATIONS);
  const put = (name: string, encoded: Uint8Array<ArrayBuffer>) =>
    Promise.resolve(void published.set(name, encoded));
  const directory: KeyDirectory = {
    fetchDevices: (owner) => Promise.resolve(published.get(owner)),
    fetchBundle: (owner, device) => Promise.resolve(published.get(`${owner}/${device}`)),
    fetchOneTime: () => Promise.resolve(undefined),
    publishDevices: (encoded) => put(jid, encoded),
    publishBundle: (device, encoded) => put(`${jid}/${device}`, encoded),
    publishOneTime: () => Promise.resolve(),
    retractOneTime: () => Promise.resolve(),
  };
  const simpp = new Simpp({ db, vault: new Vault(systemRandom(32), systemRandom), directory });
  simpp.setAccount(jid);
  await simpp.publish();
  return { simpp, [Symbol.dispose]: () => db.close() };
}

/** Something that looks sealed and opens with no key, from a device of the sender's choice. */
function garbage(sid: string, did: string): Element {
  const packet = toBase64(Uint8Array.of(2, ...systemRandom(200)));
  return el("simpp", { xmlns: SIMPP_NS, sid }, el("for", { did }, packet));
}

/** An end-to-end layer of which a test emits the events itself. */
function eventsOnly(isListed: (jid: string, device: string) => boolean, suite = "simpp-pq") {
  const events = new Emitter<SimppEvent>();
  const sessions = () => [{ suite }];
  return { events, simpp: { events, sessions, trust: { isListed } } as unknown as Simpp };
}

Deno.test("a session that was renewed with the paper's profile is called weak", () => {
  const { events, simpp } = eventsOnly(() => true, "simpp-2009");
  const { lines, link } = inboxOf(simpp);
  events.emit({ type: "renewed", jid: MALLORY, device: "0".repeat(16) });
  assert.match(lines[0]!, /weak paper profile/);
  events.emit({ type: "changed", jid: MALLORY });
  assert.equal(lines[1], "Mallory's keys changed.");
  link.refused.emit(MALLORY);
  assert.match(lines[2]!, /no receipts come back/);
});

Deno.test("what came late in clear raises no alarm, what comes now does", () => {
  const { events: _, simpp } = eventsOnly(() => true);
  const { clock, lines, plain } = inboxOf(simpp);
  plain.withheld.emit({ from: MALLORY, code: "plain-older" });
  assert.equal(lines[0], "Older messages that were not encrypted are not shown.");
  clock.now += MINUTE;
  plain.withheld.emit({ from: MALLORY, code: "plain-from-simppd" });
  assert.match(lines[1]!, /may be forged .* ask Mallory whether they wrote from another program/);
});

Deno.test("a contact that names one unlisted device after another gets one renewal a minute", async () => {
  const published = new Map<string, Uint8Array<ArrayBuffer>>();
  using alice = await layerOf(ALICE, published);
  using mallory = await layerOf(MALLORY, published);
  await alice.simpp.refresh(MALLORY);
  const inbox = inboxOf(alice.simpp);
  const attack = async () => {
    for (let n = 0; n < 100; n++) {
      const sid = toHex(systemRandom(8));
      await assert.rejects(
        alice.simpp.open(MALLORY, garbage(sid, alice.simpp.device)),
        OpenError,
      );
    }
  };
  await attack();
  assert.equal(inbox.sent.length, 1);
  inbox.clock.now = MINUTE - 1;
  await attack();
  assert.equal(inbox.sent.length, 1);
  inbox.clock.now = MINUTE;
  await attack();
  assert.equal(inbox.sent.length, 2);
  // The device that is really theirs is not held up by that.
  const listed = garbage(mallory.simpp.device, alice.simpp.device);
  for (let n = 0; n < 3; n++) {
    await assert.rejects(alice.simpp.open(MALLORY, listed), OpenError);
  }
  assert.equal(inbox.sent.length, 3);
  const { to, device, renew } = inbox.sent[2]!;
  assert.deepEqual([to, device, renew], [MALLORY, mallory.simpp.device, true]);
});

Deno.test("a contact that lists new devices all the time gets 33 renewals a minute", () => {
  const { events, simpp } = eventsOnly(() => true);
  const { sent } = inboxOf(simpp);
  for (let n = 0; n < 1000; n++) {
    events.emit({ type: "lost", jid: MALLORY, device: toHex(systemRandom(8)) });
  }
  assert.equal(sent.length, 33);
  events.emit({ type: "lost", jid: "bob@example.test", device: toHex(systemRandom(8)) });
  assert.equal(sent.length, 34);
});

Deno.test("strangers and who is blocked get no renewal, no line, and nothing sent again", () => {
  for (const contacts of [null, { blocked: true }]) {
    const { events, simpp } = eventsOnly(() => true);
    const { sent, lines, resent, link } = inboxOf(simpp, contacts);
    events.emit({ type: "lost", jid: MALLORY, device: "0".repeat(16) });
    events.emit({ type: "renewed", jid: MALLORY, device: "0".repeat(16) });
    link.unopened.emit({ from: MALLORY, code: "refused", message: "It does not open." });
    assert.deepEqual([sent, lines, resent], [[], [], []]);
  }
});

Deno.test("what does not open, and a renewed session, is told once a minute", () => {
  const { events, simpp } = eventsOnly(() => true);
  const { clock, lines, resent, link } = inboxOf(simpp);
  const happen = () => {
    for (let n = 0; n < 50; n++) {
      link.unopened.emit({ from: MALLORY, code: "refused", message: "It does not open." });
      events.emit({ type: "renewed", jid: MALLORY, device: "0".repeat(16) });
    }
  };
  happen();
  assert.deepEqual([lines.length, resent.length], [2, 1]);
  clock.now = MINUTE;
  happen();
  assert.deepEqual([lines.length, resent.length], [4, 2]);
});

Deno.test("sessions with one's own devices heal, once a minute", () => {
  const { events, simpp } = eventsOnly(() => false);
  const { sent } = inboxOf(simpp, null);
  for (let n = 0; n < 5; n++) events.emit({ type: "lost", jid: ALICE, device: `${n}`.repeat(16) });
  assert.deepEqual(sent.map(({ to, renew }) => [to, renew]), [[ALICE, true]]);
});

Deno.test("strangers and who is blocked learn nothing, not even that somebody is there", () => {
  for (const contacts of [null, { blocked: true }, {}]) {
    const isContact = contacts !== null && !("blocked" in contacts);
    const { events, simpp } = eventsOnly(() => true);
    const dropped: string[] = [];
    Object.assign(simpp, { drop: (jid: string) => dropped.push(jid) });
    const { sent, answered, rung, link } = inboxOf(simpp, contacts);
    events.emit({ type: "answer", jid: MALLORY, device: "0".repeat(16) });
    const content = [
      el("body", { xmlns: "jabber:client" }, "are you there?"),
      el("propose", { xmlns: CALL_NS }),
    ];
    const envelope = { from: MALLORY, to: ALICE, time: 0, content };
    const received = {
      from: MALLORY,
      device: "0".repeat(16),
      suite: "simpp-pq",
      envelope,
    } as const;
    link.received.emit({ ...received, first: true });
    assert.equal(sent.length, isContact ? 1 : 0);
    assert.deepEqual(answered, "blocked" in (contacts ?? {}) ? [] : [isContact]);
    assert.equal(rung.length > 0, isContact);
    // Whoever says nothing is not remembered; the one in this test is, where they are a contact.
    assert.deepEqual(dropped, contacts === null ? [MALLORY] : []);
  }
});
