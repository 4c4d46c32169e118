import assert from "node:assert/strict";
import fc from "fast-check";
import { sharesWithin } from "./archive_shares.ts";

const MOST = { messages: 1_000, bytes: 1e9 };
const peerOf = (peer: string, messages: number) => ({ peer, messages, bytes: messages });

Deno.test("the largest peer gives first, strangers before contacts", () => {
  const contacts = sharesWithin(
    [peerOf("small", 100), peerOf("large", 1_500)],
    () => true,
    MOST,
  );
  assert.deepEqual([...contacts].map(([peer, { messages }]) => [peer, messages]), [["large", 900]]);
  const mixed = sharesWithin(
    [peerOf("friend", 800), peerOf("eve", 300), peerOf("mallory", 60)],
    (peer) => peer === "friend",
    MOST,
  );
  assert.deepEqual([...mixed].map(([peer, { messages }]) => [peer, messages]), [["eve", 140]]);
});

Deno.test("strangers keep what contacts leave, and a tenth of it at least", () => {
  const alone = sharesWithin([peerOf("eve", 1_000)], () => false, MOST);
  assert.equal(alone.size, 0);
  const pressed = sharesWithin(
    [peerOf("friend", 2_000), peerOf("eve", 2_000)],
    (peer) => peer === "friend",
    MOST,
  );
  assert.equal(pressed.get("eve")!.messages, 100);
  assert.equal(pressed.get("friend")!.messages, 900);
});

Deno.test("all fits afterwards, whoever the peers are", () => {
  const peers = fc.array(fc.tuple(fc.nat(5_000), fc.nat(5_000), fc.boolean()), { maxLength: 20 });
  fc.assert(fc.property(peers, (some) => {
    const shares = some.map(([messages, bytes], index) => ({ peer: `${index}`, messages, bytes }));
    const most = { messages: 3_000, bytes: 4_000 };
    const over = sharesWithin(shares, (peer) => some[Number(peer)]![2], most);
    for (const kind of ["messages", "bytes"] as const) {
      const kept = shares.map((each) =>
        Math.min(each[kind], over.get(each.peer)?.[kind] ?? Infinity)
      );
      assert.ok(kept.reduce((a, b) => a + b, 0) <= most[kind] + 1e-6);
    }
  }));
});
