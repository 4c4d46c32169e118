import assert from "node:assert/strict";
import { el, type Jid } from "../../daemon/xmpp/core/mod.ts";
import { Profanity } from "../../scripts/peers/profanity.ts";
import { absentPeer } from "../real_parts.ts";
import { heard, type Home, until, withHome } from "./carried_home.ts";
import type { Person } from "./people.ts";

const ignore = absentPeer("profanity", Profanity.installed());

interface Parties {
  readonly home: Home;
  readonly romeo: Profanity;
  readonly juliet: Person;
}

Deno.test("profanity on the carried server, with our client", { ignore }, async (t) => {
  await withHome(["romeo", "juliet"], async (home) => {
    const romeo = await Profanity.start(home.account("romeo"));
    try {
      const parties: Parties = { home, romeo, juliet: await home.ours("juliet") };
      await t.step("roster and presence", () => roster(parties));
      await t.step("chat both ways", () => chat(parties));
      await t.step("a room", () => room(parties));
      await t.step("a message that waits, after it was away", () => away(parties));
    } finally {
      await romeo.stop();
    }
  });
});

async function roster({ home, romeo, juliet }: Parties): Promise<void> {
  const [hers, his] = [home.bare("juliet"), home.bare("romeo")];
  await romeo.command(`/roster add ${hers} Jule`);
  await romeo.terminal.waitFor(/Roster item added: .*Jule/);
  await romeo.command(`/sub request ${hers}`);
  await until(() => juliet.roster.pending().length === 1, "his request");
  juliet.roster.approve(his);
  juliet.roster.subscribe(his);
  await romeo.terminal.waitFor("authorization request");
  await romeo.command(`/sub allow ${hers}`);
  await until(() => juliet.roster.get(his)?.subscription === "both", "both see each other");
  await romeo.command(`/status set away "under the balcony"`);
  await until(() => juliet.presence.of(his).status === "under the balcony", "his status");
  assert.equal(juliet.presence.of(his).show, "away");
  juliet.presence.set({ show: "dnd", status: "asleep" });
  await romeo.terminal.waitFor(/Jule.*dnd.*asleep/);
}

async function chat({ home, romeo, juliet }: Parties): Promise<void> {
  const came = heard(juliet, home.bare("romeo"));
  await romeo.send(home.bare("juliet"), "wherefore? <&> ä");
  assert.equal(await came, "wherefore? <&> ä");
  const answer = "a rose & <all> that";
  juliet.client.send(
    el("message", { to: home.bare("romeo"), type: "chat" }, el("body", {}, answer)),
  );
  await romeo.terminal.waitFor(answer);
}

async function room({ home, romeo, juliet }: Parties): Promise<void> {
  const [service] = await juliet.rooms.services();
  const address = `balcony@${service}`;
  await romeo.command(`/join ${address} nick romeo`);
  await romeo.terminal.waitFor("Room locked");
  await romeo.command("/room accept");
  await romeo.command(`/invite send ${home.bare("juliet")} come`);
  const invitation = await invited(juliet);
  const joined = await juliet.rooms.join(invitation, "juliet");
  await romeo.terminal.waitFor(/Participants[^]*juliet/);
  const came = new Promise<string | undefined>((resolve) =>
    joined.events.on((event) =>
      event.kind === "message" && !event.message.own && resolve(event.message.body)
    )
  );
  await romeo.command("what light & <through>");
  assert.equal(await came, "what light & <through>");
  joined.say("it is the east");
  await romeo.terminal.waitFor("it is the east");
  await romeo.command("/close");
  await until(() => joined.occupant("romeo") === undefined, "he left");
}

function invited({ rooms }: Person): Promise<Jid> {
  return new Promise((resolve) =>
    rooms.events.on((event) => event.kind === "invitation" && resolve(event.invitation.room))
  );
}

async function away({ home, romeo, juliet }: Parties): Promise<void> {
  const his = home.bare("romeo");
  await romeo.command("/disconnect");
  await until(() => juliet.presence.of(his).show === "offline", "he is gone");
  juliet.client.send(el("message", { to: his, type: "chat" }, el("body", {}, "come back")));
  await romeo.login(home.account("romeo", "starttls"));
  await until(() => juliet.presence.of(his).show !== "offline", "he is back");
  // It opens a window for the message, the first beside the console.
  await romeo.command("/win 2");
  await romeo.terminal.waitFor("come back");
}
