import { api } from "../api/routes.ts";
import type { ContactView, MessageView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { nameOf, putContact } from "../store/contacts.ts";
import { conversations } from "../store/messages.ts";
import { text } from "../text/mod.ts";

/** They wrote in clear, or we could not seal for want of keys: then there is something to choose. */
const raises = ({ suite, mine, problem }: MessageView) =>
  (suite === "none" && !mine) || problem?.code === "no-keys";

/** Chat in clear: the choice to allow it where it comes up, and what it means while it is allowed. */
export function PlainBanner({ contact }: { contact: ContactView }) {
  const action = useAction();
  const words = text.plain;
  const known = conversations.value.get(contact.jid)?.items ?? [];
  const possible = contact.trust.state === "unknown" && !contact.blocked;
  if (!possible || (!contact.plain && !known.some(raises))) return null;
  const choose = (plain: boolean) =>
    action.run(async () => putContact(await api.changeContact(contact.jid, { plain })));
  return (
    <div class="banner banner-danger" role="status">
      <Icon name="shield-alert" />
      <div>
        <h3>{contact.plain ? words.on : words.off(nameOf(contact))}</h3>
        <p>{contact.plain ? words.onLead : words.offLead}</p>
        <div class="banner-answers">
          <button
            type="button"
            class="button button-small"
            disabled={action.busy.value}
            onClick={() => choose(!contact.plain)}
          >
            {contact.plain ? words.stop : words.allow}
          </button>
        </div>
        <FormError message={action.error.value} />
      </div>
    </div>
  );
}
