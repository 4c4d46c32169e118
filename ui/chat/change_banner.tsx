import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { nameOf, putContact } from "../store/contacts.ts";
import { openDialog } from "../store/dialogs.ts";
import { notify } from "../store/notices.ts";
import { text } from "../text/mod.ts";

/** Another account key came: the person decides, until then nothing is sent. */
export function ChangeBanner({ contact }: { contact: ContactView }) {
  const action = useAction();
  const words = text.change;
  const decide = (accept: boolean) =>
    action.run(async () => {
      putContact(await api.decide(contact.jid, accept));
      if (!accept) notify("info", words.refused);
    });
  return (
    <div class="banner banner-danger" role="alert">
      <Icon name="shield-alert" />
      <div>
        <h3>{words.title(nameOf(contact))}</h3>
        <p>{words.lead}</p>
        <div class="banner-answers">
          <button
            type="button"
            class="button button-small button-primary"
            onClick={() => openDialog({ kind: "verify", jid: contact.jid })}
          >
            {words.compare}
          </button>
          <button
            type="button"
            class="button button-small"
            disabled={action.busy.value}
            onClick={() => decide(true)}
          >
            {words.accept}
          </button>
          <button
            type="button"
            class="button button-small"
            disabled={action.busy.value}
            onClick={() => decide(false)}
          >
            {words.refuse}
          </button>
        </div>
        <FormError message={action.error.value} />
      </div>
    </div>
  );
}
