import assert from "node:assert/strict";
import { SimppdError } from "../base/mod.ts";
import { GroupActs } from "./group_acts.ts";
import { lines, only, people, until, withParty } from "./testing_party.ts";

const act = {
  jid: "circle@rooms.example.org",
  keyServer: "bob@example.org",
  what: "the expulsion of eve@example.org",
};

function made(isThere: boolean | undefined) {
  const lines: string[] = [];
  const line = (_jid: string, sentence: string) => void lines.push(sentence);
  return { lines, acts: new GroupActs({ isThere: () => isThere, line }, 20) };
}

Deno.test("who acts while the key server is away is told so at once, and what came of it later", async () => {
  const { acts, lines } = made(false);
  const answer = Promise.withResolvers<void>();
  let asked = 0;
  const work = () => (asked++, answer.promise);
  const away = /^bob@example.org, who keeps the keys .* is not there now: the expulsion of eve/;
  const told = (error: Error & { code?: string }) =>
    error.code === "not-answered-yet" && away.test(error.message);
  await assert.rejects(acts.run(act, work), told);
  // Wanted again, it is under way already.
  await assert.rejects(acts.run(act, work), told);
  assert.deepEqual([asked, lines], [1, []]);
  answer.resolve();
  await answer.promise;
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(lines, [
    "The key server has answered: the expulsion of eve@example.org is done.",
  ]);
  await acts.run(act, work);
  assert.deepEqual([asked, lines.length], [2, 1]);
  acts.close();
});

Deno.test("a refusal that comes late is a line; one that comes in time is thrown", async () => {
  const { acts, lines } = made(undefined);
  const refusal = new SimppdError("not-allowed", "Only an owner of the group may do this.");
  await assert.rejects(acts.run(act, () => Promise.reject(refusal)), { code: "not-allowed" });
  const answer = Promise.withResolvers<void>();
  await assert.rejects(acts.run(act, () => answer.promise), {
    code: "not-answered-yet",
    message: /has not answered yet/,
  });
  answer.reject(refusal);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(lines, [
    "Nothing came of the expulsion of eve@example.org: Only an owner of the group may do this.",
  ]);
  const old = Promise.withResolvers<void>();
  const later = acts.run(act, () => old.promise);
  await assert.rejects(later, { code: "not-answered-yet" });
  old.reject(new SimppdError("other-incarnation", "It is for another group; sign it anew."));
  await new Promise((resolve) => setTimeout(resolve));
  assert.match(lines.at(-1)!, /have changed at the key server meanwhile\. Do it again\.$/);
  acts.close();
});

Deno.test("when simppd ends, nothing is said of what is still under way", async () => {
  const { acts, lines } = made(false);
  const answer = Promise.withResolvers<void>();
  await assert.rejects(acts.run(act, () => answer.promise), { code: "not-answered-yet" });
  acts.close();
  answer.reject(new Error("closed"));
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(lines, []);
});

Deno.test("an expulsion waits for the key server that is switched off, is done once, and is said", () =>
  withParty(["Bob", "Carol"], async (party) => {
    const [alice, bob, carol] = ["Alice", "Bob", "Carol"].map((name) => party.app(name));
    const { jid } = await bob!.createGroup({ name: "Circle" });
    await bob!.inviteToGroup(jid, party.jid("Alice"), { role: "admin" });
    await until(alice!, () => only(alice!)?.state === "invited");
    await alice!.answerGroup(jid, "accept");
    await until(alice!, () => only(alice!)?.role === "admin");
    await alice!.inviteToGroup(jid, party.jid("Carol"));
    await until(carol!, () => only(carol!)?.state === "invited");
    await carol!.answerGroup(jid, "accept");
    await until(alice!, () => people(alice!).join() === "alice,bob,carol");
    await party.close("Bob");
    await until(
      alice!,
      () =>
        only(alice!)!.members.some(({ name, presence }) =>
          name === "Bob" && presence === "offline"
        ),
    );
    for (let tries = 0; tries < 2; tries++) {
      await assert.rejects(alice!.expelFromGroup(jid, party.jid("Carol")), {
        code: "not-answered-yet",
        message: /is not there now/,
      });
    }
    const again = await party.open("Bob");
    await until(carol!, () => only(carol!)?.problem?.code === "group-removed");
    await until(
      alice!,
      () => lines(alice!, jid).some((line) => /expulsion of .* is done/.test(line)),
    );
    const done = (line: string) => /Alice expelled Carol|expulsion of .* is done/.test(line);
    assert.equal(lines(alice!, jid).filter(done).length, 2, lines(alice!, jid).join("\n"));
    assert.equal(only(again)!.members.length, 2);
  }));
