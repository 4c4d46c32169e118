import assert from "node:assert/strict";
import { Mcabber } from "../../scripts/peers/mcabber.ts";
import { el } from "../../daemon/xmpp/core/mod.ts";
import { absentPeer } from "../real_parts.ts";
import { heard, until, withHome } from "./carried_home.ts";
import type { Person } from "./people.ts";

const ignore = absentPeer("mcabber", Mcabber.installed());

/** mcabber 1.1.2 knows PLAIN and DIGEST-MD5 alone. */
Deno.test("mcabber on the carried server, with our client", { ignore }, async (t) => {
  await withHome(["romeo", "juliet"], async (home) => {
    const [his, hers] = [home.bare("romeo"), home.bare("juliet")];
    const juliet = await home.ours("juliet");
    for (const tls of ["direct", "starttls"] as const) {
      const romeo = await Mcabber.start(home.account("romeo", tls));
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
  }, { plain: true });
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
