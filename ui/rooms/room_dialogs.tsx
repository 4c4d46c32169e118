/** The dialogue about rooms that is open; one about a room closes when the room is gone. */
import type { DialogState } from "../store/dialogs.ts";
import { rooms } from "../store/rooms.ts";
import { InviteToRoomDialog } from "./invite_to_room_dialog.tsx";
import { LeaveRoomDialog } from "./leave_room_dialog.tsx";
import { NewRoomDialog } from "./new_room_dialog.tsx";
import { SubjectDialog } from "./subject_dialog.tsx";

type RoomDialogState = Extract<
  DialogState,
  { kind: "new-room" | "leave-room" | "invite-to-room" | "room-subject" }
>;

export function RoomDialogs({ open }: { open: RoomDialogState }) {
  if (open.kind === "new-room") return <NewRoomDialog />;
  const room = rooms.value.get(open.room);
  if (room === undefined) return null;
  if (open.kind === "leave-room") return <LeaveRoomDialog key={room.jid} room={room} />;
  if (open.kind === "room-subject") return <SubjectDialog key={room.jid} room={room} />;
  return <InviteToRoomDialog key={room.jid} room={room} />;
}
