import assert from "node:assert/strict";
import { join } from "node:path";
import { bytesOf, content, inState, sending, until } from "../../daemon/app/files/testing.ts";
import { App } from "../../daemon/app/mod.ts";
import { startProsody } from "../../scripts/peers/prosody.ts";
import { absent } from "../real_parts.ts";

const ACCOUNTS = { alice: "wonderland", bob: "builder" };

Deno.test({
  name: "two daemons send each other files by Prosody's upload, and within its stream",
  ignore: absent("prosody"),
  fn: async () => {
    const prosody = (await startProsody({ accounts: ACCOUNTS, archive: true }))!;
    const root = await Deno.makeTempDir({ prefix: "simppd-app-files-" });
    const { domain, ports, pin } = prosody;
    const apps: App[] = [];
    try {
      for (const [name, password] of Object.entries(ACCOUNTS)) {
        const app = await App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
        apps.push(app);
        const server = `127.0.0.1:${ports.starttls}`;
        await app.signIn({ jid: `${name}@${domain}`, password, nick: name, server, pin });
      }
      const [alice, bob] = apps as [App, App];
      await sendBoth(alice, bob, `alice@${domain}`, `bob@${domain}`);
    } finally {
      for (const app of apps.reverse()) await app.close();
      await prosody.stop();
      await Deno.remove(root, { recursive: true });
    }
  },
});

async function sendBoth(alice: App, bob: App, aliceJid: string, bobJid: string): Promise<void> {
  await alice.addContact({ jid: bobJid });
  await until(bob, () => bob.contacts().some(({ subscription }) => subscription === "asked"));
  await bob.changeContact(aliceJid, { accept: true });
  await until(alice, () => alice.contacts().some(({ presence }) => presence === "online"));
  await until(bob, () => bob.contacts().some(({ presence }) => presence === "online"));

  const plan = content(700_000);
  await alice.sendFile({ to: bobJid, name: "plan.pdf", ways: ["upload"], ...sending(plan) });
  const came = await until(bob, inState(bob, aliceJid, "done"));
  assert.deepEqual(came.ways, ["upload"]);
  assert.deepEqual(await bytesOf(bob, came.id), plan);

  const note = content(50_000, 2);
  await bob.sendFile({ to: aliceJid, name: "note", ways: ["ibb"], ...sending(note) });
  const back = await until(
    alice,
    () => alice.files({ place: bobJid }).find(({ mine, state }) => !mine && state === "done"),
  );
  assert.deepEqual(back.ways, ["ibb"]);
  assert.deepEqual(await bytesOf(alice, back.id), note);
}
