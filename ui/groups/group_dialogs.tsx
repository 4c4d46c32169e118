/** The dialogue about groups that is open; it closes when the group is gone. */
import type { DialogState } from "../store/dialogs.ts";
import { groups } from "../store/groups.ts";
import { ExpelDialog } from "./expel_dialog.tsx";
import { InviteToGroupDialog } from "./invite_to_group_dialog.tsx";
import { LeaveGroupDialog } from "./leave_group_dialog.tsx";

type GroupDialogState = Extract<
  DialogState,
  { kind: "leave-group" | "invite-to-group" | "expel" }
>;

export function GroupDialogs({ open }: { open: GroupDialogState }) {
  const group = groups.value.get(open.group);
  if (group === undefined) return null;
  if (open.kind === "leave-group") return <LeaveGroupDialog key={group.jid} group={group} />;
  if (open.kind === "expel") {
    return <ExpelDialog key={open.member} group={group} member={open.member} />;
  }
  return <InviteToGroupDialog key={group.jid} group={group} />;
}
