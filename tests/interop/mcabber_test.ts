import assert from "node:assert/strict";
import { Mcabber } from "../../scripts/peers/mcabber.ts";
import type { PeerAccount } from "../../scripts/peers/slixmpp.ts";
import { startProsody } from "../../scripts/peers/prosody.ts";
import { el } from "../../daemon/xmpp/core/mod.ts";
import { absent, absentPeer } from "../real_parts.ts";
import { heard, until } from "./carried_home.ts";
import { type Person, person } from "./people.ts";

const ignore = absent("prosodyctl") || absentPeer("mcabber", Mcabber.installed());

/** mcabber 1.1.2 knows PLAIN and DIGEST-MD5 alone: it meets our client where PLAIN is taken. */
Deno.test("mcabber and our client on Prosody", { ignore }, async (t) => {
  const accounts = { romeo: "pass of romeo", juliet: "pass of juliet" };
  const prosody = (await startProsody({ accounts }))!;
  const { domain, ports, pin, caPem } = prosody;
  const [his, hers] = [`romeo@${domain}`, `juliet@${domain}`];
  const endpoint = { host: "127.0.0.1", port: ports.direct, tls: "direct" } as const;
  const juliet = person(domain, "juliet", endpoint, { kind: "pin", pin });
  try {
    await juliet.client.connect();
    for (const tls of ["direct", "starttls"] as const) {
      const romeo = await Mcabber.start(
        {
          jid: his,
          password: accounts.romeo,
          port: ports[tls],
          tls,
          caPem,
        } satisfies PeerAccount,
      );
      try {
        if (tls === "direct") await t.step("roster", () => roster(romeo, juliet, his, hers));
        await t.step(`presence (${tls})`, () => presence(romeo, juliet, his));
        await t.step(`chat both ways (${tls})`, () => chat(romeo, juliet, his, hers, tls));
      } finally {
        await romeo.stop();
      }
      await t.step(`it is seen to go (${tls})`, async () => {
        await until(() => juliet.presence.of(his).show === "offline", "he is gone");
      });
    }
  } finally {
    await juliet.client.close();
    await prosody.stop();
  }
});

async function roster(
  romeo: Mcabber,
  juliet: Person,
  his: string,
  hers: string,
): Promise<void> {
  await romeo.command(`/add ${hers} Jule`);
  await until(() => juliet.roster.pending().length === 1, "his request");
  juliet.roster.approve(his);
  juliet.roster.subscribe(his);
  await romeo.terminal.waitFor("wants to subscribe");
  await romeo.command("/event * accept");
  await until(() => juliet.roster.get(his)?.subscription === "both", "both see each other");
  await romeo.terminal.waitFor(/\[o\] Jule/);
}

async function presence(romeo: Mcabber, juliet: Person, his: string): Promise<void> {
  await romeo.command("/status away under the balcony");
  await until(() => juliet.presence.of(his).status === "under the balcony", "his status");
  assert.equal(juliet.presence.of(his).show, "away");
  juliet.presence.set({ show: "dnd", status: "asleep" });
  await romeo.terminal.waitFor(/\[d\] Jule/);
  juliet.presence.set({ show: "online" });
  await romeo.terminal.waitFor(/\[o\] Jule/);
}

async function chat(
  romeo: Mcabber,
  juliet: Person,
  his: string,
  hers: string,
  tls: string,
): Promise<void> {
  const came = heard(juliet, his);
  await romeo.send(hers, "wherefore? <&> ä");
  assert.equal(await came, "wherefore? <&> ä");
  await romeo.open(hers);
  const answer = `a rose & <all> that (${tls})`;
  juliet.client.send(el("message", { to: his, type: "chat" }, el("body", {}, answer)));
  await romeo.terminal.waitFor(answer);
}
