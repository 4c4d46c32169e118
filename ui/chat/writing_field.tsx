/** The field to write in, for chats and rooms: a new message, or the correction of the last one. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import { AttachButton, filesOf, offerFiles } from "../files/attach.tsx";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { text } from "../text/mod.ts";

const TALLEST = 180; // CSS pixels
const LONGEST = 10_000; // what the daemon takes, in UTF-16 units
/** Narrower than this a phone's keyboard would cover the chat at once. */
const FOCUS_FROM = "(min-width: 761px)";

/** A message of one's own that is being corrected. */
export interface Edited {
  readonly id: string;
  readonly body: string;
}

export interface WritingFieldProps {
  jid: string;
  placeholder: string;
  hint: string;
  /** Texts typed and not sent, by JID. */
  drafts: Map<string, string>;
  /** What is corrected right now. */
  edited: Edited | null;
  send: (words: string) => Promise<void>;
  /** Sends the correction, or ends it where nothing was changed. */
  correct: (words: string) => Promise<void>;
  /** Begins the correction of one's newest message; false when there is none. */
  beginEditing: () => boolean;
  endEditing: () => void;
  /** Contact or group to which files can be sent. */
  attach?: string | undefined;
  /** Something was typed; nothing is any more. */
  wrote: () => void;
  stopped: () => void;
}

export function WritingField(props: WritingFieldProps) {
  const { jid, placeholder, drafts, edited, stopped } = props;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const body = useSignal(drafts.get(jid) ?? "");
  const action = useAction();

  const write = (value: string) => {
    body.value = value;
    if (edited === null) drafts.set(jid, value);
  };
  useEffect(() => {
    if (matchMedia(FOCUS_FROM).matches) field.current!.focus();
    return props.endEditing;
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
    stopped();
    if (edited !== null) await action.run(() => props.correct(words));
    else {
      write("");
      // What was not taken is given back, before anything typed meanwhile.
      if (!await action.run(() => props.send(words))) {
        write(body.value === "" ? words : `${words}\n${body.value}`);
      }
    }
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) void submit();
    else if (event.key === "Escape" && edited !== null) props.endEditing();
    else if (event.key !== "ArrowUp" || body.value !== "" || !props.beginEditing()) return;
    event.preventDefault();
  };
  const label = edited === null ? text.chat.send : text.chat.editSave;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <FormError message={action.error.value} />
      {edited !== null && <EditBar onCancel={props.endEditing} />}
      <div class="composer-row">
        {props.attach !== undefined && edited === null && <AttachButton place={props.attach} />}
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
            if (value.trim() === "") stopped();
            else props.wrote();
          }}
          onBlur={stopped}
          onPaste={(event) => {
            const chosen = props.attach === undefined ? [] : filesOf(event.clipboardData);
            if (chosen.length === 0) return;
            event.preventDefault();
            offerFiles(props.attach!, chosen);
          }}
          onKeyDown={onKeyDown}
        />
        <button
          type="submit"
          class="button-send"
          aria-label={label}
          title={label}
          disabled={body.value.trim() === ""}
        >
          <Icon name={edited === null ? "send" : "check"} />
        </button>
      </div>
      <p id={`${id}-hint`} class="visually-hidden">{props.hint}</p>
    </form>
  );
}

function EditBar({ onCancel }: { onCancel: () => void }) {
  return (
    <div class="edit-bar">
      <Icon name="pencil" size="s" />
      <p role="status">{text.chat.editing}</p>
      <button
        type="button"
        class="button-icon"
        aria-label={text.chat.editCancel}
        title={text.chat.editCancel}
        onClick={onCancel}
      >
        <Icon name="close" size="s" />
      </button>
    </div>
  );
}

/** Keeps the field as tall as its text, within bounds. */
function useFit(field: { current: HTMLTextAreaElement | null }, body: Signal<string>): void {
  useLayoutEffect(() => {
    const { style, scrollHeight } = (field.current!.style.height = "auto", field.current!);
    style.height = `${Math.min(scrollHeight + 2, TALLEST)}px`;
  }, [body.value]);
}
