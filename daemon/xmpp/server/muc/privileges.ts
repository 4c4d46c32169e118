import { StanzaError } from "../../core/mod.ts";

/** What somebody is to a room for good (XEP-0045 section 5.2). */
export type Affiliation = "owner" | "admin" | "member" | "none" | "outcast";

/** What an occupant is while it is in the room (XEP-0045 section 5.1); `none`: not in it. */
export type Role = "moderator" | "participant" | "visitor" | "none";

export const AFFILIATIONS: readonly Affiliation[] = [
  "outcast",
  "none",
  "member",
  "admin",
  "owner",
];
export const ROLES: readonly Role[] = ["none", "visitor", "participant", "moderator"];

/** Is `a` at least as high as `b`? */
export function isAtLeast(a: Affiliation, b: Affiliation): boolean {
  return AFFILIATIONS.indexOf(a) >= AFFILIATIONS.indexOf(b);
}

/** The role with which one of this affiliation enters (section 5.1.2). */
export function initialRole(affiliation: Affiliation, moderated: boolean): Role {
  if (affiliation === "outcast") return "none";
  if (isAtLeast(affiliation, "admin")) return "moderator";
  return moderated && affiliation === "none" ? "visitor" : "participant";
}

/** The role an occupant has after its affiliation became another. */
export function roleAfter(
  before: Affiliation,
  after: Affiliation,
  role: Role,
  moderated: boolean,
): Role {
  const initial = initialRole(after, moderated);
  if (initial === "none" || initial === "moderator") return initial;
  // A moderator by affiliation is one no more; who was given the role by hand keeps it.
  if (role === "moderator") return isAtLeast(before, "admin") ? initial : role;
  if (after === "member" && role === "visitor") return initial;
  return after === "none" && isAtLeast(before, "member") ? initial : role;
}

/** Who asks for a change. */
export interface Actor {
  readonly affiliation: Affiliation;
  /** `none` for who is not in the room. */
  readonly role: Role;
}

/**
 * May `actor` make somebody's affiliation `after` (sections 5.2.1, 9 and 10)?
 * @param self is it the actor's own?
 * @throws StanzaError `forbidden` who may not change such lists, `not-allowed` on those above,
 * `conflict` who bans himself
 */
export function checkAffiliationChange(
  actor: Affiliation,
  before: Affiliation,
  after: Affiliation,
  self: boolean,
): void {
  if (!isAtLeast(actor, "admin")) throw new StanzaError("auth", "forbidden");
  if (self && after === "outcast") {
    throw new StanzaError("cancel", "conflict", "nobody bans himself");
  }
  if (actor === "owner") return;
  // An admin may step down to a member, and no more of those at or above it.
  if (isAtLeast(before, "admin") && !(self && !isAtLeast(after, "admin"))) {
    throw new StanzaError("cancel", "not-allowed", "that takes an owner");
  }
  if (isAtLeast(after, "admin")) {
    // Section 10.3 and 10.6: lists of admins and owners are the owners' to change.
    throw new StanzaError("auth", "forbidden", "that takes an owner");
  }
}

/**
 * May `actor` make an occupant's role `after` (sections 5.1.1, 8 and 9)?
 * @throws StanzaError `forbidden` who has not the privilege, `not-allowed` on those above
 */
export function checkRoleChange(actor: Actor, target: Actor, after: Role): void {
  if (actor.role !== "moderator") throw new StanzaError("auth", "forbidden");
  const powerful = isAtLeast(actor.affiliation, "admin");
  if (!isAtLeast(actor.affiliation, target.affiliation)) {
    throw new StanzaError("cancel", "not-allowed", "they stand above you here");
  }
  // Section 9.7: what the affiliation gives is not taken from the role.
  if (after !== "none" && after !== "moderator" && isAtLeast(target.affiliation, "admin")) {
    throw new StanzaError("cancel", "not-allowed", "admins and owners are moderators");
  }
  if ((after === "moderator" || target.role === "moderator") && !powerful) {
    throw new StanzaError("auth", "forbidden", "that takes an admin");
  }
}
