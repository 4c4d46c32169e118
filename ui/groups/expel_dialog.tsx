import { groupApi } from "../api/group_routes.ts";
import type { GroupView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { FormError } from "../parts/field.tsx";
import { nameOfJid } from "../store/contacts.ts";
import { closeDialog } from "../store/dialogs.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";

/** Asks before somebody, or a device of one's own (`JID/device`), is taken out of a group. */
export function ExpelDialog({ group, member }: { group: GroupView; member: string }) {
  const action = useAction();
  const words = text.groups;
  const [, device] = member.split("/");
  const expel = () =>
    action.run(async () => {
      await groupApi.expel(group.jid, member);
      closeDialog();
    });
  return (
    <Dialog
      title={device === undefined
        ? words.expelTitle(nameOfJid(member), nameOfRoom(group))
        : words.takeOutTitle(device, nameOfRoom(group))}
      onClose={closeDialog}
      size="s"
      role="alertdialog"
    >
      <p class="lead">{device === undefined ? words.expelLead : words.takeOutLead}</p>
      <FormError message={action.error.value} />
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={closeDialog}>{text.common.cancel}</button>
        <button
          type="button"
          class="button button-danger"
          disabled={action.busy.value}
          onClick={expel}
        >
          {device === undefined ? words.expelGo : words.takeOut}
        </button>
      </footer>
    </Dialog>
  );
}
