/** Encrypted groups by the address of their room, which `rooms` holds too. */
import { signal } from "@preact/signals";
import type { GroupMemberView, GroupView } from "../api/views.ts";

export const groups = signal<ReadonlyMap<string, GroupView>>(new Map());

export function putGroup(group: GroupView): void {
  groups.value = new Map(groups.value).set(group.jid, group);
}

export function dropGroup(jid: string): void {
  if (!groups.value.has(jid)) return;
  const left = new Map(groups.value);
  left.delete(jid);
  groups.value = left;
}

/** People of a group: a person with several devices stands once, by the device that is most trusted. */
export function peopleOf({ members }: GroupView): (GroupMemberView & { devices: number })[] {
  const people = new Map<string, GroupMemberView & { devices: number }>();
  for (const member of members) {
    const known = people.get(member.jid);
    if (known === undefined) people.set(member.jid, { ...member, devices: 1 });
    else {
      const self = known.self || member.self;
      const trust = member.trust === "changed" ? member.trust : known.trust;
      people.set(member.jid, { ...known, self, trust, devices: known.devices + 1 });
    }
  }
  return [...people.values()];
}

/** May we take this one out, by our role and theirs? */
export function mayExpel(group: GroupView, member: GroupMemberView): boolean {
  if (member.self || member.trust === "own" || group.state !== "in") return false;
  if (group.role === "owner") return true;
  return group.role === "admin" && (member.role === "member" || member.role === "listener");
}
