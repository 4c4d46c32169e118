import assert from "node:assert/strict";
import fc from "fast-check";
import { systemRandom } from "../crypto/mod.ts";
import type { GroupMember } from "./group_keys.ts";
import {
  applyRosterChange,
  decodeRoster,
  decodeRosterChange,
  encodeRoster,
  encodeRosterChange,
  memberOf,
  requireOwnDevices,
  rosterChange,
} from "./roster.ts";
import { ROLES } from "./specification.ts";

const people = Array.from(
  { length: 8 },
  (_, at) => memberOf(`p${at}@example.org`, systemRandom(32), systemRandom(32), "member"),
);
const roster = fc.shuffledSubarray(people).chain((list) =>
  fc.array(fc.constantFrom(...ROLES), { minLength: list.length, maxLength: list.length })
    .map((roles) => list.map((member, at): GroupMember => ({ ...member, role: roles[at]! })))
);

Deno.test("a change leads from any list to any other, in its order", () => {
  fc.assert(fc.property(roster, roster, (before, after) => {
    const change = decodeRosterChange(encodeRosterChange(rosterChange(before, after)));
    assert.deepEqual(applyRosterChange(before, change), after);
  }));
});

Deno.test("who stays costs nothing, who has another role a few bytes", () => {
  const [first, second, ...rest] = people;
  const after = [first!, { ...second!, role: "admin" as const }, ...rest.slice(1)];
  assert.deepEqual(rosterChange(people, after), {
    removed: [2],
    roles: [{ position: 1, role: "admin" }],
    added: [],
  });
});

Deno.test("a device stands under one account", () => {
  requireOwnDevices(people);
  const { deviceKey } = people[0]!;
  const twin = memberOf("twin@example.org", deviceKey, systemRandom(32), "member");
  assert.throws(() => requireOwnDevices([...people, twin]), { code: "bad-group-message" });
});

Deno.test("decodeRoster() takes addresses as they are written everywhere, and nothing else", () => {
  const encoded = (jid: string) =>
    encodeRoster([memberOf(jid, systemRandom(32), systemRandom(32), "member")]);
  assert.equal(decodeRoster(encoded("p@example.org"))[0]!.jid, "p@example.org");
  for (
    const jid of ["P@Example.org", "p@", "@example.org", "p q@example.org", "p@example.org\u202e"]
  ) {
    assert.throws(() => decodeRoster(encoded(jid)), { code: "bad-group-message" }, jid);
  }
});
