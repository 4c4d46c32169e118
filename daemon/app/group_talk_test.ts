import assert from "node:assert/strict";
import { Emitter, utf8 } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import type { GroupKeys, GroupMember, Opened } from "../group/mod.ts";
import { MIGRATIONS, openDatabase, RoomMessages, Vault } from "../store/mod.ts";
import type { Room } from "../xmpp/client/mod.ts";
import { el, type Element, NS } from "../xmpp/core/mod.ts";
import {
  payloadOf,
  readContent,
  roomElements,
  typingElement,
  writeContent,
} from "./group_content.ts";
import { GroupTalk } from "./group_talk.ts";
import { RoomLog } from "./room_log.ts";

const ROOM = "circle@rooms.example.org", ME = "me@example.org", BOB = "bob@example.org";
const EVE = "eve@example.org";
const member = (jid: string): GroupMember => ({
  id: `${jid}/0123456789abcdef`,
  jid,
  device: "0123456789abcdef",
  deviceKey: new Uint8Array(32),
  accountKey: new Uint8Array(32),
  role: "member",
});

/** A talk over keys that are none: what is sealed is the content itself. */
function makeTalk(
  open?: (payload: Uint8Array) => Opened | undefined,
  from: () => string = () => BOB,
) {
  const db = openDatabase(":memory:", MIGRATIONS);
  const messages = new RoomMessages(db, new Vault(systemRandom(32), systemRandom));
  const log = new RoomLog(messages, () => {});
  const said: { id: string; elements: readonly Element[] }[] = [];
  const refused: string[] = [];
  const keys = {
    seal: (content: Uint8Array) => content,
    open: (payload: Uint8Array, origin: { id: string }): Opened =>
      open?.(payload) ?? {
        type: "message",
        message: { origin, from: member(from()), epoch: 1, counter: 1, content: payload },
      } as Opened,
    events: new Emitter(),
    status: { held: 0 },
  } as unknown as GroupKeys;
  const room = { say: (elements: readonly Element[], id: string) => said.push({ id, elements }) };
  const talk = new GroupTalk({
    jid: ROOM,
    keys,
    log,
    own: ME,
    nick: () => "Me",
    nameOf: () => "Bob",
    room: () => room as unknown as Room,
    touch: () => {},
    told: () => {},
    refused: (cause) => refused.push(cause),
    wasTold: () => false,
  });
  const hear = (elements: readonly Element[], id: string, stanzaId: string, at?: number) => {
    const stanza = el("message", { type: "groupchat", id }, ...elements);
    talk.heard({ nick: "bob", stanzaId, id, at, stanza });
  };
  const lines = () =>
    messages.page(ROOM, 50).map(({ kind, body, delivery }) => [kind, body, delivery]);
  return { db, talk, said, refused, hear, lines };
}

Deno.test("one of ours got there when the room repeats what we sealed under its id, and else not", () => {
  const { db, talk, said, hear, lines } = makeTalk();
  talk.send("hello");
  const [{ id, elements }] = said as [{ id: string; elements: readonly Element[] }];
  assert.equal(elements.some(({ name }) => name === "body"), false);
  hear(roomElements(writeContent({ body: "another", id: "n" }), true), id, "1");
  assert.deepEqual(lines()[0], ["chat", "hello", "pending"]);
  hear(elements, id, "2");
  assert.deepEqual(lines()[0], ["chat", "hello", "sent"]);
  db.close();
});

Deno.test("what the room says again under other ids is shown once; a body in clear never", () => {
  const { db, refused, hear, lines } = makeTalk();
  const sealed = roomElements(writeContent({ body: "between us", id: "n" }), true);
  for (const id of ["1", "2", "3"]) hear(sealed, id, `room ${id}`);
  for (const id of ["4", "5"]) hear([el("body", {}, `in clear ${id}`)], id, `room ${id}`);
  // A payload stands for itself, whatever is written beside it.
  hear(
    [el("body", {}, "fallback"), ...roomElements(writeContent({ body: "second", id: "n" }), true)],
    "6",
    "6",
  );
  assert.deepEqual(lines(), [
    ["chat", "between us", null],
    ["notice", "bob wrote in clear: it is not shown.", null],
    ["chat", "second", null],
  ]);
  assert.deepEqual(refused, ["in-clear", "in-clear"]);
  db.close();
});

Deno.test("what is refused is counted each time and told once a minute and cause", () => {
  const sentence = "Forged: a seal or signature is wrong.";
  const { db, refused, hear, lines } = makeTalk(() => ({
    type: "refused",
    cause: "forged",
    sentence,
  }));
  for (const id of ["1", "2", "3"]) hear(roomElements(utf8(`x${id}`), true), id, id);
  assert.deepEqual(refused, ["forged", "forged", "forged"]);
  assert.deepEqual(lines(), [["notice", sentence, null]]);
  db.close();
});

Deno.test("content and payloads read back, and nonsense reads as nothing", () => {
  assert.deepEqual(readContent(writeContent({ body: "a < b & c", id: "n", replaces: "m" })), {
    body: "a < b & c",
    id: "n",
    replaces: "m",
    typing: undefined,
    elements: [],
  });
  assert.equal(readContent(writeContent(typingElement(true)))?.typing, true);
  assert.equal(readContent(writeContent(typingElement(false)))?.typing, false);
  const told = readContent(writeContent(el("clear", { xmlns: "urn:simpp:2:files" })));
  assert.deepEqual([told!.body, told!.elements.map(({ name }) => name)], ["", ["clear"]]);
  for (const nonsense of ["", "<content", "<x/>"]) {
    assert.equal(readContent(utf8(nonsense)), undefined);
  }
  const stanza = el("message", {}, ...roomElements(utf8("payload"), false));
  assert.deepEqual(payloadOf(stanza), utf8("payload"));
  assert.equal(
    payloadOf(el("message", {}, el("group", { xmlns: "urn:simpp:group:1" }, "%%"))),
    undefined,
  );
});

Deno.test("a flood hides no line about safety", () => {
  const { db, talk, hear, lines } = makeTalk();
  for (let n = 0; n < 500; n++) {
    hear(roomElements(writeContent({ body: `spam ${n}`, id: "n" }), true), `i${n}`, `s${n}`);
  }
  for (let n = 0; n < 500; n++) talk.news(`Epoch ${n}: the key was renewed.`);
  talk.news("Somebody stands between.", "safety");
  assert.ok(lines().some(([, body]) => body === "Somebody stands between."));
  db.close();
});

Deno.test("a correction is its author's alone, whatever names others give their messages", () => {
  let author = BOB;
  const { db, hear, lines } = makeTalk(undefined, () => author);
  let n = 0;
  const says = (from: string, said: Parameters<typeof writeContent>[0]) => {
    author = from;
    hear(roomElements(writeContent(said), true), `i${++n}`, `s${n}`);
  };
  says(BOB, { body: "meet at six", id: "one" });
  says(EVE, { body: "I come too", id: "one" });
  says(EVE, { body: "meet at the docks", id: "two", replaces: "one" });
  says(BOB, { body: "meet at seven", id: "three", replaces: "one" });
  assert.deepEqual(lines().map(([, body]) => body), ["meet at seven", "meet at the docks"]);
  says(EVE, { body: "not mine", id: "four", replaces: "three" });
  assert.deepEqual(lines().map(([, body]) => body), [
    "meet at seven",
    "meet at the docks",
    "not mine",
  ]);
  db.close();
});

Deno.test("who writes is known until they say something, stop, or are out; the archive tells nothing", () => {
  const { db, talk, hear } = makeTalk();
  let n = 0;
  const types = (typing: boolean, at?: number) =>
    hear(roomElements(writeContent(typingElement(typing)), false), `i${++n}`, `s${n}`, at);
  types(true, 1_000);
  assert.deepEqual(talk.typing, []);
  for (
    const end of [
      () => types(false),
      () => hear(roomElements(writeContent({ body: "said", id: "n" }), true), "x", `x${++n}`),
      () => talk.gone(BOB),
    ]
  ) {
    // A payload that came before says nothing new: each has another content.
    hear(
      roomElements(writeContent(el("composing", { xmlns: NS.chatStates, n: `${++n}` })), false),
      `i${n}`,
      `s${n}`,
    );
    assert.deepEqual(talk.typing, [BOB]);
    end();
    assert.deepEqual(talk.typing, []);
  }
  talk.close();
  db.close();
});
