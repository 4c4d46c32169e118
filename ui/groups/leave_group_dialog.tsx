import { groupApi } from "../api/group_routes.ts";
import type { GroupView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { FormError } from "../parts/field.tsx";
import { closeDialog } from "../store/dialogs.ts";
import { dropGroup } from "../store/groups.ts";
import { dropRoom, nameOfRoom } from "../store/rooms.ts";
import { closeChat, selectedRoom } from "../store/route.ts";
import { text } from "../text/mod.ts";

/** Asks before a group is left; who keeps its keys is told what that means, and may end it. */
export function LeaveGroupDialog({ group }: { group: GroupView }) {
  const action = useAction();
  const words = text.groups;
  const { jid } = group;
  const ended = group.problem?.code === "group-closed";
  const keeps = group.keyServer.own && group.state !== "out";
  const go = (work: () => Promise<void>) =>
    action.run(async () => {
      await work();
      if (selectedRoom.value === jid) closeChat();
      closeDialog();
      dropGroup(jid);
      dropRoom(jid);
    });
  return (
    <Dialog
      title={(ended ? words.forgetTitle : words.leaveTitle)(nameOfRoom(group))}
      onClose={closeDialog}
      size="s"
      role="alertdialog"
    >
      <p class="lead">{keeps ? words.leaveKeeper : ended ? words.forgetLead : words.leaveLead}</p>
      <FormError message={action.error.value} />
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={closeDialog}>{text.common.cancel}</button>
        {!keeps && (
          <button
            type="button"
            class="button button-danger"
            disabled={action.busy.value}
            onClick={() => go(() => groupApi.leave(jid, false))}
          >
            {ended ? words.forget : words.leaveGo}
          </button>
        )}
      </footer>
      {!keeps && action.error.value !== null && (
        <button
          type="button"
          class="button button-danger-quiet"
          disabled={action.busy.value}
          onClick={() => go(() => groupApi.leave(jid, true))}
        >
          {words.leaveForce}
        </button>
      )}
      {group.role === "owner" && (
        <details class="room-end" open={keeps}>
          <summary>{words.end}</summary>
          <p class="hint">{words.endLead}</p>
          <button
            type="button"
            class="button button-danger-quiet"
            disabled={action.busy.value}
            onClick={() => go(() => groupApi.end(jid))}
          >
            {words.endGo}
          </button>
        </details>
      )}
    </Dialog>
  );
}
