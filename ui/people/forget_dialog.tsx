import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { AskDialog } from "../parts/ask_dialog.tsx";
import { dropContact, nameOf } from "../store/contacts.ts";
import { closeDialog } from "../store/dialogs.ts";
import { closeChat, selected } from "../store/route.ts";
import { text } from "../text/mod.ts";

/** Asks before a chat, or all that is known of a contact, is deleted for good. */
export function ForgetDialog({ contact }: { contact: ContactView }) {
  const action = useAction();
  const words = text.forget;
  const chat = () =>
    action.run(async () => {
      await api.forgetChat(contact.jid);
      closeDialog();
    });
  const everything = () =>
    action.run(async () => {
      await api.forgetContact(contact.jid);
      if (selected.value === contact.jid) closeChat();
      closeDialog();
      dropContact(contact.jid);
    });
  return (
    <AskDialog
      title={words.title(nameOf(contact))}
      lead={words.lead}
      action={action}
      go={words.go}
      onGo={chat}
      other={{ go: words.everything, hint: words.everythingHint, onGo: everything }}
    />
  );
}
