import { roomApi } from "../api/room_routes.ts";
import type { RoomView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { AskDialog } from "../parts/ask_dialog.tsx";
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
    <AskDialog
      title={words.leaveTitle(nameOfRoom(room))}
      lead={words.leaveLead}
      action={action}
      go={words.leaveGo}
      onGo={() => go(roomApi.leave)}
    >
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
    </AskDialog>
  );
}
