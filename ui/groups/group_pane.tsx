/** The open group: its key and who keeps it, what was said, who is in it, the field to write in. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { groupApi } from "../api/group_routes.ts";
import { roomApi } from "../api/room_routes.ts";
import type { GroupView, RoomView } from "../api/views.ts";
import { TypingLine } from "../chat/typing_line.tsx";
import { DropZone } from "../files/attach.tsx";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { RoomLogView } from "../rooms/room_log.tsx";
import { attention } from "../store/attention.ts";
import { openDialog } from "../store/dialogs.ts";
import { putGroup } from "../store/groups.ts";
import { report } from "../store/notices.ts";
import { loadNewestOf, roomLogs } from "../store/room_messages.ts";
import { membersOpen, nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";
import { GroupHeader } from "./group_header.tsx";
import { GroupMembers } from "./group_members.tsx";
import { GroupWriter } from "./group_writer.tsx";
import { giveConsent, SuiteConsent } from "./group_suites.tsx";
import { TicketFields, ticketOf, useTicket } from "./ticket_fields.tsx";

export function GroupPane({ room, group }: { room: RoomView; group: GroupView }) {
  const { jid, unread } = room;
  const seen = attention.value;

  useEffect(() => {
    if (roomLogs.peek().get(jid) === undefined) void loadNewestOf(jid);
  }, [jid]);

  // Read is what was on the screen of somebody who looks at it.
  useEffect(() => {
    if (unread > 0 && seen) void roomApi.markRead(jid).catch(report);
  }, [jid, unread, seen]);

  return (
    <DropZone
      place={group.state === "in" && group.maySend ? jid : null}
      class="chat room group"
      label={text.groups.open(nameOfRoom(group))}
    >
      <GroupHeader room={room} group={group} />
      <div class="room-body">
        <div class="room-talk">
          <RoomLogView room={room} log={roomLogs.value.get(jid)} />
          <TypingLine names={group.typing} />
          <Foot room={room} group={group} />
        </div>
        {membersOpen.value && (
          <GroupMembers
            group={group}
            onClose={() => membersOpen.value = false}
          />
        )}
      </div>
    </DropZone>
  );
}

function Foot({ room, group }: { room: RoomView; group: GroupView }) {
  if (group.state === "out") return <OutNote group={group} />;
  if (group.state !== "in") {
    return <p class="composer-note" role="status">{text.groups.states[group.state]}</p>;
  }
  if (!group.maySend) return <p class="composer-note">{text.groups.readOnly}</p>;
  return <GroupWriter key={room.jid} room={room} />;
}

/** Why one is out, and the way back. */
function OutNote({ group }: { group: GroupView }) {
  const action = useAction();
  const ticket = useTicket();
  const agreed = useSignal(false);
  const words = text.groups;
  const { jid } = group;
  const ended = group.problem?.code === "group-closed";
  const join = () =>
    action.run(async () => {
      await giveConsent(group, agreed);
      putGroup(await groupApi.join(jid, ticketOf(group, ticket)));
    });
  return (
    <div class="composer-note room-out">
      <p role="status">
        <bdi>{group.problem?.message ?? words.states.out}</bdi> {words.outLead}
      </p>
      {!ended && <SuiteConsent group={group} agreed={agreed} />}
      {!ended && <TicketFields group={group} ticket={ticket} />}
      <div class="banner-answers">
        {!ended && (
          <button
            type="button"
            class="button button-small"
            disabled={action.busy.value}
            onClick={join}
          >
            {words.askAgain}
          </button>
        )}
        <button
          type="button"
          class="button button-small"
          onClick={() => openDialog({ kind: "leave-group", group: jid })}
        >
          {ended ? words.forget : words.leave}
        </button>
      </div>
      <FormError message={action.error.value} />
    </div>
  );
}
