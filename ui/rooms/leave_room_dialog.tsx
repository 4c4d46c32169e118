import { roomApi } from "../api/room_routes.ts";
import type { RoomView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { FormError } from "../parts/field.tsx";
import { closeDialog } from "../store/dialogs.ts";
import { dropRoom, nameOfRoom } from "../store/rooms.ts";
import { closeChat, selectedRoom } from "../store/route.ts";
import { text } from "../text/mod.ts";

/** Asks before a room is left; its owner may end it for everybody. */
export function LeaveRoomDialog({ room }: { room: RoomView }) {
  const action = useAction();
  const words = text.rooms;
  const { jid } = room;
  const go = (work: (jid: string) => Promise<void>) =>
    action.run(async () => {
      await work(jid);
      if (selectedRoom.value === jid) closeChat();
      closeDialog();
      dropRoom(jid);
    });
  return (
    <Dialog
      title={words.leaveTitle(nameOfRoom(room))}
      onClose={closeDialog}
      size="s"
      role="alertdialog"
    >
      <p class="lead">{words.leaveLead}</p>
      <FormError message={action.error.value} />
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={closeDialog}>{text.common.cancel}</button>
        <button
          type="button"
          class="button button-danger"
          disabled={action.busy.value}
          onClick={() => go(roomApi.leave)}
        >
          {words.leaveGo}
        </button>
      </footer>
      {room.affiliation === "owner" && room.state === "in" && (
        <details class="room-end">
          <summary>{words.destroy}</summary>
          <p class="hint">{words.destroyLead}</p>
          <button
            type="button"
            class="button button-danger-quiet"
            disabled={action.busy.value}
            onClick={() => go(roomApi.destroy)}
          >
            {words.destroyGo}
          </button>
        </details>
      )}
    </Dialog>
  );
}
