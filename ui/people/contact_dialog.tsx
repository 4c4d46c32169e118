/** Everything about one contact: name, trust, devices, block, remove. */
import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { FetchLimit } from "../files/fetch_limit.tsx";
import { useAction } from "../parts/action.ts";
import { Avatar } from "../parts/avatar.tsx";
import { CopyButton } from "../parts/copy_button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field, FormError } from "../parts/field.tsx";
import { Jid } from "../parts/jid.tsx";
import { nameOf, presenceOf, putContact, withNames } from "../store/contacts.ts";
import { closeDialog, openDialog } from "../store/dialogs.ts";
import { text } from "../text/mod.ts";
import { ContactEncryption, ContactInClear, ContactSecurity } from "./contact_security.tsx";

export function ContactDialog({ contact }: { contact: ContactView }) {
  const name = useSignal(contact.name);
  const action = useAction();
  const words = text.contact;
  const change = (wanted: { name?: string; blocked?: boolean }) =>
    action.run(async () => putContact(await api.changeContact(contact.jid, wanted)));
  const rename = async (event: Event) => {
    event.preventDefault();
    if (await change({ name: name.value.trim() })) closeDialog();
  };
  return (
    <Dialog title={words.title} onClose={closeDialog} size="m">
      <div class="card-who">
        <Avatar jid={contact.jid} name={nameOf(contact)} size="l" presence={presenceOf(contact)} />
        <div>
          <p class="card-jid">
            <Jid jid={contact.jid} />
          </p>
          <p class="hint">
            {contact.blocked ? text.people.blocked : text.people.presence[presenceOf(contact)]}
            {contact.subscription === "asking" && ` · ${text.people.asking}`}
          </p>
          {contact.problem !== null && <p class="hint">{withNames(contact.problem.message)}</p>}
          <CopyButton
            value={contact.jid}
            label={text.common.copy}
            class="button button-quiet button-small"
          />
        </div>
      </div>
      <form class="form-row" onSubmit={rename}>
        <Field label={words.name} value={name} required maxLength={64} />
        <button type="submit" class="button" disabled={action.busy.value}>
          {text.common.save}
        </button>
      </form>
      <ContactSecurity contact={contact} />
      <ContactEncryption contact={contact} />
      <ContactInClear contact={contact} />
      <FetchLimit place={contact.jid} />
      <FormError message={action.error.value} />
      <footer class="dialog-foot">
        {contact.subscription === "none" && (
          <button
            type="button"
            class="button"
            disabled={action.busy.value}
            onClick={() =>
              action.run(async () => putContact(await api.addContact({ jid: contact.jid })))}
          >
            {words.askAgain}
          </button>
        )}
        <button
          type="button"
          class="button"
          disabled={action.busy.value}
          onClick={() => change({ blocked: !contact.blocked })}
        >
          {contact.blocked ? words.unblock : words.block}
        </button>
        <button
          type="button"
          class="button button-danger-quiet"
          onClick={() => openDialog({ kind: "forget", jid: contact.jid })}
        >
          {text.forget.open}
        </button>
        <button
          type="button"
          class="button button-danger-quiet"
          onClick={() => openDialog({ kind: "remove", jid: contact.jid })}
        >
          {words.remove}
        </button>
      </footer>
    </Dialog>
  );
}
