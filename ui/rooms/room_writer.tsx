import type { RoomView } from "../api/views.ts";
import { WritingField } from "../chat/writing_field.tsx";
import { roomDrafts, say } from "../store/room_messages.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";

const nothing = () => {};

/** The field to write to everybody in a room. */
export function RoomWriter({ room }: { room: RoomView }) {
  const { jid } = room;
  return (
    <WritingField
      jid={jid}
      placeholder={text.rooms.placeholder(nameOfRoom(room))}
      hint={text.rooms.hint}
      drafts={roomDrafts}
      edited={null}
      send={(words) => say(jid, words)}
      correct={() => Promise.resolve()}
      beginEditing={() => false}
      endEditing={nothing}
      wrote={nothing}
      stopped={nothing}
    />
  );
}
