/** The messages with a contact. */
import type { ContactView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { nameOf } from "../store/contacts.ts";
import { type Conversation, loadOlder } from "../store/messages.ts";
import { sending } from "../store/sending.ts";
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
          <p class="hint">{firstLead(contact)}</p>
        </>
      }
      alike={(before, line) =>
        before.kind === "chat" && line.kind === "chat" && before.mine === line.mine}
      row={(message, joined) => <MessageRow message={message} joined={joined} />}
    />
  );
}

/** What will become of what is written, as far as it is known. */
function firstLead(contact: ContactView): string {
  const { first } = text.chat;
  if (contact.blocked || sending(contact) !== "possible") return first.waits;
  if (contact.plain) return first.plain;
  return contact.trust.state === "unknown" ? first.noKeys : first.sealed;
}
