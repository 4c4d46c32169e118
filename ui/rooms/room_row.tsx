import type { RoomView } from "../api/views.ts";
import { SealedMark } from "../groups/group_mark.tsx";
import { deedOf } from "../parts/deed.ts";
import { Name } from "../parts/jid.tsx";
import { shortTime } from "../parts/time.ts";
import { groups } from "../store/groups.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { openRoom, selectedRoom } from "../store/route.ts";
import { text } from "../text/mod.ts";
import { ClearMark, RoomMark } from "./room_mark.tsx";

/** One room in the list of conversations. */
export function RoomRow({ room }: { room: RoomView }) {
  const { jid, last, unread, mentions } = room;
  const sealed = room.encryption === "keystone";
  return (
    <li>
      <button
        type="button"
        class="person"
        aria-current={selectedRoom.value === jid ? "true" : undefined}
        onClick={() => openRoom(jid)}
      >
        <RoomMark jid={jid} sealed={sealed} />
        <span class="person-main">
          <span class="person-top">
            <span class="person-name">
              <Name>{nameOfRoom(room)}</Name>
            </span>
            {sealed
              ? <SealedMark group={groups.value.get(jid)} look="mark" />
              : <ClearMark look="mark" />}
            {last !== null && (
              <time class="person-time" dateTime={new Date(last.at).toISOString()}>
                {shortTime(last.at)}
              </time>
            )}
          </span>
          <span class="person-bottom">
            <Preview room={room} />
            {unread > 0 && (
              <span class={mentions > 0 ? "unread unread-named" : "unread"}>
                <span aria-hidden="true">
                  {mentions > 0 && "@ "}
                  {unread > 99 ? "99+" : unread}
                </span>
                <span class="visually-hidden">
                  {text.rooms.unread(unread)}
                  {mentions > 0 && `, ${text.rooms.mentioned}`}
                </span>
              </span>
            )}
          </span>
        </span>
      </button>
    </li>
  );
}

function Preview({ room: { jid, state, last, encryption } }: { room: RoomView }) {
  const group = encryption === "keystone" ? groups.value.get(jid) : undefined;
  if (group !== undefined && group.state !== "in") {
    return <span class="preview">{text.groups.states[group.state]}</span>;
  }
  if (state !== "in") return <span class="preview">{text.rooms.states[state]}</span>;
  if (last === null) return <span class="preview">{text.rooms.nothing}</span>;
  const deed = deedOf(last.body);
  return (
    <span class="preview">
      {last.mine ? text.people.you : (
        <>
          {deed !== undefined && "* "}
          <bdi>{last.nick || text.rooms.room}</bdi>
          {deed === undefined ? ": " : " "}
        </>
      )}
      <bdi>{deed ?? last.body}</bdi>
    </span>
  );
}
