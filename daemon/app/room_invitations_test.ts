import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { MIGRATIONS, openDatabase, StoredRooms, Vault } from "../store/mod.ts";
import type { RoomInvitation } from "../xmpp/client/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import { RoomInvitations } from "./room_invitations.ts";

const ME = "me@example.org";
const BEN = "ben@example.org";

function make() {
  const db = openDatabase(":memory:", MIGRATIONS);
  const stored = new StoredRooms(db, new Vault(systemRandom(32), systemRandom));
  const people = {
    has: (jid: string) => jid === BEN || jid === "eve@example.org",
    isBlocked: (jid: string) => jid === "eve@example.org",
  };
  return { db, stored, invitations: new RoomInvitations(stored, people, () => ME) };
}

function invitation(room: string, from: string, mediated = false): RoomInvitation {
  const reason = "r".repeat(10);
  return { room: Jid.parse(room), from: Jid.parse(from), reason, password: "secret", mediated };
}

Deno.test("invitations of the blocked, and to rooms under a person's address, are passed over", () => {
  const { db, stored, invitations } = make();
  const take = (room: string, from: string) => invitations.take(invitation(room, from));
  assert.equal(take("den@rooms.example.org", "eve@example.org/phone"), undefined);
  assert.equal(take(BEN, BEN), undefined);
  assert.equal(take(ME, BEN), undefined);
  assert.equal(take("den@rooms.example.org", `${BEN}/phone`)?.invitation?.from, BEN);
  assert.equal(stored.get("den@rooms.example.org")?.password, "secret");
  db.close();
});

Deno.test("strangers' invitations are few, and take no place from contacts'", () => {
  const { db, stored, invitations } = make();
  for (let n = 0; n < 500; n++) {
    invitations.take(invitation(`r${n}@rooms.example.org`, `s${n}@spam.example`, n % 2 === 0));
  }
  assert.equal(stored.all().length, 10);
  assert.notEqual(invitations.take(invitation("den@rooms.example.org", BEN)), undefined);
  for (let n = 0; n < 500; n++) invitations.take(invitation(`b${n}@rooms.example.org`, BEN));
  assert.equal(stored.all().length, 50);
  db.close();
});

Deno.test("who was told no is not heard again for a day; a room one is in is not asked for", () => {
  const { db, stored, invitations } = make();
  const den = "den@rooms.example.org";
  const first = invitations.take(invitation(den, BEN))!;
  stored.put({ ...first, state: "declined", at: Date.now() });
  assert.equal(invitations.take(invitation(den, BEN)), undefined);
  invitations.sweep();
  assert.notEqual(stored.get(den), undefined);
  stored.put({ ...first, state: "declined", at: Date.now() - 86_400_001 });
  invitations.sweep();
  assert.equal(stored.get(den), undefined);
  stored.put({ ...first, state: "joined" });
  assert.equal(invitations.take(invitation(den, BEN)), undefined);
  // Of a room that hides who is in it, the inviter's address there is kept.
  const hidden = invitations.take(
    invitation("tea@rooms.example.org", "tea@rooms.example.org/Ann", true),
  );
  assert.equal(hidden?.invitation?.from, "tea@rooms.example.org/Ann");
  db.close();
});
