import { useSignal } from "@preact/signals";
import { roomApi } from "../api/room_routes.ts";
import type { RoomView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field, FormError } from "../parts/field.tsx";
import { closeDialog } from "../store/dialogs.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";

/** Changes what a room is about. */
export function SubjectDialog({ room }: { room: RoomView }) {
  const subject = useSignal(room.subject);
  const action = useAction();
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    const changed = { subject: subject.value.trim() };
    if (await action.run(() => roomApi.change(room.jid, changed))) closeDialog();
  };
  return (
    <Dialog title={text.rooms.subjectTitle(nameOfRoom(room))} onClose={closeDialog} size="s">
      <form class="form" onSubmit={onSubmit}>
        <Field label={text.rooms.subject} value={subject} autoFocus maxLength={500} />
        <FormError message={action.error.value} />
        <button
          type="submit"
          class="button button-primary button-wide"
          disabled={action.busy.value}
        >
          {text.common.save}
        </button>
      </form>
    </Dialog>
  );
}
