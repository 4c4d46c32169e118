import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import type { RoomView } from "../api/views.ts";
import { useFit } from "../chat/writer.tsx";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { roomDrafts, say } from "../store/room_messages.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";

/** What the daemon takes. */
const LONGEST = 10_000;
/** On narrower pages a focus would open the keyboard over the room. */
const FOCUS_FROM = "(min-width: 761px)";

/** The field to write to everybody in a room. */
export function RoomWriter({ room }: { room: RoomView }) {
  const { jid } = room;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const body = useSignal(roomDrafts.get(jid) ?? "");
  const action = useAction();
  const sealed = room.encryption === "keystone";
  const words = sealed ? text.groups : text.rooms;
  const placeholder = words.placeholder(nameOfRoom(room));
  const write = (value: string) => {
    body.value = value;
    roomDrafts.set(jid, value);
  };
  useEffect(() => {
    if (matchMedia(FOCUS_FROM).matches) field.current!.focus();
  }, []);
  useFit(field, body);

  const submit = async () => {
    const said = body.value.trim();
    if (said === "" || action.busy.value) return;
    write("");
    // What was not taken is given back, before anything typed meanwhile.
    if (!await action.run(() => say(room, said))) {
      write(body.value === "" ? said : `${said}\n${body.value}`);
    }
    field.current?.focus();
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
          onInput={({ currentTarget: { value } }) => write(value)}
          onKeyDown={(event) => {
            if (event.isComposing || event.key !== "Enter" || event.shiftKey) return;
            event.preventDefault();
            void submit();
          }}
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
      <p id={`${id}-hint`} class="visually-hidden">{words.hint}</p>
    </form>
  );
}
