import { roomApi } from "../api/room_routes.ts";
import type { RoomInvitationView, RoomView } from "../api/views.ts";
import { Jid } from "../parts/jid.tsx";
import { contacts, nameOfJid } from "../store/contacts.ts";
import { dropRoom, invitations, nameOfRoom, putRoom } from "../store/rooms.ts";
import { openRoom } from "../store/route.ts";
import { text } from "../text/mod.ts";
import { InvitationFrame } from "./invitation_frame.tsx";

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
  const words = text.rooms.invitation;
  const { jid, server } = room;
  const { from, reason, mediated, later } = invitation;
  const who = nameOfJid(from);
  return (
    <InvitationFrame
      jid={jid}
      name={nameOfRoom(room)}
      later={later}
      words={words}
      accept={async () => {
        putRoom(await roomApi.accept(jid, true));
        openRoom(jid);
      }}
      putAside={async () => putRoom(await roomApi.answer(jid, "later"))}
      decline={async () => {
        await roomApi.answer(jid, "decline");
        dropRoom(jid);
      }}
    >
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
    </InvitationFrame>
  );
}
