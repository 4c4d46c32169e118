import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Avatar } from "../parts/avatar.tsx";
import { FormError } from "../parts/field.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { dropContact, nameOf, putContact } from "../store/contacts.ts";
import { openChat } from "../store/route.ts";
import { text } from "../text/mod.ts";

/** Somebody asks to become a contact: accept, deny, or deny and block. */
export function RequestCard({ contact }: { contact: ContactView }) {
  const action = useAction();
  const name = nameOf(contact);
  const words = text.request;
  const answer = (accept: boolean) =>
    action.run(async () => {
      const changed = await api.changeContact(contact.jid, { accept });
      if (accept) {
        putContact(changed);
        openChat(contact.jid);
      } else {
        dropContact(contact.jid);
      }
    });
  const block = () =>
    action.run(async () => {
      await api.changeContact(contact.jid, { accept: false, blocked: true });
      dropContact(contact.jid);
    });
  return (
    <article class="request">
      <div class="request-who">
        <Avatar jid={contact.jid} name={name} size="s" />
        <div>
          <p class="request-name">
            <Name>{name}</Name>
          </p>
          {name !== contact.jid && (
            <p class="hint">
              <Jid jid={contact.jid} />
            </p>
          )}
        </div>
      </div>
      <div class="request-answers">
        <button
          type="button"
          class="button button-primary button-small"
          disabled={action.busy.value}
          onClick={() => answer(true)}
        >
          {words.accept}
        </button>
        <button
          type="button"
          class="button button-small"
          disabled={action.busy.value}
          onClick={() => answer(false)}
        >
          {words.deny}
        </button>
        <button
          type="button"
          class="button button-quiet button-small"
          disabled={action.busy.value}
          onClick={block}
        >
          {words.block}
        </button>
      </div>
      <FormError message={action.error.value} />
    </article>
  );
}
