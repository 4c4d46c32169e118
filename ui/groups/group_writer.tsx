import { groupApi } from "../api/group_routes.ts";
import type { RoomView } from "../api/views.ts";
import { WritingField } from "../chat/writing_field.tsx";
import { correctableIn, correctIn, roomEditing } from "../store/room_editing.ts";
import { roomDrafts, say } from "../store/room_messages.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { useTypist } from "../store/typing.ts";
import { text } from "../text/mod.ts";

/** The field to write to all members of a group; that one writes is told to them alone, sealed. */
export function GroupWriter({ room }: { room: RoomView }) {
  const { jid } = room;
  const typist = useTypist(jid, groupApi.setTyping);
  const edited = roomEditing.value;
  return (
    <WritingField
      jid={jid}
      placeholder={text.groups.placeholder(nameOfRoom(room))}
      hint={text.groups.hint}
      attach={jid}
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
