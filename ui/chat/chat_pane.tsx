/** The open conversation: who it is, what must be decided, messages, the field to write in. */
import { useEffect } from "preact/hooks";
import type { ContactView } from "../api/views.ts";
import { api } from "../api/routes.ts";
import { DropZone } from "../files/attach.tsx";
import { LaterBar } from "../call/later_bar.tsx";
import { nameOf } from "../store/contacts.ts";
import { takesFiles } from "../store/sending.ts";
import { conversations, loadNewest } from "../store/messages.ts";
import { attention } from "../store/attention.ts";
import { report } from "../store/notices.ts";
import { RequestCard } from "../people/request_card.tsx";
import { text } from "../text/mod.ts";
import { ChangeBanner } from "./change_banner.tsx";
import { ChatHeader } from "./chat_header.tsx";
import { Composer } from "./composer.tsx";
import { MessageList } from "./message_list.tsx";
import { PlainBanner } from "./plain_banner.tsx";
import { SecureLine } from "./secure_line.tsx";
import { TypingLine } from "./typing_line.tsx";

export function ChatPane({ contact }: { contact: ContactView }) {
  const { jid, unread } = contact;
  const conversation = conversations.value.get(jid);
  const seen = attention.value;

  useEffect(() => {
    if (conversations.peek().get(jid) === undefined) void loadNewest(jid);
  }, [jid]);

  // Read is what was on the screen of somebody who looks at it.
  useEffect(() => {
    if (unread > 0 && seen) void api.markRead(jid).catch(report);
  }, [jid, unread, seen]);

  return (
    <DropZone
      place={takesFiles(contact) ? jid : null}
      class="chat"
      label={text.chat.log(contact.name || jid)}
    >
      <ChatHeader contact={contact} />
      <SecureLine contact={contact} />
      <LaterBar contact={contact} />
      {contact.trust.state === "changed" && <ChangeBanner contact={contact} />}
      {contact.subscription === "asked" && !contact.blocked && (
        <div class="banner">
          <RequestCard contact={contact} />
        </div>
      )}
      <PlainBanner contact={contact} />
      <MessageList contact={contact} conversation={conversation} />
      <TypingLine names={contact.typing ? [nameOf(contact)] : []} />
      <Composer contact={contact} />
    </DropZone>
  );
}

/** The main side when no conversation is open. */
export function NoChat() {
  return (
    <section class="no-chat">
      <div class="no-chat-art" aria-hidden="true">
        <span />
        <span />
        <span />
      </div>
      <h2>{text.chat.emptyTitle}</h2>
      <p class="hint">{text.chat.emptyLead}</p>
    </section>
  );
}
