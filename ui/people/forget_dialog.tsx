import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { FormError } from "../parts/field.tsx";
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
    <Dialog title={words.title(nameOf(contact))} onClose={closeDialog} size="s" role="alertdialog">
      <p class="lead">{words.lead}</p>
      <p class="hint">{words.everythingHint}</p>
      <FormError message={action.error.value} />
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={closeDialog}>{text.common.cancel}</button>
        <button
          type="button"
          class="button button-danger-quiet"
          disabled={action.busy.value}
          onClick={everything}
        >
          {words.everything}
        </button>
        <button
          type="button"
          class="button button-danger"
          disabled={action.busy.value}
          onClick={chat}
        >
          {words.go}
        </button>
      </footer>
    </Dialog>
  );
}
