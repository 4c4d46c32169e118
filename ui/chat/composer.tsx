/** The place to write in, or why nothing can be written. */
import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { putContact } from "../store/contacts.ts";
import { report } from "../store/notices.ts";
import { sending } from "../store/sending.ts";
import { openDialog } from "../store/dialogs.ts";
import { text } from "../text/mod.ts";
import { Writer } from "./writer.tsx";

export function Composer({ contact }: { contact: ContactView }) {
  if (contact.blocked) return <BlockedNote contact={contact} />;
  if (contact.trust.state === "changed") return <p class="composer-note">{text.chat.paused}</p>;
  if (sending(contact) === "unverified") return <VerifyFirst contact={contact} />;
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

/** Settings say that only verified contacts are written to. */
function VerifyFirst({ contact }: { contact: ContactView }) {
  const { jid, trust } = contact;
  return (
    <div class="composer-note">
      <p>{trust.state === "unknown" ? text.chat.noKeysYet : text.chat.verifyFirst}</p>
      <button
        type="button"
        class="button button-small button-primary"
        onClick={() => openDialog({ kind: "verify", jid })}
      >
        {text.chat.verifyGo}
      </button>
    </div>
  );
}
