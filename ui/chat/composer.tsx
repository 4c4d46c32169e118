/** The place to write in, or why nothing can be written. */
import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { putContact } from "../store/contacts.ts";
import { report } from "../store/notices.ts";
import { text } from "../text/mod.ts";
import { Writer } from "./writer.tsx";

export function Composer({ contact }: { contact: ContactView }) {
  if (contact.blocked) return <BlockedNote contact={contact} />;
  if (contact.trust.state === "changed") return <p class="composer-note">{text.chat.paused}</p>;
  if (contact.subscription === "asked") return <p class="composer-note">{text.chat.denied}</p>;
  return <Writer key={contact.jid} contact={contact} />;
}

function BlockedNote({ contact }: { contact: ContactView }) {
  const unblock = () => api.changeContact(contact.jid, { blocked: false }).then(putContact, report);
  return (
    <div class="composer-note">
      <p>{text.chat.blocked}</p>
      <button type="button" class="button button-small" onClick={unblock}>
        {text.chat.unblock}
      </button>
    </div>
  );
}
