import assert from "node:assert/strict";
import { content, inState, sending, until, withCouple } from "./testing.ts";

Deno.test("how large one file may be, and all, is what the person says", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid }) => {
    for (const room of [{ fileBytes: 0 }, { quota: -1 }, { quota: 2e15 }, { fileBytes: 1.5 }]) {
      assert.throws(() => bob.setFileRoom(room), { code: "bad-input" });
    }
    bob.setFileLimit(aliceJid, 5_000_000);
    const limits = bob.setFileRoom({ fileBytes: 20_000, quota: 30_000 });
    assert.deepEqual([limits.fileBytes, limits.quota], [20_000, 30_000]);
    assert.deepEqual(limits.places, { [aliceJid]: 5_000_000 });

    // One that is too large is told of, and waits.
    await alice.sendFile({ to: bobJid, name: "large", ...sending(content(20_001)) });
    const large = await until(bob, inState(bob, aliceJid, "offered"));
    await assert.rejects(bob.changeFile(large.id, "accept"), { code: "file-too-large" });
    await assert.rejects(
      bob.sendFile({ to: aliceJid, name: "large", ...sending(content(20_001)) }),
      { code: "file-too-large" },
    );
    const named = (name: string) => () =>
      bob.files({ place: aliceJid }).find((file) => file.name === name);
    // There is room for one of two; more than a tenth of it does not come by itself.
    await alice.sendFile({ to: bobJid, name: "one", ...sending(content(18_000)) });
    const one = await until(bob, named("one"));
    assert.equal(one.state, "offered");
    await bob.changeFile(one.id, "accept");
    await until(bob, () => bob.file(one.id).here);
    await alice.sendFile({ to: bobJid, name: "two", ...sending(content(18_000)) });
    const two = await until(bob, named("two"));
    await assert.rejects(bob.changeFile(two.id, "accept"), { code: "quota-full" });
    bob.setFileRoom({ quota: 100_000 });
    await bob.changeFile(two.id, "accept");
    await until(bob, () => named("two")()?.state === "done");
    // Less than what is here takes nothing away.
    bob.setFileRoom({ quota: 1 });
    assert.equal(bob.file(one.id).here, true);
  }));
