import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { Messages, MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import { el, NS } from "../xmpp/core/mod.ts";
import { Chats } from "./chats.ts";
import type { PlainLink } from "./plain_link.ts";
import type { SealedLink } from "./sealed_link.ts";

const ALICE = "alice@example.test";
const MALLORY = "mallory@example.test";

/** Alice's chats, where Mallory's messages come in. */
function chats() {
  const db = openDatabase(":memory:", MIGRATIONS);
  const messages = new Messages(db, new Vault(systemRandom(32), systemRandom));
  const link = { send: () => Promise.reject(new Error("offline")) } as unknown as SealedLink;
  const plain = { isAllowed: () => false } as unknown as PlainLink;
  const rooms = new Chats(messages, link, plain, () => {});
  const say = (text: string, id: string, replaces?: string) =>
    rooms.receive(
      {
        from: MALLORY,
        suite: "simpp-pq",
        envelope: {
          to: ALICE,
          time: Date.now(),
          content: [
            el("body", { xmlns: NS.client }, text),
            el("origin-id", { xmlns: NS.stanzaIds, id }),
            ...(replaces === undefined
              ? []
              : [el("replace", { xmlns: "urn:xmpp:message-correct:0", id: replaces })]),
          ],
        },
      },
      ALICE,
      true,
    );
  const shown = () => messages.page(MALLORY, 10).map(({ body }) => body);
  return { say, shown, [Symbol.dispose]: () => db.close() };
}

Deno.test("an older correction never takes the place of a newer one", () => {
  using it = chats();
  it.say("pay 10", "m1");
  it.say("pay 30", "m1~3", "m1");
  it.say("pay 20", "m1~2", "m1");
  assert.deepEqual(it.shown(), ["pay 30"]);
  it.say("pay 40", "m1~4", "m1");
  assert.deepEqual(it.shown(), ["pay 40"]);
});

Deno.test("a correction before what it corrects stands, and keeps its number", () => {
  using it = chats();
  it.say("third", "m1~3", "m1");
  it.say("first", "m1");
  it.say("second", "m1~2", "m1");
  assert.deepEqual(it.shown(), ["third"]);
});

Deno.test("corrections with odd numbers are passed over", () => {
  using it = chats();
  it.say("as it was", "m1");
  for (const odd of ["NaN", "Infinity", "1e3", "-1", "0", "1.5", "01", "1000000", "", "9 "]) {
    it.say(`by ${odd}`, `m1~${odd}`, "m1");
  }
  it.say("of another", "m2~5", "m1");
  it.say("bare", "m1", "m1");
  assert.deepEqual(it.shown(), ["as it was"]);
});
