import assert from "node:assert/strict";
import { fromHex } from "../base/mod.ts";
import { ed25519, systemRandom } from "../crypto/mod.ts";
import { decodeRekey, type RekeyPart } from "./announcements.ts";
import { type Epoch, makeEpoch, standingOf } from "./epoch_change.ts";
import { newGroup } from "./group_state.ts";
import { KeyGraph } from "./key_graph.ts";
import { MemberKeys } from "./member_keys.ts";
import { MAX_PAYLOAD } from "./payload.ts";
import { RekeyCollector } from "./rekey_collector.ts";
import { memberOf } from "./roster.ts";
import { epochKeyOf, proveChange, rosterAfter } from "./standing.ts";
import { device, specificationOf } from "./testing_key_server.ts";
import { decodeWraps } from "./wrap.ts";

/** Members before, and newcomers, each with the signed action that let them in. */
const [PRESENT, COMING] = [1000, 100];
/** So many come in one change at most. */
const AT_ONCE = 250;

/** Many come and many go at once: more wraps and admissions than one message to the room holds. */
function rush() {
  const signing = ed25519.generate(systemRandom);
  const specification = specificationOf(signing.public, [device("anna@example.org")], {
    degree: 2,
    strategy: "group",
  });
  const empty = newGroup(specification, systemRandom);
  const group = fromHex(empty.incarnation);
  const graph = KeyGraph.create({ degree: 2, shape: "tree", group, random: systemRandom });
  const members = Array.from({ length: PRESENT + COMING }, (_, at) => {
    const { jid, deviceKey, accountKey } = device(`m${at}@x`);
    return memberOf(jid, deviceKey, accountKey, "member");
  });
  const individualKeys = new Map(members.map(({ id }) => [id, systemRandom(32)]));
  const joining = (who: typeof members) =>
    who.map((member) => ({
      member,
      registration: {
        member: member.id,
        id: "00".repeat(16),
        request: "00".repeat(16),
        individualKey: individualKeys.get(member.id)!,
        suites: [1],
        at: 0,
      },
    }));
  const present = members.slice(0, PRESENT);
  const persons = new Map(
    members.map(({ jid, accountKey: account }, at) => {
      const admission = at < PRESENT ? null : systemRandom(300);
      return [jid, { role: "member", account, admission, by: "" } as const];
    }),
  );
  const change = (epoch: Epoch["state"] | typeof empty, rest: object) => ({
    state: epoch,
    ...{ join: [], leave: [], reasons: [], actions: [] },
    ...rest,
  });
  let first: Epoch["state"] | undefined;
  for (let at = 0; at < PRESENT; at += AT_ONCE) {
    const join = joining(present.slice(at, at + AT_ONCE));
    first = makeEpoch(graph, change(first ?? { ...empty, persons }, { join }), signing, 0).state;
  }
  const holders = [0, 5, 374, 999].map((at) => {
    const { id } = members[at]!;
    const { leaf, wraps } = standingOf(graph, id, first!.epoch);
    const individualKey = individualKeys.get(id)!;
    const keys = new MemberKeys({ group, member: id, leaf, individualKey });
    keys.apply(first!.epoch, decodeWraps(wraps));
    return keys;
  });
  const leave = present.filter((_, at) => at % 6 === 5).map(({ id }) => id);
  const join = joining(members.slice(PRESENT));
  const second = makeEpoch(graph, change(first!, { leave, join }), signing, 0);
  const parts = second.room.map((payload) => decodeRekey(payload));
  const collector = () => new RekeyCollector(signing.public);
  return { first: first!, second, parts, holders, members, leave, graph, collector };
}

const gathered = (collector: RekeyCollector, parts: readonly RekeyPart[]) => {
  let last = null as ReturnType<RekeyCollector["add"]>;
  for (const part of parts) last = collector.add(part);
  assert.ok(last !== null && typeof last !== "string");
  return last;
};

Deno.test("a rekey of several parts leads everybody who stayed to the key, in whatever order", () => {
  const { first, second, parts, holders, members, leave, graph, collector } = rush();
  assert.ok(parts.length > 1);
  assert.ok(second.room.every(({ length }) => length <= MAX_PAYLOAD));
  const { groupKey } = graph.groupKey;
  for (const order of [parts, parts.toReversed()]) {
    const change = gathered(collector(), order);
    assert.ok(change.whole);
    const roster = rosterAfter(first.roster, change);
    assert.equal(roster.length, members.length - leave.length);
    for (const keys of holders) {
      const proved = proveChange(keys, change, roster);
      if (leave.includes(keys.member)) assert.equal(proved, null);
      else assert.deepEqual(proved!.epochKey, epochKeyOf(groupKey, change.statement));
    }
  }
});

Deno.test("of a rekey of several parts none can be left out, changed, moved or repeated unseen", () => {
  const { first, parts, holders, leave, collector } = rush();
  const [head, ...rest] = parts;
  const partial = gathered(collector(), [head!]);
  assert.equal(partial.whole, false);
  const roster = rosterAfter(first.roster, partial);
  const stayed = holders.filter((keys) => !leave.includes(keys.member));
  const waiting = stayed.filter((keys) => proveChange(keys, partial, roster) === null);
  assert.ok(waiting.length > 0, "somebody needs the other part");

  const wraps = new Uint8Array(rest[0]!.wraps);
  wraps[wraps.length - 1]! ^= 1;
  const [second] = rest;
  const forgeries: RekeyPart[] = [
    { ...second!, wraps },
    { ...second!, part: 0, announcement: null },
    { ...second!, parts: second!.parts + 1 },
    { ...second!, path: [] },
  ];
  for (const forged of forgeries) {
    // The announcement was here before it, and after it.
    const late = collector();
    late.add(head!);
    assert.equal(late.add(forged), "forged");
    assert.ok(gathered(late, rest).whole);
    const early = collector();
    early.add(forged);
    assert.ok(gathered(early, [head!, ...rest]).whole);
  }
  const twice = gathered(collector(), [head!, head!, head!]);
  assert.equal(twice.whole, false);
});
