import assert from "node:assert/strict";
import type { Bytes } from "../base/mod.ts";
import { ed25519, systemRandom } from "../crypto/mod.ts";
import { ACTION_LABEL, type Deed, signAction, type SignedAction } from "./action.ts";
import type { EpochStatement, Reason } from "./epoch_statement.ts";
import type { GroupMember } from "./group_keys.ts";
import { memberOf, type Roster } from "./roster.ts";
import { accountSubject, epochSentence, type Expelled, judge, type Place } from "./roster_judge.ts";
import { parseSpecification, printSpecification, specificationHash } from "./spec_text.ts";
import type { Access, Role } from "./specification.ts";
import { device, specificationOf, type TestDevice } from "./testing_key_server.ts";

const devices = new Map<string, TestDevice>();
function someone(name: string, role: Role = "member"): GroupMember {
  const jid = `${name}@example.org`;
  const self = devices.get(jid) ?? device(jid);
  devices.set(jid, self);
  return memberOf(jid, self.deviceKey, self.accountKey, role);
}
const anna = someone("anna", "owner"), bob = someone("bob"), carol = someone("carol");
const INVITED: Access[] = [{ kind: "invited" }];
const GROUP = "ab".repeat(16);

const INCARNATION = "cd".repeat(16);
const [OLDER, OLD] = ["01".repeat(16), "02".repeat(16)];
const SPECIFIED = new Uint8Array(32);

function deedOf(
  author: GroupMember,
  deed: Deed,
  { group = GROUP, incarnation = INCARNATION, number = 1, epoch = 8 } = {},
): SignedAction {
  const { key, jid, deviceKey } = devices.get(author.jid)!;
  return signAction(
    { group, incarnation, jid, deviceKey, number, time: 0, epoch, deed },
    (body) => ed25519.sign(key.secret, ACTION_LABEL, body),
  );
}

function judged(
  before: Roster,
  after: Roster,
  reasons: Reason[],
  actions: SignedAction[] = [],
  access: Access[] = INVITED,
  known: Record<string, Role> = {},
  { specified = SPECIFIED, last = 0, since = 0, fate, owners = [anna] }: {
    specified?: Uint8Array<ArrayBuffer>;
    owners?: GroupMember[];
    last?: number;
    since?: number;
    fate?: Expelled;
  } = {},
) {
  const specification = {
    ...specificationOf(systemRandom(32), owners.map(({ jid }) => devices.get(jid)!), { access }),
    group: GROUP,
  };
  return judge({
    before,
    after,
    statement: {
      group: GROUP,
      incarnation: INCARNATION,
      epoch: 9,
      reasons,
      specification: specified,
    } as unknown as EpochStatement,
    actions: actions.map(({ encoded }): Bytes => encoded),
    specification,
    specified: SPECIFIED,
    isNew: ({ number }) => number > last,
    knows: ({ jid, accountKey }) => {
      const role = known[jid];
      return role && { accountKey, role, since: { incarnation: INCARNATION, epoch: 4 } };
    },
    expelled: () => fate,
    order: (incarnation) => [OLDER, OLD, INCARNATION].indexOf(incarnation),
    since: () => since,
  });
}
const because = (kind: Reason["kind"], subject: GroupMember, action?: SignedAction): Reason => ({
  kind,
  subject: subject.id,
  action: action?.hash ?? null,
});

Deno.test("judge() names who expelled, and what the key server did on its own", () => {
  const expel = deedOf(anna, { kind: "expel", subject: bob.jid });
  const fine = judged([anna, bob], [anna], [because("expelled", bob, expel)], [expel]);
  assert.deepEqual(fine.unsigned, []);
  assert.equal(
    epochSentence(9, fine),
    "Epoch 9: anna@example.org expelled bob@example.org, the key changed.",
  );
  const alone = judged([anna, bob], [anna], [because("expelled", bob)]);
  assert.match(alone.unsigned.join(), /took bob@example.org out of the group on its own/);
  assert.equal(judged([anna, bob], [anna], []).unsigned.length, 1);
  const left = judged([anna, bob], [anna], [because("left", bob)]);
  assert.deepEqual([left.left, left.unsigned], [[bob], []]);
});

Deno.test("judge() wants a leaver's own signature, of since they came", () => {
  const unproved = (action: SignedAction, since = 0) =>
    judged([anna, bob], [anna], [because("left", bob, action)], [action], INVITED, {}, { since })
      .unproved;
  assert.deepEqual(unproved(deedOf(bob, { kind: "leave" })), []);
  const nobodys = judged([anna, bob], [anna], [because("left", bob)]);
  assert.match(nobodys.unproved.join(), /^That bob@example.org left, the key server alone says/);
  const others = [
    deedOf(anna, { kind: "leave" }),
    deedOf(bob, { kind: "expel", subject: bob.id }),
    deedOf(bob, { kind: "leave" }, { incarnation: OLD }),
    deedOf(bob, { kind: "leave" }, { group: "ee".repeat(16) }),
    deedOf(bob, { kind: "leave" }, { epoch: 9 }),
  ];
  for (const action of others) assert.equal(unproved(action).length, 1);
  assert.equal(unproved(deedOf(bob, { kind: "leave" }, { epoch: 5 }), 6).length, 1, "came again");
  assert.equal(unproved(deedOf(bob, { kind: "leave" }, { epoch: 6 }), 6).length, 0);
});

Deno.test("judge() lets nobody back by what was signed before they were expelled", () => {
  const domain: Access[] = [{ kind: "domain", domain: "example.org" }];
  const comes = (
    where: Place,
    signed?: { incarnation?: string; epoch?: number },
    access = INVITED,
  ) => {
    const admit = deedOf(anna, { kind: "admit", subject: carol.jid, role: "member" }, signed);
    const acts = signed === undefined ? [] : [admit];
    const reasons = [because("joined", carol, acts[0])];
    const fate: Expelled = { ...where, subject: carol.jid };
    return judged([anna], [anna, carol], reasons, acts, access, {}, { fate });
  };
  const now = { incarnation: INCARNATION, epoch: 6 };
  const back = comes(now, { epoch: 5 }).unsigned;
  assert.match(
    back.join(),
    /let carol@example.org in again as member; they were expelled in epoch 6/,
  );
  const fine = comes(now, { epoch: 6 });
  assert.deepEqual([fine.unsigned, fine.invited], [[], [carol.id]]);
  assert.match(epochSentence(9, fine), /carol@example.org, expelled in epoch 6, joined,/);
  assert.equal(comes(now, undefined, domain).unsigned.length, 1, "by the access list");
  assert.equal(comes(now, { incarnation: OLD, epoch: 99 }).unsigned.length, 1);
  assert.equal(comes({ incarnation: OLD, epoch: 99 }, { epoch: 1 }).unsigned.length, 0);
  assert.equal(
    comes({ incarnation: OLD, epoch: 6 }, { incarnation: OLDER, epoch: 99 }).unsigned.length,
    1,
  );
  assert.equal(comes(now, { incarnation: "99".repeat(16), epoch: 99 }).unsigned.length, 1);
});

Deno.test("judge() lets members take out devices of their own", () => {
  const second = device(bob.jid, bob.accountKey);
  const bob2 = memberOf(bob.jid, second.deviceKey, bob.accountKey, "member");
  const expel = deedOf(bob, { kind: "expel", subject: bob2.id });
  const fine = judged([anna, bob, bob2], [anna, bob], [because("expelled", bob2, expel)], [expel]);
  assert.deepEqual(fine.unsigned, []);
  assert.match(epochSentence(9, fine), /bob@example.org took a device of theirs out,/);
  const other = { ...bob2, accountKey: carol.accountKey };
  const reasons = [because("expelled", other, expel)];
  assert.equal(judged([anna, bob, other], [anna, bob], reasons, [expel]).unsigned.length, 1);
});

Deno.test("judge() takes no action of another author, group, kind or subject", () => {
  const others: SignedAction[] = [
    deedOf(bob, { kind: "expel", subject: carol.jid }),
    deedOf(anna, { kind: "expel", subject: carol.jid }, { group: "ee".repeat(16) }),
    deedOf(anna, { kind: "admit", subject: carol.jid, role: "member" }),
    deedOf(anna, { kind: "expel", subject: bob.jid }),
  ];
  for (const action of others) {
    const reasons = [because("expelled", carol, action)];
    assert.equal(judged([anna, bob, carol], [anna, bob], reasons, [action]).unsigned.length, 1);
  }
  const good = deedOf(anna, { kind: "expel", subject: carol.jid });
  const wrongHash = [because("expelled", carol, others[3])];
  assert.equal(judged([anna, bob, carol], [anna, bob], wrongHash, [good]).unsigned.length, 1);
});

Deno.test("judge() asks who let somebody in, and as what", () => {
  const admit = deedOf(anna, { kind: "admit", subject: carol.jid, role: "member" });
  const joins = (reason: Reason, ...rest: [SignedAction[]?, Access[]?, Record<string, Role>?]) =>
    judged([anna, bob], [anna, bob, carol], [reason], ...rest).unsigned.length;
  assert.equal(joins(because("joined", carol, admit), [admit]), 0);
  assert.equal(joins(because("joined", carol)), 1, "nobody admitted her");
  assert.equal(joins(because("joined", carol), [], [{ kind: "jid", jid: carol.jid }]), 0);
  assert.equal(joins(because("joined", carol), [], [{ kind: "domain", domain: "example.org" }]), 0);
  assert.equal(joins(because("joined", carol), [], [{ kind: "domain", domain: "example.net" }]), 1);
  assert.equal(
    joins(because("joined", carol), [], INVITED, { [carol.jid]: "member" }),
    0,
    "she was in before",
  );
  const asAdmin = { ...carol, role: "admin" as const };
  const reasons = [because("joined", carol, admit)];
  assert.equal(judged([anna, bob], [anna, bob, asAdmin], reasons, [admit]).unsigned.length, 1);
  const asOwner = { ...carol, role: "owner" as const };
  assert.equal(
    judged([anna], [anna, asOwner], reasons, [admit], INVITED, { [carol.jid]: "admin" }).unsigned
      .length,
    1,
  );
  // A second device of somebody who is in has their role, and the same account key.
  const second = device(bob.jid, bob.accountKey);
  const bob2 = memberOf(bob.jid, second.deviceKey, bob.accountKey, "member");
  assert.deepEqual(judged([anna, bob], [anna, bob, bob2], [because("joined", bob2)]).unsigned, []);
  const stranger = memberOf(bob.jid, second.deviceKey, systemRandom(32), "member");
  const pretended = judged([anna, bob], [anna, bob, stranger], [because("joined", stranger)]);
  assert.equal(pretended.unsigned.length, 1);
});

Deno.test("judge() wants a signed action for every role", () => {
  const role = deedOf(anna, { kind: "role", subject: bob.jid, role: "admin" });
  const admin = { ...bob, role: "admin" as const };
  const reason: Reason = { kind: "role", subject: bob.jid, action: role.hash };
  const fine = judged([anna, bob], [anna, admin], [reason], [role]);
  assert.deepEqual([fine.changed, fine.unsigned], [[admin], []]);
  assert.equal(judged([anna, bob], [anna, admin], [reason]).unsigned.length, 1);
  const listener = { ...bob, role: "listener" as const };
  assert.equal(judged([anna, bob], [anna, listener], [reason], [role]).unsigned.length, 1);
});

Deno.test("judge() asks what the author was before the change, not after it", () => {
  for (const role of ["admin", "owner"] as const) {
    const carolIn = { ...carol, role };
    const admit = deedOf(carol, { kind: "admit", subject: carol.jid, role });
    const came = judged([anna, bob], [anna, bob, carolIn], [because("joined", carol, admit)], [
      admit,
    ]);
    assert.equal(came.unsigned.length, 1);
  }
  const role = deedOf(bob, { kind: "role", subject: bob.jid, role: "admin" });
  const admin = { ...bob, role: "admin" as const };
  assert.equal(
    judged([anna, bob], [anna, admin], [because("role", bob, role)], [role]).unsigned.length,
    1,
  );
});

Deno.test("judge() holds role against role: admins expel no owner and make no admin", () => {
  const admin = { ...bob, role: "admin" as const }, other = { ...carol, role: "admin" as const };
  const unsigned = (
    before: Roster,
    after: Roster,
    kind: Reason["kind"],
    of: GroupMember,
    deed: Deed,
  ) => {
    const action = deedOf(bob, deed);
    return judged(before, after, [because(kind, of, action)], [action]).unsigned.length;
  };
  const expel = (subject: GroupMember): Deed => ({ kind: "expel", subject: subject.jid });
  assert.equal(unsigned([anna, admin], [admin], "expelled", anna, expel(anna)), 1);
  assert.equal(unsigned([anna, admin, other], [anna, admin], "expelled", other, expel(other)), 1);
  assert.equal(unsigned([anna, admin, carol], [anna, admin], "expelled", carol, expel(carol)), 0);
  const make = (role: Role): Deed => ({ kind: "admit", subject: carol.jid, role });
  assert.equal(unsigned([anna, admin], [anna, admin, other], "joined", other, make("admin")), 1);
  assert.equal(unsigned([anna, admin], [anna, admin, carol], "joined", carol, make("member")), 0);
  assert.equal(
    unsigned([anna, admin, other], [anna, admin, carol], "role", carol, make("member")),
    1,
  );
});

Deno.test("judge() takes no act twice, and none of another incarnation", () => {
  const gone = (change: { number?: number; incarnation?: string }, last: number) => {
    const expel = deedOf(anna, { kind: "expel", subject: bob.jid }, change);
    const reasons = [because("expelled", bob, expel)];
    return judged([anna, bob], [anna], reasons, [expel], INVITED, {}, { last });
  };
  const fine = gone({ number: 7 }, 6);
  assert.deepEqual([fine.unsigned, fine.banned, [...fine.acts.values()]], [[], [
    bob.jid,
    accountSubject(bob),
  ], [7]]);
  assert.equal(gone({ number: 6 }, 6).unsigned.length, 1);
  assert.equal(gone({ number: 7, incarnation: "ef".repeat(16) }, 6).unsigned.length, 1);
  // What let somebody in comes with each device of theirs, also after a backup was restored.
  const change = { number: 3, incarnation: "ef".repeat(16) };
  const admit = deedOf(anna, { kind: "admit", subject: carol.jid, role: "member" }, change);
  const reasons = [because("joined", carol, admit)];
  assert.deepEqual(
    judged([anna], [anna, carol], reasons, [admit], INVITED, {}, { last: 9 }).unsigned,
    [],
  );
});

Deno.test("judge() raises no alarm for a member who was made admin, left, and came again", () => {
  const admit = deedOf(anna, { kind: "admit", subject: bob.jid, role: "member" });
  const admin = { ...bob, role: "admin" as const };
  const again = judged([anna], [anna, admin], [because("joined", bob, admit)], [admit], INVITED, {
    [bob.jid]: "admin",
  });
  assert.deepEqual(again.unsigned, []);
  assert.match(epochSentence(9, again), /bob@example.org joined as admin,/);
});

Deno.test("judge() wants an owner's act behind another specification, and behind the end", () => {
  const text = printSpecification(
    {
      ...specificationOf(systemRandom(32), [devices.get(anna.jid)!, devices.get(bob.jid)!]),
      group: GROUP,
    },
  );
  const specified = specificationHash(parseSpecification(text));
  const owner = { ...bob, role: "owner" as const };
  const unsigned = (author: GroupMember, after: Roster) => {
    const action = deedOf(author, { kind: "respecify", text });
    const reasons: Reason[] = [{ kind: "respecified", subject: "", action: action.hash }];
    return judged([anna, bob], after, reasons, [action], INVITED, {}, { specified }).unsigned
      .length;
  };
  assert.equal(unsigned(anna, [anna, bob]), 0);
  assert.equal(unsigned(anna, [anna, owner]), 0, "an owner by the new one");
  assert.equal(unsigned(bob, [anna, bob]), 1);
  const closed: Reason[] = [{ kind: "closed", subject: "", action: null }];
  assert.equal(judged([anna, bob], [anna, bob], closed).unsigned.length, 1);
  const close = deedOf(anna, { kind: "close" });
  assert.equal(judged([anna, bob], [anna, bob], closed, [close]).unsigned.length, 0);
});

Deno.test("judge() lets a former member come again as what they rightly were, and as no more", () => {
  const admin = { ...carol, role: "admin" as const };
  const domain: Access[] = [{ kind: "domain", domain: "example.org" }];
  const comes = (as: GroupMember, was: Role, signed?: SignedAction, access = INVITED) =>
    judged(
      [anna],
      [anna, as],
      [because("joined", as, signed)],
      signed === undefined ? [] : [signed],
      access,
      { [carol.jid]: was },
    ).unsigned.length;
  assert.equal(comes(admin, "admin"), 0);
  assert.equal(comes(carol, "admin"), 0);
  assert.equal(comes(admin, "member"), 1);
  assert.equal(comes(carol, "listener", undefined, domain), 1);
  // What an owner gave her while she was out comes with her; what was taken from her since does not.
  const given = (kind: "role" | "admit", epoch: number) =>
    deedOf(anna, { kind, subject: carol.jid, role: "admin" }, { epoch });
  for (const kind of ["role", "admit"] as const) {
    assert.equal(comes(admin, "member", given(kind, 4)), 0);
    assert.equal(comes(admin, "member", given(kind, 3)), 1);
  }
});

Deno.test("judge() lets an expelled device back by no other device of its person, nor an owner's name", () => {
  for (const person of [bob, anna]) {
    const second = device(person.jid, person.accountKey);
    const stolen = memberOf(person.jid, second.deviceKey, person.accountKey, person.role);
    const comes = (subject: string, epoch?: number) => {
      const { jid, role } = person;
      const admit = deedOf(anna, { kind: "admit", subject: jid, role }, { epoch: epoch ?? 1 });
      const acts = epoch === undefined ? [] : [admit];
      const fate = { incarnation: INCARNATION, epoch: 6, subject };
      const reasons = [because("joined", stolen, acts[0])];
      const before = [...new Set([anna, person])];
      return judged(before, [...before, stolen], reasons, acts, INVITED, {
        [jid]: "member",
      }, { fate });
    };
    const told = comes(stolen.id);
    assert.match(told.unsigned.join(), /in again as \w+; they were expelled in epoch 6/);
    assert.deepEqual(told.invited, []);
    assert.equal(comes(stolen.id, 5).unsigned.length, 1);
    assert.equal(comes(stolen.id, 6).unsigned.length, person === anna ? 1 : 0);
    assert.equal(comes(person.jid).unsigned.length, person === anna ? 0 : 1);
  }
});

Deno.test("judge() takes what takes an own device out for its incarnation, and since it came", () => {
  for (const author of [bob, anna]) {
    const second = device(author.jid, author.accountKey);
    const other = memberOf(author.jid, second.deviceKey, author.accountKey, author.role);
    const goes = (signed: { incarnation?: string; epoch?: number }) => {
      const expel = deedOf(author, { kind: "expel", subject: other.id }, signed);
      const before = [...new Set([anna, author])];
      const reasons = [because("expelled", other, expel)];
      return judged([...before, other], before, reasons, [expel], INVITED, {}, { since: 5 })
        .unsigned.length;
    };
    assert.deepEqual(
      [{ epoch: 5 }, { epoch: 8 }, { epoch: 4 }, { epoch: 9 }, { incarnation: OLD }].map(goes),
      [0, 0, 1, 1, 1],
    );
  }
});

Deno.test("judge() takes nobody for an owner whom the specification does not name", () => {
  const owner = { ...bob, role: "owner" as const };
  const expel = deedOf(bob, { kind: "expel", subject: carol.jid });
  const reasons = [because("expelled", carol, expel)];
  const goes = (owners: GroupMember[]) =>
    judged([anna, owner, carol], [anna, owner], reasons, [expel], INVITED, {}, { owners })
      .unsigned.length;
  assert.deepEqual([goes([anna, bob]), goes([anna])], [0, 1]);
  // The specification that an owner signed deposes him, and the key server keeps him one.
  const text = printSpecification(
    { ...specificationOf(systemRandom(32), [devices.get(anna.jid)!]), group: GROUP },
  );
  const specified = specificationHash(parseSpecification(text));
  const act = deedOf(anna, { kind: "respecify", text });
  const reason: Reason = { kind: "respecified", subject: "", action: act.hash };
  const kept = (after: GroupMember) =>
    judged([anna, owner], [anna, after], [reason], [act], INVITED, {}, {
      specified,
      owners: [anna, bob],
    }).unsigned;
  assert.deepEqual(kept(bob), []);
  assert.match(kept(owner).join(), /has bob@example.org as an owner, whom the .* does not name/);
  assert.match(kept({ ...bob, role: "admin" }).join(), /made bob@example.org admin on its own/);
});
