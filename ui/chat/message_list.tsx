/** The messages with a contact. */
import type { ContactView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { nameOf } from "../store/contacts.ts";
import { type Conversation, loadOlder } from "../store/messages.ts";
import { text } from "../text/mod.ts";
import { MessageLog } from "./message_log.tsx";
import { MessageRow } from "./message_row.tsx";

export interface MessageListProps {
  contact: ContactView;
  conversation: Conversation | undefined;
}

export function MessageList({ contact, conversation }: MessageListProps) {
  const { jid, unread } = contact;
  const name = nameOf(contact);
  return (
    <MessageLog
      jid={jid}
      label={text.chat.log(name)}
      log={conversation}
      loadOlder={loadOlder}
      beginning={text.chat.beginning}
      unread={unread > 0}
      empty={
        <>
          <Avatar jid={jid} name={name} size="l" />
          <h3>{text.chat.firstTitle(name)}</h3>
          <p class="hint">{text.chat.firstLead}</p>
        </>
      }
      alike={(before, line) =>
        before.kind === "chat" && line.kind === "chat" && before.mine === line.mine}
      row={(message, joined) => <MessageRow message={message} joined={joined} />}
    />
  );
}
