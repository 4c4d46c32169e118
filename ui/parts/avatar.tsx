/** A round mark for a person: their picture, or initials on a colour that follows from the JID. */
import type { ShownPresence } from "../store/contacts.ts";
import { pictureOf } from "../store/pictures.ts";
import { text } from "../text/mod.ts";

const HUES = 8;

/** Up to two initials of a name: letters or digits, whole code points. */
export function initials(name: string): string {
  const words = name.split("@", 1)[0]!.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const first = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return first.map((word) => [...word ?? ""][0] ?? "").join("").toLocaleUpperCase() || "?";
}

/** Which of the eight colours a JID has; the same on every page. */
export function hueOf(jid: string): number {
  let sum = 0;
  for (const char of jid) sum = (sum * 31 + char.codePointAt(0)!) % 65521;
  return sum % HUES;
}

export interface AvatarProps {
  jid: string;
  name: string;
  size?: "s" | "m" | "l";
  presence?: ShownPresence;
}

export function Avatar({ jid, name, size = "m", presence }: AvatarProps) {
  const picture = pictureOf(jid);
  return (
    <span class={`avatar avatar-${size} hue-${hueOf(jid)}`}>
      {picture === null
        ? <span aria-hidden="true">{initials(name)}</span>
        : <img class="avatar-picture" src={picture} alt="" draggable={false} />}
      {presence !== undefined && (
        <span class={`presence presence-${presence}`}>
          <span class="visually-hidden">{text.people.presence[presence]}</span>
        </span>
      )}
    </span>
  );
}
