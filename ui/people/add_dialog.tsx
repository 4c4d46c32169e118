import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field, FormError } from "../parts/field.tsx";
import { putContact } from "../store/contacts.ts";
import { closeDialog, openDialog } from "../store/dialogs.ts";
import { openChat } from "../store/route.ts";
import { canInvite } from "../store/session.ts";
import { text } from "../text/mod.ts";

/** Adds a person whose address is known. */
export function AddDialog() {
  const jid = useSignal("");
  const name = useSignal("");
  const problem = useSignal<string | null>(null);
  const action = useAction();
  const words = text.add;
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    problem.value = null;
    await action.run(async () => {
      const given = name.value.trim();
      const contact = await api.addContact({
        jid: jid.value.trim(),
        ...(given === "" ? {} : { name: given }),
      });
      putContact(contact);
      if (contact.problem !== null) return void (problem.value = contact.problem.message);
      closeDialog();
      openChat(contact.jid);
    });
  };
  return (
    <Dialog title={words.title} onClose={closeDialog} size="s">
      <form class="form" onSubmit={onSubmit}>
        <Field label={words.jid} hint={words.jidHint} value={jid} required autoFocus literal />
        <Field label={words.name} value={name} maxLength={64} />
        <FormError message={action.error.value ?? problem.value} />
        <button
          type="submit"
          class="button button-primary button-wide"
          disabled={action.busy.value}
        >
          {words.go}
        </button>
        {canInvite.value && (
          <button
            type="button"
            class="button button-quiet button-wide"
            onClick={() => openDialog({ kind: "invite" })}
          >
            {words.instead}
          </button>
        )}
      </form>
    </Dialog>
  );
}
