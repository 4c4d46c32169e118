/** Who is in a room, and who belongs to it: names, addresses and roles as its server tells them. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { roomApi } from "../api/room_routes.ts";
import type { RoomMemberView, RoomView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { presenceOf } from "../store/contacts.ts";
import { openDialog } from "../store/dialogs.ts";
import { report } from "../store/notices.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";
import { MemberDeeds } from "./member_deeds.tsx";

export function MembersPanel({ room, onClose }: { room: RoomView; onClose: () => void }) {
  const members = useMembers(room);
  const words = text.rooms;
  return (
    <aside class="members" aria-label={words.membersOf(nameOfRoom(room))}>
      <header class="members-head">
        <h3>{words.members}</h3>
        <button
          type="button"
          class="button-icon"
          aria-label={words.hideMembers}
          title={words.hideMembers}
          onClick={onClose}
        >
          <Icon name="close" size="s" />
        </button>
      </header>
      {room.state === "in" && (
        <button
          type="button"
          class="button button-soft button-small"
          onClick={() => openDialog({ kind: "invite-to-room", room: room.jid })}
        >
          <Icon name="user-plus" size="s" />
          {words.invite}
        </button>
      )}
      <ul class="members-list">
        {members.map((member) => (
          <Member key={`${member.nick} ${member.jid}`} room={room} member={member} />
        ))}
      </ul>
      <p class="hint">{words.claims}</p>
    </aside>
  );
}

function Member({ room, member }: { room: RoomView; member: RoomMemberView }) {
  const { nick, jid, affiliation, role, self } = member;
  const words = text.rooms;
  const name = nick || jid || words.hidden;
  const said = [
    words.affiliations[affiliation],
    words.roles[role],
    nick === "" ? words.away : "",
    self ? words.you : "",
  ].filter((word) => word !== "");
  return (
    <li class="member">
      <Avatar jid={jid ?? name} name={name} size="s" presence={presenceOf(member)} />
      <div class="member-who">
        <p class="member-name">
          <Name>{name}</Name>
        </p>
        {nick !== "" && <p class="hint">{jid === null ? words.hidden : <Jid jid={jid} />}</p>}
        <p class="hint">{said.join(", ")}</p>
        <MemberDeeds room={room} member={member} />
      </div>
    </li>
  );
}

/** The members, asked for anew whenever something changed in the room; one question at a time. */
function useMembers(room: RoomView): readonly RoomMemberView[] {
  const members = useSignal<readonly RoomMemberView[]>([]);
  const asking = useRef({ busy: false, again: false, gone: false });
  useEffect(() => {
    const state = asking.current;
    const ask = async () => {
      if (state.busy) return void (state.again = true);
      state.busy = true;
      try {
        do {
          state.again = false;
          const found = await roomApi.members(room.jid);
          if (!state.gone) members.value = found;
        } while (state.again && !state.gone);
      } catch (error) {
        if (!state.gone) report(error);
      } finally {
        state.busy = false;
      }
    };
    void ask();
  }, [room]);
  useEffect(() => {
    asking.current.gone = false;
    return () => void (asking.current.gone = true);
  }, []);
  return members.value;
}
