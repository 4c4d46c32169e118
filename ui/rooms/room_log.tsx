/** What was said in a room, each line with who said it and that it was not encrypted. */
import type { RoomMessageView, RoomView } from "../api/views.ts";
import { MemberTrust } from "../groups/group_mark.tsx";
import { groups } from "../store/groups.ts";
import { useLogScroll } from "../chat/log_scroll.ts";
import { hueOf } from "../parts/avatar.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { clock, dayName, dayOf } from "../parts/time.ts";
import { loadOlderOf, type RoomLog } from "../store/room_messages.ts";
import { falseFriend, nameOfRoom } from "../store/rooms.ts";
import { nameOf } from "../store/contacts.ts";
import { text } from "../text/mod.ts";
import { RoomMark } from "./room_mark.tsx";

/** What one says within this time stands together. */
const TOGETHER_MS = 4 * 60_000;

const DELIVERY: Record<NonNullable<RoomMessageView["delivery"]>, IconName> = {
  pending: "clock",
  sent: "check",
  failed: "alert",
};

export function RoomLogView({ room, log }: { room: RoomView; log: RoomLog | undefined }) {
  const { jid } = room;
  const words = room.encryption === "keystone" ? text.groups : text.rooms;
  const items = log?.items ?? [];
  const loading = log?.loading ?? true;
  const { scroller, onScroll, atEnd, toEnd } = useLogScroll(jid, items, loadOlderOf);
  return (
    <div class="log-frame">
      <div
        ref={scroller}
        class="log"
        role="log"
        aria-label={text.rooms.log(nameOfRoom(room))}
        aria-busy={loading}
        tabIndex={0}
        onScroll={onScroll}
      >
        {items.length === 0 && !loading && (
          <div class="first-words">
            <RoomMark jid={jid} size="l" sealed={room.encryption === "keystone"} />
            <h3>{words.first(nameOfRoom(room))}</h3>
            <p class="hint">{words.firstLead}</p>
          </div>
        )}
        {items.length > 0 && log?.complete === false && (
          <div class="log-top">
            <button
              type="button"
              class="button button-quiet button-small"
              disabled={loading}
              onClick={() => loadOlderOf(jid)}
            >
              {loading ? text.chat.loading : text.chat.older}
            </button>
          </div>
        )}
        {items.map((message, index) => (
          <Line key={message.id} message={message} before={items[index - 1]} />
        ))}
      </div>
      {!atEnd && (
        <button
          type="button"
          class="to-end"
          aria-label={text.chat.toNewest}
          title={text.chat.toNewest}
          onClick={toEnd}
        >
          <Icon name="down" size="s" />
        </button>
      )}
    </div>
  );
}

function Line(
  { message, before }: { message: RoomMessageView; before: RoomMessageView | undefined },
) {
  const newDay = before === undefined || dayOf(before.at) !== dayOf(message.at);
  const joined = !newDay && before.kind === message.kind && before.mine === message.mine &&
    before.sender === message.sender && before.nick === message.nick &&
    message.at - before.at < TOGETHER_MS;
  return (
    <>
      {newDay && (
        <p class="day">
          <span>{dayName(message.at)}</span>
        </p>
      )}
      {message.kind === "notice"
        ? <Notice message={message} />
        : <Said message={message} joined={joined} />}
    </>
  );
}

function Notice({ message }: { message: RoomMessageView }) {
  return (
    <div class="line line-notice">
      <Icon name="info" size="s" />
      <p dir="auto">{message.body}</p>
      <time dateTime={new Date(message.at).toISOString()}>{clock(message.at)}</time>
    </div>
  );
}

function Said({ message, joined }: { message: RoomMessageView; joined: boolean }) {
  const { mine, kind, delivery, mention, at, body, problem } = message;
  const side = mine ? "mine" : "theirs";
  return (
    <article class={`message message-${side} ${joined ? "message-joined" : ""}`}>
      <div class="bubble-frame">
        {!mine && <Sender message={message} hidden={joined} />}
        <div
          class={`bubble ${delivery === "failed" ? "bubble-failed" : ""} ${
            mention ? "bubble-named" : ""
          }`}
        >
          {mine && <span class="visually-hidden">{text.chat.mine}:</span>}
          {mention && <span class="visually-hidden">{text.rooms.names}:</span>}
          <p class="bubble-text" dir="auto">{body}</p>
          <footer class="bubble-foot">
            {kind === "private" && <span class="in-clear">{text.rooms.private},</span>}
            {message.encryption === "none" && <span class="in-clear">{text.rooms.clear}</span>}
            <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
            {delivery !== null && (
              <span class={`delivery delivery-${delivery}`}>
                <Icon name={DELIVERY[delivery]} size="s" />
                <span class="visually-hidden">{text.rooms.delivery[delivery]}</span>
              </span>
            )}
          </footer>
        </div>
      </div>
      {delivery === "failed" && (
        <div class="failure">
          <p>{problem?.message ?? text.rooms.delivery.failed}</p>
        </div>
      )}
    </article>
  );
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
