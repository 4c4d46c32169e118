import assert from "node:assert/strict";
import fc from "fast-check";
import { StayLines } from "./room_corrections.ts";
import { systemRandom } from "../crypto/mod.ts";
import { MIGRATIONS, openDatabase, RoomMessages, Vault } from "../store/mod.ts";
import type { RoomMessageView } from "../views/mod.ts";
import { mentions, RoomLog, type Said, shown } from "./room_log.ts";

const ROOM = "den@rooms.example.org";

function makeLog() {
  const db = openDatabase(":memory:", MIGRATIONS);
  const messages = new RoomMessages(db, new Vault(systemRandom(32), systemRandom));
  const told: RoomMessageView[] = [];
  return { db, messages, told, log: new RoomLog(messages, (message) => told.push(message)) };
}

function said(change: Partial<Said> = {}): Said {
  return {
    nick: "Mallory",
    body: "hello",
    link: null,
    replaces: undefined,
    stay: undefined,
    stanzaId: undefined,
    id: undefined,
    at: undefined,
    occupantId: "m",
    jid: undefined,
    own: false,
    kind: "chat",
    unread: true,
    ...change,
  };
}

Deno.test("what a room repeats stands once, with and without the room's ids", () => {
  const { db, messages, log } = makeLog();
  for (const stanzaId of ["1", "1", "2"]) log.take(ROOM, said({ stanzaId }), "me");
  for (const at of [undefined, 5]) log.take(ROOM, said({ id: "x", body: "again", at }), "me");
  assert.deepEqual(messages.page(ROOM, 10).map(({ body }) => body).sort(), [
    "again",
    "hello",
    "hello",
  ]);
  db.close();
});

Deno.test("one of ours is sent once the room repeats it as ours; under another's word it is not", () => {
  const { db, messages, log } = makeLog();
  const { id } = log.sending(ROOM, "own-1", {
    nick: "me",
    sender: "mine",
    body: "hello all",
  });
  log.take(ROOM, said({ id: "own-1", nick: "me", stanzaId: "9", own: false }), "me");
  assert.equal(messages.page(ROOM, 10).find((each) => each.id === id)!.delivery, "pending");
  log.take(ROOM, said({ id: "own-1", stanzaId: "10", own: true }), "me");
  assert.equal(messages.page(ROOM, 10).find((each) => each.id === id)!.delivery, "sent");
  log.sending(ROOM, "own-2", { nick: "me", sender: "mine", body: "lost" });
  log.settle(ROOM, Date.now() + 1);
  const lost = messages.page(ROOM, 10).find(({ body }) => body === "lost")!;
  assert.deepEqual([lost.delivery, lost.problem?.code], ["failed", "not-confirmed"]);
  db.close();
});

Deno.test("a flood is passed over, and told of once", () => {
  const { db, messages, told, log } = makeLog();
  for (let n = 0; n < 2_000; n++) log.take(ROOM, said({ stanzaId: String(n) }), "me");
  for (let n = 0; n < 2_000; n++) log.news(ROOM, `Mallory is called Mallory ${n} now.`);
  assert.equal(told.length, 301);
  assert.equal(messages.page(ROOM, 500).filter(({ kind }) => kind === "notice").length, 1);
  // Another room is not held back by it.
  log.take("tea@rooms.example.org", said(), "me");
  assert.equal(messages.page("tea@rooms.example.org", 5).length, 1);
  db.close();
});

Deno.test("a room's words are bounded, and no clock of a room is before ours", () => {
  const { db, messages, log } = makeLog();
  const far = Date.now() + 1e9;
  log.take(ROOM, said({ nick: "n".repeat(5000), body: "b".repeat(50_000), at: far }), "me");
  const [one] = messages.page(ROOM, 1);
  assert.ok(one!.at <= Date.now());
  assert.deepEqual([one!.nick.length, one!.body.length], [200, 10_000]);
  assert.deepEqual(messages.unread(ROOM), { unread: 1, mentions: 0 });
  db.close();
});

Deno.test("what came in one second stays in its order, though the room tells whole seconds", () => {
  const { db, messages, log } = makeLog();
  const second = 1_700_000_000_000;
  log.take(ROOM, said({ stanzaId: "1", body: "one", at: second + 400 }), "me");
  log.take(ROOM, said({ stanzaId: "2", body: "two", at: second }), "me");
  log.take(ROOM, said({ stanzaId: "3", body: "three", at: second + 1000 }), "me");
  log.take(ROOM, said({ stanzaId: "0", body: "zero", at: second - 60_000 }), "me");
  const bodies = messages.page(ROOM, 10).map(({ body }) => body);
  assert.deepEqual(bodies, ["zero", "one", "two", "three"]);
  const middle = messages.page(ROOM, 2);
  assert.deepEqual(middle.map(({ body }) => body), ["two", "three"]);
  const before = Number(middle[0]!.id);
  assert.deepEqual(messages.page(ROOM, 2, before).map(({ body }) => body), ["zero", "one"]);
  db.close();
});

Deno.test("nothing that was said or who said it stands readable in the file", () => {
  const { db, log } = makeLog();
  log.take(ROOM, said({ nick: "nickname", body: "clearword", jid: "who@example.org" }), "me");
  const rows = db.prepare("SELECT * FROM room_messages").all();
  const text = JSON.stringify(
    rows,
    (_, value) => value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) : value,
  );
  for (const word of ["nickname", "clearword", "who@"]) assert.ok(!text.includes(word), word);
  db.close();
});

Deno.test("a nick is named as a word of its own only", () => {
  assert.ok(
    mentions("anna: come", "Anna") && mentions("@Anna!", "anna") && mentions("ANNA", "anna"),
  );
  assert.ok(!mentions("Hannah", "anna") && !mentions("annaß", "anna") && !mentions("x", "  "));
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.string(), (nick, text) => {
    if (nick.trim() === "" || nick !== nick.trim() || /[\p{L}]/u.test(text)) return;
    const folds = nick.toLocaleLowerCase() === nick;
    if (folds && !/[\p{N}_]/u.test(text)) assert.ok(mentions(`${text} ${nick} ${text}`, nick));
  }));
});

Deno.test("nothing of others within a sentence of ours turns or hides it", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.doesNotMatch(shown(text), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  }));
});

Deno.test("a correction is its occupant's alone, or of the same nick in the same stay", () => {
  const { db, messages, told, log } = makeLog();
  const lines = () =>
    messages.page(ROOM, 10).map(({ body, edited }) => `${body}${edited ? " (edited)" : ""}`);
  const link = "https://example.org/";
  log.take(ROOM, said({ id: "one", stanzaId: "1", body: "helo", link }), "me");
  const replaces = "one";
  // Another occupant under the same nick, and one who has no id where others have one.
  log.take(ROOM, said({ stanzaId: "2", body: "forged", replaces, occupantId: "x" }), "me");
  log.take(
    ROOM,
    said({ stanzaId: "3", body: "forged too", replaces, occupantId: undefined }),
    "me",
  );
  assert.deepEqual(lines(), ["helo", "forged", "forged too"]);
  log.take(ROOM, said({ stanzaId: "4", body: "hello, me", replaces, nick: "Other" }), "me");
  assert.deepEqual(lines(), ["hello, me (edited)", "forged", "forged too"]);
  const [first] = messages.page(ROOM, 10);
  assert.deepEqual([first!.mention, first!.link, first!.nick], [true, null, "Mallory"]);
  // History says it again: once is enough, and what came later stands.
  log.take(ROOM, said({ stanzaId: "5", body: "hello!", replaces }), "me");
  const before = told.length;
  log.take(ROOM, said({ stanzaId: "4", body: "hello, me", replaces, at: 7 }), "me");
  assert.deepEqual([lines()[0], told.length], ["hello! (edited)", before]);

  // Without occupant ids: the nick counts as long as its owner stayed.
  const anonymous = { occupantId: undefined, id: "two", nick: "Eve" };
  const stay = new StayLines();
  log.take(ROOM, said({ ...anonymous, stanzaId: "10", body: "frist", stay }), "me");
  const again = { ...anonymous, id: "three", replaces: "two" };
  log.take(ROOM, said({ ...again, stanzaId: "11", body: "not she" }), "me");
  log.take(ROOM, said({ ...again, stanzaId: "12", body: "first", stay }), "me");
  assert.deepEqual(lines().slice(3), ["first (edited)", "not she"]);
  // Said to us alone corrects nothing that was said to all.
  const whispered = { kind: "private", stanzaId: "13", body: "psst" } as const;
  log.take(ROOM, said({ ...again, ...whispered, stay }), "me");
  assert.deepEqual(lines().at(-1), "psst");
  db.close();
});

Deno.test("who calls a message as another's is called corrects nothing of theirs", () => {
  const { db, messages, log } = makeLog();
  const [bob, mallory] = [new StayLines(), new StayLines()];
  const anonymous = { occupantId: undefined };
  const bobs = { ...anonymous, nick: "Bob", stay: bob };
  const hers = { ...anonymous, nick: "Mallory", stay: mallory };
  log.take(ROOM, said({ ...bobs, stanzaId: "1", id: "b", body: "pay nobody" }), "me");
  log.take(ROOM, said({ ...hers, stanzaId: "2", id: "m", body: "hi" }), "me");
  // A correction of her own that bears his message's name, and then one of that name.
  log.take(ROOM, said({ ...hers, stanzaId: "3", id: "b", body: "hello", replaces: "m" }), "me");
  log.take(ROOM, said({ ...hers, stanzaId: "4", body: "pay Mallory", replaces: "b" }), "me");
  assert.deepEqual(messages.page(ROOM, 10).map(({ nick, body }) => `${nick}: ${body}`), [
    "Bob: pay nobody",
    "Mallory: hello",
    "Mallory: pay Mallory",
  ]);
  db.close();
});

Deno.test("a message is corrected twenty times at most; the next is a message of its own", () => {
  const { db, messages, log } = makeLog();
  log.take(ROOM, said({ id: "one", stanzaId: "first" }), "me");
  for (let i = 1; i <= 21; i++) {
    log.take(ROOM, said({ stanzaId: `${i}`, body: `text ${i}`, replaces: "one" }), "me");
  }
  assert.deepEqual(messages.page(ROOM, 10).map(({ body }) => body), ["text 20", "text 21"]);
  db.close();
});

Deno.test("nobody but we corrects what we said, and a refusal ends the wait for a correction", async () => {
  const { db, messages, log } = makeLog();
  const { id } = log.sending(ROOM, "own-1", { nick: "me", sender: "mine", body: "helo" });
  assert.equal(messages.nameOf(ROOM, id), undefined);
  log.take(ROOM, said({ id: "own-1", nick: "me", stanzaId: "1", own: true }), "me");
  assert.equal(messages.nameOf(ROOM, id), "own-1");
  const replaces = "own-1";
  log.take(ROOM, said({ stanzaId: "2", body: "forged", replaces, stay: new StayLines() }), "me");
  const refused = log.corrections.wait("own-2");
  log.failed(ROOM, "own-2", { code: "room-refused", message: "no" });
  await assert.rejects(refused, { code: "room-refused" });
  const corrected = log.corrections.wait("own-3");
  log.take(ROOM, said({ id: "own-3", stanzaId: "3", body: "hello", replaces, own: true }), "me");
  assert.deepEqual([(await corrected).body, (await corrected).id], ["hello", id]);
  assert.deepEqual(messages.page(ROOM, 10).map(({ body }) => body), ["hello", "forged"]);
  const never = log.corrections.wait("own-4");
  log.corrections.close();
  await assert.rejects(never, { code: "closed" });
  db.close();
});
