import { roomApi } from "../api/room_routes.ts";
import type { RoomInvitationView, RoomView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { contacts, nameOfJid } from "../store/contacts.ts";
import { dropRoom, invitations, nameOfRoom, putRoom } from "../store/rooms.ts";
import { openRoom } from "../store/route.ts";
import { text } from "../text/mod.ts";
import { RoomMark } from "./room_mark.tsx";

/** The invitations that wait for an answer. */
export function InvitationCards() {
  if (invitations.value.length === 0) return null;
  return (
    <section class="requests" aria-label={text.rooms.invitation.heading}>
      <h2>{text.rooms.invitation.heading}</h2>
      {invitations.value.map((room) =>
        room.invitation !== null && (
          <InvitationCard key={room.jid} room={room} invitation={room.invitation} />
        )
      )}
    </section>
  );
}

/** Who invites, into what, on whose server; what was put aside is one line. */
function InvitationCard(
  { room, invitation }: { room: RoomView; invitation: RoomInvitationView },
) {
  const action = useAction();
  const words = text.rooms.invitation;
  const { jid, server } = room;
  const { from, reason, mediated, later } = invitation;
  const accept = () =>
    action.run(async () => {
      putRoom(await roomApi.accept(jid, true));
      openRoom(jid);
    });
  const decline = () =>
    action.run(async () => {
      await roomApi.answer(jid, "decline");
      dropRoom(jid);
    });
  const putAside = () => action.run(async () => putRoom(await roomApi.answer(jid, "later")));
  const who = nameOfJid(from);
  return (
    <article class="request" aria-label={words.name(nameOfRoom(room))}>
      <div class="request-who">
        <RoomMark jid={jid} size="s" />
        <div>
          <p class="request-name">
            <Name>{nameOfRoom(room)}</Name>
          </p>
          <p class="hint">
            <Jid jid={jid} />
          </p>
        </div>
      </div>
      {later ? <p class="hint">{words.put}</p> : (
        <>
          <p dir="auto">{mediated ? words.claimed(server, who) : words.by(who)}</p>
          {who !== from && (
            <p class="hint">
              <Jid jid={from} />
            </p>
          )}
          {!contacts.value.has(from) && <p class="hint">{words.stranger}</p>}
          {reason !== "" && (
            <p class="hint">
              {words.reason} <bdi>{reason}</bdi>
            </p>
          )}
          <p class="room-clear">{text.rooms.sentence(server)}</p>
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
