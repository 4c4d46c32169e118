/** What was said in a room, each line with who said it and that it was not encrypted. */
import type { FileState, RoomMessageView, RoomView } from "../api/views.ts";
import { Bubble, NoticeLine } from "../chat/bubble.tsx";
import { MessageLog } from "../chat/message_log.tsx";
import { EditButton } from "../chat/message_row.tsx";
import { FileCard } from "../files/file_card.tsx";
import { MemberTrust } from "../groups/group_mark.tsx";
import { hueOf } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { nameOf } from "../store/contacts.ts";
import { files } from "../store/files.ts";
import { groups } from "../store/groups.ts";
import { correctableIn, roomEditing } from "../store/room_editing.ts";
import { loadOlderOf, type RoomLog } from "../store/room_messages.ts";
import { falseFriend, nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";
import { RoomMark } from "./room_mark.tsx";

export function RoomLogView({ room, log }: { room: RoomView; log: RoomLog | undefined }) {
  const { jid } = room;
  const name = nameOfRoom(room);
  const words = room.encryption === "keystone" ? text.groups : text.rooms;
  return (
    <MessageLog
      jid={jid}
      label={text.rooms.log(name)}
      log={log}
      loadOlder={loadOlderOf}
      empty={
        <>
          <RoomMark jid={jid} size="l" sealed={room.encryption === "keystone"} />
          <h3>{words.first(name)}</h3>
          <p class="hint">{words.firstLead}</p>
        </>
      }
      alike={(before, line) =>
        before.kind === line.kind && before.mine === line.mine &&
        before.sender === line.sender && before.nick === line.nick}
      row={(message, joined) =>
        message.kind === "notice"
          ? <NoticeLine kind="notice" icon="info" at={message.at} body={message.body} />
          : <Said message={message} joined={joined} />}
    />
  );
}

function Said({ message, joined }: { message: RoomMessageView; joined: boolean }) {
  const { mine, kind, mention, problem, nick, edited } = message;
  const clear = message.encryption === "none";
  const editable = correctableIn(message.room)?.id === message.id;
  return (
    <Bubble
      message={isUntold(message) ? { ...message, delivery: null } : message}
      who={nick || text.rooms.room}
      joined={joined}
      named={mention}
      beside={mine
        ? editable && <EditButton onClick={() => roomEditing.value = message} />
        : <Sender message={message} hidden={joined} />}
      marks={
        <>
          {kind === "private" && <span class="in-clear">{text.rooms.private},</span>}
          {clear && <span class="in-clear">{text.rooms.clear}</span>}
          {edited && <span>{text.chat.edited}</span>}
        </>
      }
      content={message.file === null
        ? undefined
        : <FileCard id={message.file} place={message.room} name={message.body} />}
      deliveries={text.rooms.delivery}
      failure={<p>{problem?.message ?? text.rooms.delivery.failed}</p>}
    />
  );
}

const UNTOLD: readonly FileState[] = ["waiting", "transferring", "failed", "cancelled"];

/** A file of ours of which the room knows nothing yet, or any more. */
function isUntold({ mine, file }: RoomMessageView): boolean {
  const state = mine && file !== null ? files.value.get(file)?.state : undefined;
  return state !== undefined && UNTOLD.includes(state);
}

/** The nick, in the colour of who had it then; one that is a contact's and may be another's is told. */
function Sender({ message, hidden }: { message: RoomMessageView; hidden: boolean }) {
  const { nick, sender, jid } = message;
  const friend = falseFriend(nick, jid);
  const member = message.encryption === "none"
    ? undefined
    : groups.value.get(message.room)?.members.find((one) => one.jid === jid);
  const words = text.rooms;
  return (
    <p class={`sender hue-${hueOf(sender)} ${hidden ? "visually-hidden" : ""}`}>
      <bdi class="sender-nick" title={jid ?? words.hidden}>{nick || words.room}</bdi>
      {member !== undefined && <MemberTrust trust={member.trust} look="mark" />}
      {friend !== undefined && (
        <span class="sender-warning">
          <Icon name="alert" size="s" />
          <bdi>{(jid === null ? words.unknownContact : words.notContact)(nameOf(friend))}</bdi>
          {jid !== null && <bdi class="jid">{jid}</bdi>}
        </span>
      )}
    </p>
  );
}
