import assert from "node:assert/strict";
import { StanzaError } from "../../core/mod.ts";
import {
  type Affiliation,
  AFFILIATIONS,
  checkAffiliationChange,
  checkRoleChange,
  initialRole,
  type Role,
  roleAfter,
  ROLES,
} from "./privileges.ts";

function outcome(work: () => void): string {
  try {
    work();
    return "ok";
  } catch (error) {
    assert.ok(error instanceof StanzaError);
    return error.condition;
  }
}

/**
 * XEP-0045 sections 5.2, 9 and 10. A row is who acts, then whom it concerns; the columns are what
 * that one becomes: outcast, none, member, admin, owner.
 */
const AFFILIATION_CHANGES: [Affiliation, Affiliation, string][] = [
  ...(["outcast", "none", "member"] as const).flatMap((actor) =>
    AFFILIATIONS.map((before) => [actor, before, "F F F F F"] as [Affiliation, Affiliation, string])
  ),
  ["admin", "outcast", "+ + + F F"],
  ["admin", "none", "+ + + F F"],
  ["admin", "member", "+ + + F F"],
  ["admin", "admin", "N N N N N"],
  ["admin", "owner", "N N N N N"],
  ...AFFILIATIONS.map((before) =>
    ["owner", before, "+ + + + +"] as [Affiliation, Affiliation, string]
  ),
];
const SIGNS: Record<string, string> = { "+": "ok", F: "forbidden", N: "not-allowed" };

Deno.test("who may make whom what: the matrix of affiliations", () => {
  assert.equal(AFFILIATION_CHANGES.length, 25);
  for (const [actor, before, row] of AFFILIATION_CHANGES) {
    for (const [index, sign] of row.split(" ").entries()) {
      const after = AFFILIATIONS[index]!;
      assert.equal(
        outcome(() => checkAffiliationChange(actor, before, after, false)),
        SIGNS[sign],
        `${actor} makes ${before} ${after}`,
      );
    }
  }
});

Deno.test("one's own affiliation: nobody bans himself, admins step down, owners too", () => {
  const own = (actor: Affiliation, after: Affiliation) =>
    outcome(() => checkAffiliationChange(actor, actor, after, true));
  assert.equal(own("owner", "outcast"), "conflict");
  assert.equal(own("admin", "outcast"), "conflict");
  assert.equal(own("admin", "member"), "ok");
  assert.equal(own("admin", "none"), "ok");
  assert.equal(own("admin", "owner"), "not-allowed");
  assert.equal(own("owner", "admin"), "ok");
  assert.equal(own("member", "none"), "forbidden");
});

/** Who acts as role and affiliation; whom it concerns; what becomes of: none, visitor, participant, moderator. */
const ROLE_CHANGES: [Role, Affiliation, Role, Affiliation, string][] = [
  ["none", "owner", "participant", "none", "F F F F"],
  ["visitor", "none", "participant", "none", "F F F F"],
  ["participant", "member", "visitor", "none", "F F F F"],
  // A moderator without affiliation: voice and kick, of nobody above.
  ["moderator", "none", "visitor", "none", "+ + + F"],
  ["moderator", "none", "participant", "none", "+ + + F"],
  ["moderator", "none", "moderator", "none", "F F F F"],
  ["moderator", "none", "participant", "member", "N N N N"],
  ["moderator", "none", "moderator", "admin", "N N N N"],
  ["moderator", "member", "participant", "member", "+ + + F"],
  ["moderator", "admin", "participant", "member", "+ + + +"],
  ["moderator", "admin", "moderator", "none", "+ + + +"],
  ["moderator", "admin", "moderator", "admin", "+ N N +"],
  ["moderator", "admin", "moderator", "owner", "N N N N"],
  ["moderator", "owner", "moderator", "admin", "+ N N +"],
  ["moderator", "owner", "moderator", "owner", "+ N N +"],
  ["moderator", "owner", "visitor", "none", "+ + + +"],
];

Deno.test("who may give whom which role: the matrix of roles", () => {
  for (const [role, affiliation, targetRole, targetAffiliation, row] of ROLE_CHANGES) {
    for (const [index, sign] of row.split(" ").entries()) {
      const target = { role: targetRole, affiliation: targetAffiliation };
      assert.equal(
        outcome(() => checkRoleChange({ role, affiliation }, target, ROLES[index]!)),
        SIGNS[sign],
        `${affiliation}/${role} makes ${targetAffiliation}/${targetRole} ${ROLES[index]}`,
      );
    }
  }
});

Deno.test("the role with which one enters, and after the affiliation changed", () => {
  const roles = (moderated: boolean) => AFFILIATIONS.map((each) => initialRole(each, moderated));
  assert.deepEqual(roles(false), ["none", "participant", "participant", "moderator", "moderator"]);
  assert.deepEqual(roles(true), ["none", "visitor", "participant", "moderator", "moderator"]);
  const cases: [Affiliation, Affiliation, Role, boolean, Role][] = [
    ["none", "admin", "visitor", true, "moderator"],
    ["owner", "member", "moderator", true, "participant"],
    ["admin", "none", "moderator", true, "visitor"],
    ["none", "member", "moderator", true, "moderator"],
    ["none", "member", "visitor", true, "participant"],
    ["member", "none", "participant", true, "visitor"],
    ["member", "none", "participant", false, "participant"],
    ["member", "outcast", "participant", false, "none"],
  ];
  for (const [before, after, role, moderated, expected] of cases) {
    assert.equal(roleAfter(before, after, role, moderated), expected, `${before} to ${after}`);
  }
});
