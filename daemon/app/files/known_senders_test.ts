import assert from "node:assert/strict";
import { toHex } from "../../base/mod.ts";
import { KnownSenders } from "./known_senders.ts";

const GROUP = "circle@rooms.test";
const CAROL = "carol@there.test";
const [hers, anothers] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

function known(state: "verified" | "first-use" | "changed", lets = true) {
  return new KnownSenders(
    (jid) => jid === CAROL ? { account: hers, state } : undefined,
    { has: (place) => place === GROUP, lets: () => lets },
  );
}

Deno.test("a member is verified by the key that spoke, not by an address with another key", () => {
  const senders = known("verified");
  assert.equal(senders.of(GROUP, CAROL, toHex(hers)), "verified");
  assert.equal(senders.of(GROUP, CAROL, toHex(anothers)), "changed");
  assert.equal(senders.of(GROUP, CAROL, null), "changed", "nothing is known of the key");
  assert.equal(senders.of(CAROL, CAROL, null), "verified", "in a chat it is the pinned one");
  assert.equal(senders.of(GROUP, "dan@there.test", toHex(anothers)), "unknown");
  assert.equal(known("first-use").of(GROUP, CAROL, toHex(hers)), "first-use");
});

Deno.test("a presenter is let by the group's rule, and has none where there is no group", () => {
  assert.deepEqual(known("verified", false).presenter(GROUP, CAROL, toHex(hers)), {
    verified: true,
    displayer: false,
  });
  assert.deepEqual(known("verified").presenter(GROUP, CAROL, toHex(anothers)), {
    verified: false,
    displayer: true,
  });
  assert.deepEqual(known("changed").presenter(CAROL, CAROL, null), {
    verified: false,
    displayer: null,
  });
});
