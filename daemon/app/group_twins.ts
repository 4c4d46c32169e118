import { SimppdError } from "../base/mod.ts";
import type { StoredGroup, StoredGroups } from "../store/mod.ts";

/**
 * A device is in a group once, whatever rooms invitations name for it: its keys are the group's.
 * @throws SimppdError `group-known`
 */
export function requireNoTwin(
  stored: StoredGroups,
  group: Pick<StoredGroup, "id" | "jid">,
): void {
  const twin = stored.twin(group);
  if (twin !== undefined) throw groupKnown(twin.jid);
}

/** One is in a group already. */
export function groupKnown(jid: string): SimppdError {
  return new SimppdError(
    "group-known",
    `You are in the group ${jid} already; leave it first, or ask for its key again with simppd ` +
      `group join ${jid}.`,
  );
}
