import assert from "node:assert/strict";
import fc from "fast-check";
import { systemRandom } from "../crypto/mod.ts";
import type { GroupMember } from "./group_keys.ts";
import {
  applyRosterChange,
  decodeRosterChange,
  encodeRosterChange,
  memberOf,
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
