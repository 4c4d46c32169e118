import { useSignal } from "@preact/signals";
import { groupApi } from "../api/group_routes.ts";
import type { GroupView, RoomInvitationView } from "../api/views.ts";
import { InvitationFrame } from "../rooms/invitation_frame.tsx";
import { nameOfJid } from "../store/contacts.ts";
import { dropGroup, groups, putGroup } from "../store/groups.ts";
import { dropRoom, nameOfRoom, rooms } from "../store/rooms.ts";
import { openRoom } from "../store/route.ts";
import { text } from "../text/mod.ts";
import { Keepers } from "./group_mark.tsx";
import { giveConsent, SuiteConsent } from "./group_suites.tsx";
import { TicketFields, ticketOf, useTicket } from "./ticket_fields.tsx";

/** The invitations to groups that wait for an answer, those put aside last. */
export function GroupInvitations() {
  const waiting = [...groups.value.values()].filter(({ state }) => state === "invited")
    .sort((a, b) => Number(a.invitation?.later) - Number(b.invitation?.later));
  if (waiting.length === 0) return null;
  return (
    <section class="requests" aria-label={text.groups.invitation.heading}>
      <h2>{text.groups.invitation.heading}</h2>
      {waiting.map((group) =>
        group.invitation !== null && (
          <Card key={group.jid} group={group} invitation={group.invitation} />
        )
      )}
    </section>
  );
}

/** Who invites, who keeps the keys, who runs the room, and that nothing of before can be read. */
function Card({ group, invitation }: { group: GroupView; invitation: RoomInvitationView }) {
  const ticket = useTicket();
  const agreed = useSignal(false);
  const words = text.groups.invitation;
  const { jid } = group;
  const { from, reason, later, role } = invitation;
  return (
    <InvitationFrame
      jid={jid}
      name={nameOfRoom(group)}
      sealed
      later={later}
      words={words}
      accept={async () => {
        await giveConsent(group, agreed);
        putGroup(await groupApi.answer(jid, "accept", ticketOf(group, ticket)));
        openRoom(jid);
      }}
      putAside={async () => putGroup(await groupApi.answer(jid, "later"))}
      decline={async () => {
        const wasIn = rooms.value.get(jid)?.state !== "invited";
        const declined = await groupApi.answer(jid, "decline");
        if (wasIn) return putGroup(declined);
        dropGroup(jid);
        dropRoom(jid);
      }}
    >
      <p dir="auto">{words.by(nameOfJid(from))}</p>
      {role !== undefined && <p>{words.as[role]}</p>}
      {reason !== "" && (
        <p class="hint">
          {words.reason} <bdi>{reason}</bdi>
        </p>
      )}
      <Keepers group={group} />
      <p class="hint">{words.before}</p>
      <SuiteConsent group={group} agreed={agreed} />
      <TicketFields group={group} ticket={ticket} />
    </InvitationFrame>
  );
}
