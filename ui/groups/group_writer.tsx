import type { RoomView } from "../api/views.ts";
import { WritingField } from "../chat/writing_field.tsx";
import { roomDrafts, say } from "../store/room_messages.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";

/** The field to write to all members of a group. Who writes is told to nobody, for it would be in clear. */
export function GroupWriter({ room }: { room: RoomView }) {
  return (
    <WritingField
      jid={room.jid}
      placeholder={text.groups.placeholder(nameOfRoom(room))}
      hint={text.groups.hint}
      attach={room.jid}
      drafts={roomDrafts}
      edited={null}
      send={(words) => say(room, words)}
      correct={() => Promise.resolve()}
      beginEditing={() => false}
      endEditing={() => {}}
      wrote={() => {}}
      stopped={() => {}}
    />
  );
}
