import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { nameOf, putContact } from "../store/contacts.ts";
import { openDialog } from "../store/dialogs.ts";
import { text } from "../text/mod.ts";

/** The account key is in doubt: the person decides, until then nothing is sent. */
export function ChangeBanner({ contact }: { contact: ContactView }) {
  const sure = useSignal(false);
  const action = useAction();
  const words = text.change;
  const doubt = contact.trust.doubt ?? "new-key";
  const name = nameOf(contact);
  const decide = (accept: boolean) =>
    action.run(async () => {
      putContact(await api.decide(contact.jid, accept));
      sure.value = false;
    });
  return (
    <div class="banner banner-danger" role="alert">
      <Icon name="shield-alert" />
      <div>
        <h3>{words[doubt].title(name)}</h3>
        <p>{words[doubt].lead}</p>
        {sure.value && <p>{words.sure(name)}</p>}
        <div class="banner-answers">
          <button
            type="button"
            class="button button-small button-primary"
            onClick={() => openDialog({ kind: "verify", jid: contact.jid })}
          >
            {words.compare}
          </button>
          {sure.value
            ? (
              <>
                <button
                  type="button"
                  class="button button-small button-danger"
                  disabled={action.busy.value}
                  onClick={() => decide(true)}
                >
                  {words.acceptGo}
                </button>
                <button
                  type="button"
                  class="button button-small"
                  onClick={() => sure.value = false}
                >
                  {text.common.cancel}
                </button>
              </>
            )
            : (
              <button
                type="button"
                class="button button-small"
                onClick={() => sure.value = true}
              >
                {words.accept(doubt)}
              </button>
            )}
          {doubt === "new-key" && !sure.value && (
            <button
              type="button"
              class="button button-small"
              disabled={action.busy.value}
              onClick={() => decide(false)}
            >
              {words.refuse}
            </button>
          )}
        </div>
        <FormError message={action.error.value} />
      </div>
    </div>
  );
}
