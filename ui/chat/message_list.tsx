/** The messages, oldest on top; stays at the newest unless somebody scrolled away from it. */
import type { ContactView, MessageView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { dayName, dayOf } from "../parts/time.ts";
import { nameOf } from "../store/contacts.ts";
import { type Conversation, loadOlder } from "../store/messages.ts";
import { sending } from "../store/sending.ts";
import { text } from "../text/mod.ts";
import { useLogScroll } from "./log_scroll.ts";
import { MessageRow } from "./message_row.tsx";

/** Messages of one side within this time stand together. */
const TOGETHER_MS = 4 * 60_000;

export interface MessageListProps {
  contact: ContactView;
  conversation: Conversation | undefined;
}

export function MessageList({ contact, conversation }: MessageListProps) {
  const items = conversation?.items ?? [];
  const loading = conversation?.loading ?? true;
  const { scroller, onScroll, atEnd, toEnd } = useLogScroll(contact.jid, items, loadOlder);
  const complete = conversation?.complete ?? false;

  return (
    <div class="log-frame">
      <div
        ref={scroller}
        class="log"
        role="log"
        aria-label={text.chat.log(nameOf(contact))}
        aria-busy={loading}
        tabIndex={0}
        onScroll={onScroll}
      >
        {items.length === 0 && !loading && <FirstWords contact={contact} />}
        {items.length > 0 && (
          <div class="log-top">
            {complete ? <p class="hint">{text.chat.beginning}</p> : (
              <button
                type="button"
                class="button button-quiet button-small"
                disabled={loading}
                onClick={() => loadOlder(contact.jid)}
              >
                {loading ? text.chat.loading : text.chat.older}
              </button>
            )}
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
          {contact.unread > 0 && <span>{text.chat.newBelow}</span>}
        </button>
      )}
    </div>
  );
}

function Line({ message, before }: { message: MessageView; before: MessageView | undefined }) {
  const newDay = before === undefined || dayOf(before.at) !== dayOf(message.at);
  const joined = !newDay && before.kind === "chat" && message.kind === "chat" &&
    before.mine === message.mine && message.at - before.at < TOGETHER_MS;
  return (
    <>
      {newDay && (
        <p class="day">
          <span>{dayName(message.at)}</span>
        </p>
      )}
      <MessageRow message={message} joined={joined} />
    </>
  );
}

/** What will become of what is written, as far as it is known. */
function firstLead(contact: ContactView): string {
  const { first } = text.chat;
  if (contact.blocked || sending(contact) !== "possible") return first.waits;
  if (contact.plain) return first.plain;
  return contact.trust.state === "unknown" ? first.noKeys : first.sealed;
}

function FirstWords({ contact }: { contact: ContactView }) {
  const name = nameOf(contact);
  return (
    <div class="first-words">
      <Avatar jid={contact.jid} name={name} size="l" />
      <h3>{text.chat.firstTitle(name)}</h3>
      <p class="hint">{firstLead(contact)}</p>
    </div>
  );
}
