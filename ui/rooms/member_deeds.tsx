import { type MemberChange, roomApi } from "../api/room_routes.ts";
import type { RoomMemberView, RoomView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { mayRemove } from "../store/rooms.ts";
import { text } from "../text/mod.ts";

/** What a moderator or owner may do about somebody; nothing for all others. */
export function MemberDeeds({ room, member }: { room: RoomView; member: RoomMemberView }) {
  const action = useAction();
  if (!mayRemove(room, member)) return null;
  const words = text.rooms;
  const change = (what: MemberChange) => action.run(() => roomApi.changeMember(room.jid, what));
  return (
    <details class="member-deeds">
      <summary aria-label={words.more(member.nick || member.jid || "")}>…</summary>
      <div class="request-answers">
        {deedsOn(room, member).map(([label, what]) => (
          <button
            key={label}
            type="button"
            class="button button-small"
            disabled={action.busy.value}
            onClick={() => change(what)}
          >
            {label}
          </button>
        ))}
      </div>
      <FormError message={action.error.value} />
    </details>
  );
}

function deedsOn(
  room: RoomView,
  { nick, jid, role, affiliation }: RoomMemberView,
): readonly (readonly [label: string, change: MemberChange])[] {
  const words = text.rooms;
  const leads = room.affiliation === "owner" || room.affiliation === "admin";
  const deeds: [string, MemberChange][] = [];
  // In a room for members, who is no member any more is out; a kick alone lets them come back.
  if (leads && jid !== null) deeds.push([words.remove, { jid, affiliation: "none" }]);
  else if (nick !== "") deeds.push([words.remove, { nick, role: "none" }]);
  if (nick !== "" && role === "visitor") {
    deeds.push([words.giveVoice, { nick, role: "participant" }]);
  } else if (nick !== "" && role === "participant") {
    deeds.push([words.takeVoice, { nick, role: "visitor" }]);
  }
  if (room.affiliation === "owner" && jid !== null) {
    deeds.push(
      affiliation === "admin"
        ? [words.makeMember, { jid, affiliation: "member" }]
        : [words.makeAdmin, { jid, affiliation: "admin" }],
    );
  }
  if (leads && jid !== null) deeds.push([words.ban, { jid, affiliation: "outcast" }]);
  return deeds;
}
