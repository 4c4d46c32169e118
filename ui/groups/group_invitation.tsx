import { groupApi } from "../api/group_routes.ts";
import type { GroupView, RoomInvitationView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { RoomMark } from "../rooms/room_mark.tsx";
import { nameOfJid } from "../store/contacts.ts";
import { dropGroup, groups, putGroup } from "../store/groups.ts";
import { dropRoom, nameOfRoom } from "../store/rooms.ts";
import { openRoom } from "../store/route.ts";
import { text } from "../text/mod.ts";
import { Keepers } from "./group_mark.tsx";
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
  const action = useAction();
  const ticket = useTicket();
  const words = text.groups.invitation;
  const { jid } = group;
  const { from, reason, later } = invitation;
  const accept = () =>
    action.run(async () => {
      putGroup(await groupApi.answer(jid, "accept", ticketOf(group, ticket)));
      openRoom(jid);
    });
  const decline = () =>
    action.run(async () => {
      await groupApi.answer(jid, "decline");
      dropGroup(jid);
      dropRoom(jid);
    });
  const putAside = () => action.run(async () => putGroup(await groupApi.answer(jid, "later")));
  return (
    <article class="request" aria-label={words.name(nameOfRoom(group))}>
      <div class="request-who">
        <RoomMark jid={jid} size="s" sealed />
        <div>
          <p class="request-name">
            <Name>{nameOfRoom(group)}</Name>
          </p>
          <p class="hint">
            <Jid jid={jid} />
          </p>
        </div>
      </div>
      {later ? <p class="hint">{words.put}</p> : (
        <>
          <p dir="auto">{words.by(nameOfJid(from))}</p>
          {reason !== "" && (
            <p class="hint">
              {words.reason} <bdi>{reason}</bdi>
            </p>
          )}
          <Keepers group={group} />
          <p class="hint">{words.before}</p>
          <TicketFields group={group} ticket={ticket} />
        </>
      )}
      <div class="request-answers">
        <button
          type="button"
          class="button button-primary button-small"
          disabled={action.busy.value}
          onClick={accept}
        >
          {words.accept}
        </button>
        {!later && (
          <button
            type="button"
            class="button button-small"
            disabled={action.busy.value}
            onClick={putAside}
          >
            {words.later}
          </button>
        )}
        <button
          type="button"
          class="button button-quiet button-small"
          disabled={action.busy.value}
          onClick={decline}
        >
          {words.decline}
        </button>
      </div>
      <FormError message={action.error.value} />
    </article>
  );
}
