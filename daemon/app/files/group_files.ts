import { type RoomPort, roomPort } from "../../files/mod.ts";
import { reaches } from "../../group/mod.ts";
import type { Room } from "../../xmpp/client/mod.ts";
import type { AppGroups } from "../groups.ts";
import type { AppRooms } from "../rooms.ts";
import type { GroupLines } from "./file_lines.ts";
import type { FileGroups } from "./surroundings.ts";

/** What encrypted groups are to files: who may send, show and open them, and where their lines go. */
export function groupFiles(
  groups: AppGroups,
  rooms: () => AppRooms,
  nameOf: (jid: string) => string,
): FileGroups & { readonly lines: GroupLines; port(group: string): RoomPort | undefined } {
  const ports = new WeakMap<Room, RoomPort>();
  const members = (group: string) => groups.membersOf(group);
  return {
    has: (group) => groups.has(group),
    say: (group, content) => groups.tell(group, content),
    members,
    lets(group, jid, what) {
      const member = members(group).find((one) => one.jid === jid);
      return member !== undefined && reaches(member.role, groups.agreed(group)[what]);
    },
    port(group) {
      const room = groups.has(group) ? rooms().live(group) : undefined;
      if (room === undefined) return undefined;
      const known = ports.get(room);
      if (known !== undefined) return known;
      // Who is in the room and no member of the group gets not even ciphertext.
      const port = roomPort(room, (nick) => {
        const jid = room.occupant(nick)?.jid?.bare().toString();
        return members(group).some((one) => one.jid === jid);
      });
      ports.set(room, port);
      return port;
    },
    lines: {
      has: (group) => groups.has(group),
      put({ id, peer, sender, mine, descriptor, at }, own) {
        const from = mine ? own : sender;
        const line = { nick: nameOf(from), sender: from, name: descriptor.name, at };
        rooms().log.file(peer, id, { ...line, mine: from === own });
      },
      remove: (id, group) => rooms().log.removeFile(group, id),
    },
  };
}
