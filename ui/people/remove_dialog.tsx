import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { FormError } from "../parts/field.tsx";
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
    <Dialog
      title={words.removeTitle(nameOf(contact))}
      onClose={closeDialog}
      size="s"
      role="alertdialog"
    >
      <p class="lead">{words.removeLead}</p>
      <FormError message={action.error.value} />
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={closeDialog}>{text.common.cancel}</button>
        <button
          type="button"
          class="button button-danger"
          disabled={action.busy.value}
          onClick={remove}
        >
          {words.removeGo}
        </button>
      </footer>
    </Dialog>
  );
}
