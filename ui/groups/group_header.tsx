import type { GroupView, RoomView } from "../api/views.ts";
import { Icon } from "../parts/icon.tsx";
import { Name } from "../parts/jid.tsx";
import { RoomMark } from "../rooms/room_mark.tsx";
import { nameOfJid } from "../store/contacts.ts";
import { openDialog } from "../store/dialogs.ts";
import { peopleOf } from "../store/groups.ts";
import { membersOpen, nameOfRoom } from "../store/rooms.ts";
import { closeChat } from "../store/route.ts";
import { text } from "../text/mod.ts";
import { SealedMark } from "./group_mark.tsx";

/** Who keeps the keys and who runs the room, in short; the list of members has it in sentences. */
function runBy({ keyServer, ownServer, server }: GroupView): string {
  const { keysBy, roomBy, thisDevice } = text.groups;
  const keeper = keyServer.own ? thisDevice : nameOfJid(keyServer.jid);
  return `${keysBy(keeper)} · ${roomBy(ownServer ? thisDevice : server)}`;
}

export function GroupHeader({ room, group }: { room: RoomView; group: GroupView }) {
  const { jid } = room;
  const words = text.groups;
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
        <RoomMark jid={jid} sealed />
        <span class="chat-who-text">
          <h2 class="chat-name">
            <Name>{nameOfRoom(group)}</Name>
          </h2>
          <span class="chat-sub">
            {group.state === "in"
              ? words.members(peopleOf(group).length)
              : words.states[group.state]} · <bdi>{runBy(group)}</bdi>
          </span>
        </span>
      </div>
      <SealedMark group={group} look="chip" />
      <button
        type="button"
        class="button-icon"
        title={shown ? text.rooms.hideMembers : text.rooms.showMembers}
        aria-label={shown ? text.rooms.hideMembers : text.rooms.showMembers}
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
        onClick={() => openDialog({ kind: "leave-group", group: jid })}
      >
        <Icon name="leave" />
      </button>
    </header>
  );
}
