import { useSignal } from "@preact/signals";
import { groupApi } from "../api/group_routes.ts";
import type { GroupRole, GroupView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { FormError } from "../parts/field.tsx";
import { Name } from "../parts/jid.tsx";
import { TrustBadge } from "../parts/trust_badge.tsx";
import { contacts, nameOf } from "../store/contacts.ts";
import { closeDialog } from "../store/dialogs.ts";
import { notify } from "../store/notices.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";

const ROLES = ["member", "listener", "admin"] as const;

/** Invites a contact to a group: who is to be let in must have keys that we know. */
export function InviteToGroupDialog({ group }: { group: GroupView }) {
  const role = useSignal<GroupRole>("member");
  const action = useAction();
  const words = text.groups;
  const inside = new Set(group.members.map(({ jid }) => jid));
  const known = [...contacts.value.values()]
    .filter(({ jid, blocked, plain }) => !blocked && !plain && !inside.has(jid))
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  const invite = (jid: string, name: string) =>
    action.run(async () => {
      await groupApi.invite(group.jid, jid, role.value);
      closeDialog();
      notify("info", words.invited(name));
    });
  return (
    <Dialog title={words.inviteTitle(nameOfRoom(group))} onClose={closeDialog} size="s">
      <p class="hint">{words.inviteLead}</p>
      <label class="field">
        <span class="field-label">{words.inviteAs}</span>
        <select
          class="input"
          value={role.value}
          onChange={({ currentTarget }) => role.value = currentTarget.value as GroupRole}
        >
          {ROLES.map((one) => <option key={one} value={one}>{words.roles[one]}</option>)}
        </select>
      </label>
      {known.length === 0 && <p class="empty-line">{words.inviteNobody}</p>}
      <ul class="room-invitees" aria-label={text.people.list}>
        {known.map((contact) => (
          <li key={contact.jid}>
            <button
              type="button"
              class="person"
              disabled={action.busy.value}
              onClick={() => invite(contact.jid, nameOf(contact))}
            >
              <Avatar
                jid={contact.jid}
                name={nameOf(contact)}
                size="s"
                presence={contact.presence}
              />
              <span class="person-main">
                <span class="person-top">
                  <span class="person-name">
                    <Name>{nameOf(contact)}</Name>
                  </span>
                  <TrustBadge trust={contact.trust} />
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <FormError message={action.error.value} />
    </Dialog>
  );
}
