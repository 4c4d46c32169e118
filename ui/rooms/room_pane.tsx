/** The open room: what it is, what was said, who is there, the field to write in. */
import { useEffect } from "preact/hooks";
import { roomApi } from "../api/room_routes.ts";
import type { RoomView } from "../api/views.ts";
import { TypingLine } from "../chat/typing_line.tsx";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { attention } from "../store/attention.ts";
import { openDialog } from "../store/dialogs.ts";
import { report } from "../store/notices.ts";
import { loadNewestOf, roomLogs } from "../store/room_messages.ts";
import { membersOpen, nameOfRoom, putRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";
import { MembersPanel } from "./members_panel.tsx";
import { RoomHeader } from "./room_header.tsx";
import { RoomLogView } from "./room_log.tsx";
import { RoomWriter } from "./room_writer.tsx";

export function RoomPane({ room }: { room: RoomView }) {
  const { jid, unread, server, subject } = room;
  const seen = attention.value;

  useEffect(() => {
    if (roomLogs.peek().get(jid) === undefined) void loadNewestOf(jid);
  }, [jid]);

  // Read is what was on the screen of somebody who looks at it.
  useEffect(() => {
    if (unread > 0 && seen) void roomApi.markRead(jid).catch(report);
  }, [jid, unread, seen]);

  return (
    <section class="chat room" aria-label={text.rooms.open(nameOfRoom(room))}>
      <RoomHeader room={room} />
      <p class="room-clear room-clear-line">
        <Icon name="shield-alert" size="s" />
        <span>{text.rooms.sentence(server)}</span>
      </p>
      {subject !== "" && (
        <p class="room-subject">
          <span class="visually-hidden">{text.rooms.subject}:</span>
          <bdi>{subject}</bdi>
        </p>
      )}
      <div class="room-body">
        <div class="room-talk">
          <RoomLogView room={room} log={roomLogs.value.get(jid)} />
          <TypingLine names={room.typing} />
          <Foot room={room} />
        </div>
        {membersOpen.value && (
          <MembersPanel
            room={room}
            onClose={() => membersOpen.value = false}
          />
        )}
      </div>
    </section>
  );
}

function Foot({ room }: { room: RoomView }) {
  if (room.state === "out") return <OutNote room={room} />;
  if (room.state !== "in") {
    return <p class="composer-note" role="status">{text.rooms.states[room.state]}</p>;
  }
  if (room.role === "visitor") return <p class="composer-note">{text.rooms.noVoice}</p>;
  return <RoomWriter key={room.jid} room={room} />;
}

/** Why one is out, and the way back; the sentence is confirmed by the button that says it. */
function OutNote({ room }: { room: RoomView }) {
  const action = useAction();
  const { jid } = room;
  const enter = () => action.run(async () => putRoom(await roomApi.join({ jid, plain: true })));
  return (
    <div class="composer-note room-out">
      <p role="status">
        <bdi>{room.problem?.message ?? text.rooms.states.out}</bdi> {text.rooms.outLead}
      </p>
      <div class="banner-answers">
        <button
          type="button"
          class="button button-small"
          disabled={action.busy.value}
          onClick={enter}
        >
          {text.rooms.enterAgain}
        </button>
        <button
          type="button"
          class="button button-small"
          onClick={() => openDialog({ kind: "leave-room", room: jid })}
        >
          {text.rooms.leave}
        </button>
      </div>
      <FormError message={action.error.value} />
    </div>
  );
}
