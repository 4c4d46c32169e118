import { Icon } from "../parts/icon.tsx";
import { hueOf } from "../parts/avatar.tsx";
import { text } from "../text/mod.ts";

/** The mark of a room or group: square, with people, so that none looks like a person. */
export function RoomMark(
  { jid, size = "m", sealed = false }: { jid: string; size?: "s" | "m" | "l"; sealed?: boolean },
) {
  return (
    <span class={`avatar avatar-${size} room-mark hue-${hueOf(jid)}`}>
      <Icon name="group" size={size === "m" ? "l" : size} />
      <span class="visually-hidden">{sealed ? text.groups.kind : text.rooms.kind}:</span>
    </span>
  );
}

/** That it is not encrypted: in words, with the shield that is open. */
export function ClearMark({ look }: { look: "mark" | "chip" }) {
  const { clear, clearLead } = text.rooms;
  return (
    <span class={`trust trust-changed trust-${look}`} title={`${clear}. ${clearLead}`}>
      <Icon name="shield-alert" size="s" />
      <span class={look === "mark" ? "visually-hidden" : ""}>{clear}</span>
    </span>
  );
}
