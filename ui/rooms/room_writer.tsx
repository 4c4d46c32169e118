import type { RoomView } from "../api/views.ts";
import { roomApi } from "../api/room_routes.ts";
import { WritingField } from "../chat/writing_field.tsx";
import { correctableIn, correctIn, roomEditing } from "../store/room_editing.ts";
import { roomDrafts, say } from "../store/room_messages.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { useTypist } from "../store/typing.ts";
import { text } from "../text/mod.ts";

/** The field to write to everybody in a room. */
export function RoomWriter({ room }: { room: RoomView }) {
  const { jid } = room;
  const typist = useTypist(jid, roomApi.setTyping);
  const edited = roomEditing.value;
  return (
    <WritingField
      jid={jid}
      placeholder={text.rooms.placeholder(nameOfRoom(room))}
      hint={text.rooms.hint}
      drafts={roomDrafts}
      edited={edited}
      send={(words) => say(room, words)}
      correct={(words) => correctIn(edited!, words)}
      beginEditing={() => (roomEditing.value = correctableIn(jid) ?? null) !== null}
      endEditing={() => roomEditing.value = null}
      wrote={() => typist.wrote()}
      stopped={() => typist.stop()}
    />
  );
}
