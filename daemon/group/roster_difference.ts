import type { GroupMember } from "./group_keys.ts";
import type { Roster } from "./roster.ts";

/** What stands in one list of members and not in another. */
export interface RosterDifference {
  /** In the order of the old list. */
  readonly gone: Roster;
  /** In the order of the new one. */
  readonly come: Roster;
  /** Do those who came stand behind all who stayed? */
  readonly isAppended: boolean;
}

/**
 * Compares two lists by identity: a member of whom nothing changed is the same object in the lists of
 * two epochs. One step per member and nothing allocated for those who stay; somebody whose role
 * changed is both gone and come, and so is everybody when one list was read anew.
 */
export function rosterDifference(before: Roster, after: Roster): RosterDifference {
  const gone: GroupMember[] = [];
  const come: GroupMember[] = [];
  let at = 0;
  let isAppended = true;
  for (let position = 0; position < after.length; position++) {
    const member = after[position]!;
    const place = before[at] === member ? at : before.indexOf(member, at);
    if (place < 0) {
      come.push(member);
      continue;
    }
    while (at < place) gone.push(before[at++]!);
    at++;
    if (come.length > 0) isAppended = false;
  }
  while (at < before.length) gone.push(before[at++]!);
  return { gone, come, isAppended };
}
