import assert from "node:assert/strict";
import { sha256 } from "../crypto/mod.ts";
import { contentOf, desk, pattern, reaches, source } from "./testing.ts";
import { ALICE, BOB, Network } from "./testing_direct.ts";

const FROM_ALICE = { peer: ALICE.jid, sender: ALICE.jid, accept: true };

Deno.test("a file goes straight to a contact, from its sealing to its opening", async () => {
  await using network = new Network();
  const [alice, bob] = [await desk([network.add(ALICE)]), await desk([network.add(BOB)])];
  try {
    const content = pattern(2_500_000);
    const sent = await alice.transfers.send({
      peer: BOB.jid,
      from: source(content),
      name: "plan.bin",
      suite: "chacha20-poly1305",
    });
    const { descriptor } = await reaches(alice.transfers, sent.id, "offered");
    assert.deepEqual(descriptor.sources, [{ kind: "direct", params: { device: ALICE.device } }]);
    const { id } = await bob.transfers.receive(descriptor, FROM_ALICE);
    await reaches(bob.transfers, id, "done");
    assert.deepEqual(sha256(await contentOf(bob.transfers, id)), sha256(content));
  } finally {
    await bob.close();
    await alice.close();
  }
});

Deno.test("a file that was offered before a restart can be had after it", async () => {
  await using network = new Network();
  let alice = await desk([network.add(ALICE)]);
  const bob = await desk([network.add(BOB)]);
  try {
    const content = pattern(300_000);
    const { id: sent } = await alice.transfers.send({
      peer: BOB.jid,
      from: source(content),
      name: "plan.bin",
      suite: "chacha20-poly1305",
    });
    const { descriptor } = await reaches(alice.transfers, sent, "offered");
    alice = await alice.again();
    await alice.transfers.start();
    await reaches(alice.transfers, sent, "offered");
    const { id } = await bob.transfers.receive(descriptor, FROM_ALICE);
    await reaches(bob.transfers, id, "done");
    assert.deepEqual(sha256(await contentOf(bob.transfers, id)), sha256(content));
  } finally {
    await bob.close();
    await alice.close();
  }
});
