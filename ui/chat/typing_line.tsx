import type { ContactView } from "../api/views.ts";
import { Name } from "../parts/jid.tsx";
import { nameOf } from "../store/contacts.ts";
import { text } from "../text/mod.ts";

/** That the other side is writing; a live region which is always there, so that it is read out. */
export function TypingLine({ contact }: { contact: ContactView }) {
  return (
    <p class="typing" role="status">
      {contact.typing && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <span />
            <span />
            <span />
          </span>
          <span>
            <Name>{nameOf(contact)}</Name> {text.chat.typing}
          </span>
        </>
      )}
    </p>
  );
}
