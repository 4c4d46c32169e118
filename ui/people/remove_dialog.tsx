import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { AskDialog } from "../parts/ask_dialog.tsx";
import { dropContact, nameOf } from "../store/contacts.ts";
import { closeDialog } from "../store/dialogs.ts";
import { closeChat, selected } from "../store/route.ts";
import { text } from "../text/mod.ts";

/** Asks before a contact is removed. */
export function RemoveDialog({ contact }: { contact: ContactView }) {
  const action = useAction();
  const words = text.contact;
  const remove = () =>
    action.run(async () => {
      await api.removeContact(contact.jid);
      if (selected.value === contact.jid) closeChat();
      closeDialog();
      dropContact(contact.jid);
    });
  return (
    <AskDialog
      title={words.removeTitle(nameOf(contact))}
      lead={words.removeLead}
      action={action}
      go={words.removeGo}
      onGo={remove}
    />
  );
}
