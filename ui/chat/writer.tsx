import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { nameOf } from "../store/contacts.ts";
import { correct, correctable, editing } from "../store/editing.ts";
import { drafts, send } from "../store/messages.ts";
import { useTypist } from "../store/typing.ts";
import { text } from "../text/mod.ts";
import { WritingField } from "./writing_field.tsx";

/** The field to write to a contact. */
export function Writer({ contact }: { contact: ContactView }) {
  const { jid } = contact;
  const typist = useTypist(jid, api.setTyping);
  const edited = editing.value;
  return (
    <WritingField
      jid={jid}
      placeholder={text.chat.placeholder(nameOf(contact))}
      hint={text.chat.composeHint}
      attach={contact.plain ? undefined : jid}
      drafts={drafts}
      edited={edited}
      send={(words) => send(jid, words)}
      correct={(words) => correct(edited!, words)}
      beginEditing={() => (editing.value = correctable(jid) ?? null) !== null}
      endEditing={() => editing.value = null}
      wrote={() => typist.wrote()}
      stopped={() => typist.stop()}
    />
  );
}
