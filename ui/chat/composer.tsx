/** The field to write in. */
import { useSignal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import { api } from "../api/routes.ts";
import type { ContactView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { nameOf, putContact } from "../store/contacts.ts";
import { drafts, send } from "../store/messages.ts";
import { report } from "../store/notices.ts";
import { text } from "../text/mod.ts";

const TALLEST = 180; // CSS pixels
const LONGEST = 32_768; // what the daemon takes
/** Narrower than this a phone's keyboard would cover the chat at once. */
const FOCUS_FROM = "(min-width: 760px)";

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

function Writer({ contact }: { contact: ContactView }) {
  const { jid } = contact;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const body = useSignal(drafts.get(jid) ?? "");
  const action = useAction();
  const placeholder = text.chat.placeholder(nameOf(contact));

  const write = (value: string) => {
    body.value = value;
    drafts.set(jid, value);
  };
  useEffect(() => {
    if (matchMedia(FOCUS_FROM).matches) field.current?.focus();
  }, []);
  useLayoutEffect(() => {
    const { style, scrollHeight } = (field.current!.style.height = "auto", field.current!);
    style.height = `${Math.min(scrollHeight + 2, TALLEST)}px`;
  }, [body.value]);

  const submit = async () => {
    const words = body.value.trim();
    if (words === "" || action.busy.value) return;
    write("");
    // What was not taken is given back, before anything typed meanwhile.
    if (!await action.run(() => send(jid, words))) {
      write(body.value === "" ? words : `${words}\n${body.value}`);
    }
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <FormError message={action.error.value} />
      <div class="composer-row">
        <label for={id} class="visually-hidden">{placeholder}</label>
        <textarea
          id={id}
          ref={field}
          class="composer-field"
          rows={1}
          dir="auto"
          maxLength={LONGEST}
          placeholder={placeholder}
          value={body.value}
          aria-describedby={`${id}-hint`}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          class="button-send"
          aria-label={text.chat.send}
          title={text.chat.send}
          disabled={body.value.trim() === ""}
        >
          <Icon name="send" />
        </button>
      </div>
      <p id={`${id}-hint`} class="visually-hidden">{text.chat.composeHint}</p>
    </form>
  );
}
