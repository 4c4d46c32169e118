import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { MIGRATIONS, openDatabase, StoredGroups, Vault } from "../store/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
import type { Subscription } from "../views/mod.ts";
import { invitationElement } from "./group_content.ts";
import { takeInvitation } from "./group_invitations.ts";
import { requireNoTwin } from "./group_twins.ts";

const ALICE = "alice@example.org", BOB = "bob@example.org", EVE = "eve@example.org";
const ROOM = "circle@rooms.example.org";

function specification(change: Record<string, string> = {}): string {
  const fields = {
    name: "Circle",
    group: "0f".repeat(16),
    room: ROOM,
    "key-server": `${BOB} ${"8a".repeat(32)}`,
    owner: `${BOB} ${"5b".repeat(32)}`,
    ...change,
  };
  const lines = Object.entries(fields).map(([key, value]) => `${key} = ${value}`);
  return ["simppd group specification 1", ...lines].join("\n");
}

function makeInbox(subscription: Subscription = "asked") {
  const db = openDatabase(":memory:", MIGRATIONS);
  const stored = new StoredGroups(db, new Vault(systemRandom(32), systemRandom));
  const people = {
    has: (jid: string) => jid === BOB,
    isStranger: (jid: string) => jid !== BOB,
    isBlocked: () => false,
    get: () => ({ subscription }),
  };
  const plain = new Set<string>();
  const isPlainRoom = (jid: string) => plain.has(jid);
  const verified = new Set<string>();
  const isVerified = (jid: string) => verified.has(jid);
  const out = new Set<string>();
  const isOut = (jid: string) => out.has(jid);
  const around = { people, stored, isVerified, own: ALICE, isPlainRoom, isOut };
  const take = (from: string, ...content: Element[]) => {
    const group = takeInvitation(from, { to: ALICE, time: 0, content }, around);
    if (group !== undefined) stored.put(group);
    return group;
  };
  return { db, stored, plain, verified, out, take };
}

Deno.test("an invitation of a contact is kept; one of a stranger, of oneself, or of nonsense is not", () => {
  const { db, take } = makeInbox();
  const good = specification();
  assert.equal(take(EVE, invitationElement(good, "")), undefined);
  assert.equal(take(ALICE, invitationElement(good, "")), undefined);
  assert.equal(take(BOB), undefined);
  assert.equal(take(BOB, invitationElement("degree = 1", "")), undefined);
  // A group under a person's address could be taken for them.
  assert.equal(take(BOB, invitationElement(specification({ room: BOB }), "")), undefined);
  const group = take(BOB, invitationElement(good, "Tuesdays"))!;
  assert.deepEqual([group.jid, group.state, group.invitation?.reason], [
    ROOM,
    "invited",
    "Tuesdays",
  ]);
  db.close();
});

Deno.test("no invitation takes the place of a group one is in, or of another's invitation", () => {
  const { db, stored, take } = makeInbox();
  const group = take(BOB, invitationElement(specification(), ""))!;
  const other = specification({ "key-server": `${EVE} ${"9c".repeat(32)}` });
  stored.put({ ...group, state: "joined" });
  assert.equal(take(BOB, invitationElement(other, "")), undefined);
  // The same group in another room is no other group.
  const elsewhere = { room: "other@rooms.example.org", group: "1f".repeat(16) };
  const second = take(BOB, invitationElement(specification(elsewhere), ""))!;
  assert.equal(second.state, "invited");
  const { room } = elsewhere;
  assert.equal(take(BOB, invitationElement(specification({ room }), "")), undefined);
  stored.remove(second.jid);
  stored.put({ ...group, state: "joined" });
  const moved = specification({ room: "elsewhere@rooms.example.org" });
  assert.equal(take(BOB, invitationElement(moved, "")), undefined);
  stored.put({ ...group, invitation: { ...group.invitation!, from: EVE } });
  assert.equal(take(BOB, invitationElement(other, "")), undefined);
  stored.put({ ...group, state: "declined", at: Date.now() });
  assert.equal(take(BOB, invitationElement(specification(), "")), undefined);
  stored.put({ ...group, state: "declined", at: Date.now() - 2 * 86_400_000 });
  assert.equal(take(BOB, invitationElement(specification(), ""))?.state, "invited");
  db.close();
});

Deno.test("a false invitation keeps the true one away neither while it waits nor once declined", () => {
  for (const state of ["invited", "declined"] as const) {
    const { db, stored, take } = makeInbox();
    const room = "false@rooms.evil.example";
    const wrong = take(BOB, invitationElement(specification({ room }), ""))!;
    stored.put({ ...wrong, state });
    const group = take(BOB, invitationElement(specification(), ""))!;
    assert.deepEqual([group.jid, group.state], [ROOM, "invited"]);
    assert.equal(stored.all().length, 2);
    // In once: what is known of the group by its id is that of the room it is in.
    assert.doesNotThrow(() => requireNoTwin(stored, group));
    stored.put({ ...group, state: "joined" });
    assert.equal(stored.byId(group.id)!.jid, ROOM);
    assert.throws(() => requireNoTwin(stored, wrong), { code: "group-known" });
    stored.remove(room);
    assert.equal(take(BOB, invitationElement(specification({ room }), "")), undefined);
    db.close();
  }
});

Deno.test("no invitation takes the place of a room in clear", () => {
  const { db, plain, take } = makeInbox();
  plain.add(ROOM);
  assert.equal(take(BOB, invitationElement(specification(), "")), undefined);
  const other = specification({ room: "other@rooms.example.org" });
  assert.equal(take(BOB, invitationElement(other, ""))?.state, "invited");
  db.close();
});

Deno.test("who was declined and is accepted or verified comes through at once when they invite anew", () => {
  const again = ({ stored, take }: ReturnType<typeof makeInbox>) => {
    const group = take(BOB, invitationElement(specification(), "")) ?? stored.get(ROOM)!;
    stored.put({ ...group, state: "declined", at: Date.now(), invitation: null });
    return take(BOB, invitationElement(specification(), "anew"))?.invitation?.reason;
  };
  for (const subscription of ["to", "from", "both"] as const) {
    const inbox = makeInbox(subscription);
    assert.equal(again(inbox), "anew");
    inbox.db.close();
  }
  const inbox = makeInbox("asked");
  assert.equal(again(inbox), undefined);
  inbox.verified.add(BOB);
  assert.equal(again(inbox), "anew");
  inbox.db.close();
});

Deno.test("who was put out of a group gets an invitation to it, and to no other in its place", () => {
  const { db, stored, out, take } = makeInbox();
  const group = { ...take(BOB, invitationElement(specification(), ""))!, invitation: null };
  stored.put({ ...group, state: "joined" });
  const again = invitationElement(specification(), "come back");
  assert.equal(take(BOB, again), undefined);
  out.add(ROOM);
  const others = [
    { "key-server": `${BOB} ${"9c".repeat(32)}` },
    { "key-server": `${EVE} ${"8a".repeat(32)}` },
    { group: "1f".repeat(16) },
  ];
  for (const other of others) {
    assert.equal(take(BOB, invitationElement(specification(other), "")), undefined);
  }
  const invited = take(BOB, again)!;
  assert.deepEqual([invited.state, invited.invitation?.reason, invited.specification], [
    "joined",
    "come back",
    group.specification,
  ]);
  stored.put({ ...invited, invitation: { ...invited.invitation!, from: EVE } });
  assert.equal(take(BOB, again), undefined);
  db.close();
});
