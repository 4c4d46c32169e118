/** The field to write in: a new message, or the correction of the last one. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { ContactView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { nameOf } from "../store/contacts.ts";
import { correct, correctable, editing } from "../store/editing.ts";
import { drafts, send } from "../store/messages.ts";
import { Typist } from "../store/typing.ts";
import { text } from "../text/mod.ts";

const TALLEST = 180; // CSS pixels
const LONGEST = 10_000; // what the daemon takes, in UTF-16 units
/** Narrower than this a phone's keyboard would cover the chat at once. */
const FOCUS_FROM = "(min-width: 760px)";

export function Writer({ contact }: { contact: ContactView }) {
  const { jid } = contact;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const body = useSignal(drafts.get(jid) ?? "");
  const action = useAction();
  const typist = useTypist(jid);
  const edited = editing.value;
  const placeholder = text.chat.placeholder(nameOf(contact));

  const write = (value: string) => {
    body.value = value;
    if (edited === null) drafts.set(jid, value);
  };
  useEffect(() => {
    if (matchMedia(FOCUS_FROM).matches) field.current!.focus();
    return () => editing.value = null;
  }, []);
  useFit(field, body);
  useLayoutEffect(() => {
    if (edited === null) {
      body.value = drafts.get(jid) ?? "";
      return;
    }
    body.value = edited.body;
    field.current!.focus();
  }, [edited?.id]);

  const submit = async () => {
    const words = body.value.trim();
    if (words === "" || action.busy.value) return;
    typist.stop();
    if (edited !== null) {
      if (words === edited.body) editing.value = null;
      else await action.run(() => correct(edited, words));
    } else {
      write("");
      // What was not taken is given back, before anything typed meanwhile.
      if (!await action.run(() => send(jid, words))) {
        write(body.value === "" ? words : `${words}\n${body.value}`);
      }
    }
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) void submit();
    else if (event.key === "Escape" && edited !== null) editing.value = null;
    else if (event.key === "ArrowUp" && body.value === "" && correctable(jid) !== undefined) {
      editing.value = correctable(jid)!;
    } else return;
    event.preventDefault();
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
      {edited !== null && <EditBar />}
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
          onInput={({ currentTarget: { value } }) => {
            write(value);
            if (value.trim() === "") typist.stop();
            else typist.wrote();
          }}
          onBlur={() => typist.stop()}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          class="button-send"
          aria-label={edited === null ? text.chat.send : text.chat.editSave}
          title={edited === null ? text.chat.send : text.chat.editSave}
          disabled={body.value.trim() === ""}
        >
          <Icon name={edited === null ? "send" : "check"} />
        </button>
      </div>
      <p id={`${id}-hint`} class="visually-hidden">{text.chat.composeHint}</p>
    </form>
  );
}

function EditBar() {
  return (
    <div class="edit-bar">
      <Icon name="pencil" size="s" />
      <p role="status">{text.chat.editing}</p>
      <button
        type="button"
        class="button-icon"
        aria-label={text.chat.editCancel}
        title={text.chat.editCancel}
        onClick={() => editing.value = null}
      >
        <Icon name="close" size="s" />
      </button>
    </div>
  );
}

/** Tells the contact while this chat is open; one who leaves it has stopped writing. */
function useTypist(jid: string): Typist {
  const typist = useMemo(() => new Typist(jid), [jid]);
  useEffect(() => () => typist.stop(), [typist]);
  return typist;
}

/** Keeps the field as tall as its text, within bounds. */
export function useFit(field: { current: HTMLTextAreaElement | null }, body: Signal<string>): void {
  useLayoutEffect(() => {
    const { style, scrollHeight } = (field.current!.style.height = "auto", field.current!);
    style.height = `${Math.min(scrollHeight + 2, TALLEST)}px`;
  }, [body.value]);
}
