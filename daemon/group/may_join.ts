import { equal } from "../crypto/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import type { GroupMember } from "./group_keys.ts";
import type { Evidence, Expelled } from "./roster_judge.ts";
import { reaches, type Specification } from "./specification.ts";
import { type Act, isSince, isSpecOwner } from "./valid_acts.ts";

/**
 * May this device come, as what it came as? Owners by the specification; with other devices of theirs,
 * who are in; by an act that gave the role; who was in rightly before, with the role that they had;
 * and members by the access list. Who was expelled, as a person or with one device, by an act alone
 * that was signed since.
 * @param given the admission, or act that gave the role, that came with it
 */
export function mayJoin(
  member: GroupMember,
  specification: Specification,
  given: Act | undefined,
  fate: Expelled | undefined,
  evidence: Evidence,
): boolean {
  // To name somebody an owner is to let them in, yet not the device that was taken from them.
  if (isSpecOwner(member, specification)) return fate?.subject !== member.id;
  if (member.role === "owner") return false;
  const other = evidence.before.find(({ jid, accountKey }) =>
    jid === member.jid && equal(accountKey, member.accountKey)
  );
  if (other !== undefined && other.role !== member.role) return false;
  const known = evidence.knows(member);
  const had = known !== undefined && reaches(known.role, member.role);
  if (given !== undefined && "role" in given.deed && given.deed.role === member.role) {
    const isNews = known === undefined || had || isSince(given, known.since, evidence);
    if (isNews && (fate === undefined || isSince(given, fate, evidence))) return true;
  }
  if (fate !== undefined) return false;
  if (other !== undefined) return true;
  if (known !== undefined) return had;
  if (given !== undefined) return false;
  return member.role === "member" && isListed(member, specification);
}

function isListed({ jid, accountKey }: GroupMember, { access }: Specification): boolean {
  return access.some((entry) => {
    switch (entry.kind) {
      case "invited":
        return false;
      case "jid":
        return entry.jid === jid;
      case "account":
        return entry.fingerprint === fingerprintOf(accountKey);
      case "domain":
        return jid.endsWith(`@${entry.domain}`);
    }
  });
}
