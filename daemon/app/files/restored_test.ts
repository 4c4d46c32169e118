import assert from "node:assert/strict";
import { join } from "node:path";
import { App } from "../gate.ts";
import { bytesOf, content, sending, until, withCouple } from "./testing.ts";

const PASSPHRASE = "a long enough passphrase";

Deno.test("after a restore a file's line stands, says that it is not here, and it can be sent again", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid, root }) => {
    const plan = content(5000);
    await alice.sendFile({ to: bobJid, name: "plan", ...sending(plan) });
    await until(bob, () => bob.files({ place: aliceJid }).some(({ here }) => here));
    const file = await new Response(await bob.backup({ passphrase: PASSPHRASE, server: false }))
      .bytes();
    await bob.close();
    const anew = await App.open({ state: join(root, "anew"), callHosts: ["127.0.0.1"] });
    try {
      await anew.restore({ file: new Blob([file]).stream(), passphrase: PASSPHRASE, lost: true });
      const [line] = anew.messages(aliceJid).filter(({ kind }) => kind === "file");
      assert.equal(line!.body, "plan");
      assert.deepEqual(anew.files(), []);
      assert.throws(() => anew.file(line!.id), { code: "unknown-file", message: /send it again/ });
      await assert.rejects(anew.fileSource(line!.id), { code: "unknown-file" });
      await until(alice, () => alice.contacts().some(({ presence }) => presence === "online"));
      await alice.sendFile({ to: bobJid, name: "plan", ...sending(plan) });
      const again = await until(anew, () => anew.files().find(({ here }) => here));
      assert.deepEqual(await bytesOf(anew, again.id), plan);
    } finally {
      await anew.close();
    }
  }));
