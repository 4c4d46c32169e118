import type { RoomView } from "../api/views.ts";
import { Icon } from "../parts/icon.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { openDialog } from "../store/dialogs.ts";
import { membersOpen, nameOfRoom } from "../store/rooms.ts";
import { closeChat } from "../store/route.ts";
import { text } from "../text/mod.ts";
import { ClearMark, RoomMark } from "./room_mark.tsx";

export function RoomHeader({ room }: { room: RoomView }) {
  const { jid, state, occupants } = room;
  const words = text.rooms;
  const shown = membersOpen.value;
  return (
    <header class="chat-head room-head">
      <button
        type="button"
        class="button-icon chat-back"
        aria-label={text.chat.back}
        onClick={closeChat}
      >
        <Icon name="back" />
      </button>
      <div class="chat-who room-who">
        <RoomMark jid={jid} />
        <span class="chat-who-text">
          <h2 class="chat-name">
            <Name>{nameOfRoom(room)}</Name>
          </h2>
          <span class="chat-sub">
            {state === "in" ? words.there(occupants) : words.states[state]} · <Jid jid={jid} />
          </span>
        </span>
      </div>
      <ClearMark look="chip" />
      {state === "in" && (
        <button
          type="button"
          class="button-icon"
          title={words.subjectChange}
          aria-label={words.subjectChange}
          onClick={() => openDialog({ kind: "room-subject", room: jid })}
        >
          <Icon name="pencil" />
        </button>
      )}
      <button
        type="button"
        class="button-icon"
        title={shown ? words.hideMembers : words.showMembers}
        aria-label={shown ? words.hideMembers : words.showMembers}
        aria-expanded={shown}
        onClick={() => membersOpen.value = !shown}
      >
        <Icon name="group" />
      </button>
      <button
        type="button"
        class="button-icon"
        title={words.leave}
        aria-label={words.leave}
        onClick={() => openDialog({ kind: "leave-room", room: jid })}
      >
        <Icon name="leave" />
      </button>
    </header>
  );
}
