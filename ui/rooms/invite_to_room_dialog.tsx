import { useSignal } from "@preact/signals";
import { roomApi } from "../api/room_routes.ts";
import type { RoomView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field, FormError } from "../parts/field.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { contacts, nameOf, nameOfJid, presenceOf } from "../store/contacts.ts";
import { closeDialog } from "../store/dialogs.ts";
import { notify } from "../store/notices.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";

/** Invites a contact, or another address, to a room. */
export function InviteToRoomDialog({ room }: { room: RoomView }) {
  const jid = useSignal("");
  const action = useAction();
  const words = text.rooms;
  const known = [...contacts.value.values()].filter(({ blocked }) => !blocked)
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  const invite = (whom: string) =>
    action.run(async () => {
      await roomApi.invite(room.jid, whom);
      closeDialog();
      notify("info", words.invited(nameOfJid(whom)));
    });
  return (
    <Dialog title={words.inviteTitle(nameOfRoom(room))} onClose={closeDialog} size="s">
      <p class="hint">{words.inviteLead}</p>
      <ul class="room-invitees" aria-label={text.people.list}>
        {known.map((contact) => (
          <li key={contact.jid}>
            <button
              type="button"
              class="person"
              disabled={action.busy.value}
              onClick={() => invite(contact.jid)}
            >
              <Avatar
                jid={contact.jid}
                name={nameOf(contact)}
                size="s"
                presence={presenceOf(contact)}
              />
              <span class="person-main">
                <span class="person-name">
                  <Name>{nameOf(contact)}</Name>
                </span>
                <span class="preview">
                  <Jid jid={contact.jid} />
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void invite(jid.value.trim());
        }}
      >
        <Field label={words.inviteOther} value={jid} literal required />
        <FormError message={action.error.value} />
        <button
          type="submit"
          class="button button-primary button-wide"
          disabled={action.busy.value}
        >
          {words.inviteGo}
        </button>
      </form>
    </Dialog>
  );
}
