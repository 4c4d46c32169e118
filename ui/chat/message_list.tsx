/** The messages, oldest on top; stays at the newest unless somebody scrolled away from it. */
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { ContactView, MessageView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { dayName, dayOf } from "../parts/time.ts";
import { nameOf } from "../store/contacts.ts";
import { type Conversation, loadOlder } from "../store/messages.ts";
import { text } from "../text/mod.ts";
import { MessageRow } from "./message_row.tsx";

/** Nearer to an end than this counts as being there, in CSS pixels. */
const NEAR = 80;
/** Messages of one side within this time stand together. */
const TOGETHER_MS = 4 * 60_000;

export interface MessageListProps {
  contact: ContactView;
  conversation: Conversation | undefined;
}

export function MessageList({ contact, conversation }: MessageListProps) {
  const items = conversation?.items ?? [];
  const loading = conversation?.loading ?? true;
  const { scroller, onScroll, atEnd, toEnd } = useScroll(contact.jid, items);
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

function FirstWords({ contact }: { contact: ContactView }) {
  const name = nameOf(contact);
  return (
    <div class="first-words">
      <Avatar jid={contact.jid} name={name} size="l" />
      <h3>{text.chat.firstTitle(name)}</h3>
      <p class="hint">{text.chat.firstLead}</p>
    </div>
  );
}

/** Keeps the place in the list: at the end when it was there, at the same message otherwise. */
function useScroll(jid: string, items: readonly MessageView[]) {
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useSignal(true);
  const held = useRef({ jid, oldest: "", fromEnd: 0 });
  const oldest = items[0]?.id ?? "";

  const toEnd = () => scroller.current!.scrollTop = scroller.current!.scrollHeight;

  useLayoutEffect(() => {
    const element = scroller.current!;
    const other = held.current.jid !== jid;
    const olderCame = !other && held.current.oldest !== "" && held.current.oldest !== oldest;
    if (other || atEnd.peek()) {
      toEnd();
      atEnd.value = true;
    } else if (olderCame) {
      element.scrollTop = element.scrollHeight - held.current.fromEnd;
    }
    held.current = { jid, oldest, fromEnd: element.scrollHeight - element.scrollTop };
  }, [jid, items]);

  // A banner or a growing text field changes the room for messages: the end stays in sight.
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => atEnd.peek() && toEnd());
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, []);

  // The event's own element: it may come late, when the list is gone from the page.
  const onScroll = ({ currentTarget }: { currentTarget: HTMLElement }) => {
    const { scrollTop, scrollHeight, clientHeight } = currentTarget;
    atEnd.value = scrollHeight - scrollTop - clientHeight < NEAR;
    held.current.fromEnd = scrollHeight - scrollTop;
    if (scrollTop < NEAR && !atEnd.value) void loadOlder(jid);
  };
  return { scroller, onScroll, atEnd: atEnd.value, toEnd };
}
