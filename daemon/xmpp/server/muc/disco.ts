import { dataForm, el, type Element, NS, StanzaError } from "../../core/mod.ts";
import { isAtLeast } from "./privileges.ts";
import type { Room, Sender } from "./room.ts";
import type { RoomStore } from "./room_store.ts";

/** XEP-0045 section 6.3: a nick of one's own is not kept here. */
const RESERVED_NICK = "x-roomuser-item";

/** What the service of rooms is (XEP-0045 section 6.2). */
export function serviceInfo(): Element {
  return el(
    "query",
    { xmlns: NS.discoInfo },
    el("identity", { category: "conference", type: "text", name: "Rooms" }),
    ...features([NS.discoInfo, NS.discoItems, NS.muc, NS.ping, NS.occupantId]),
  );
}

/** The rooms that want to be found (section 6.3). @param loose those that are not kept */
export function serviceItems(store: RoomStore, loose: Iterable<Room>, domain: string): Element {
  const rooms = new Map(store.listPublic().map(({ name, title }) => [name, title]));
  for (const { jid, config, locked } of loose) {
    if (config.public && !locked) rooms.set(jid.local, config.name);
  }
  return el(
    "query",
    { xmlns: NS.discoItems },
    ...[...rooms].map(([name, title]) =>
      el("item", { jid: `${name}@${domain}`, name: title || name })
    ),
  );
}

/** What a room is (section 6.4). */
export function roomInfo(room: Room, node: string | undefined, sender: Sender): Element {
  if (node === RESERVED_NICK) return el("query", { xmlns: NS.discoInfo, node });
  if (node !== undefined) throw new StanzaError("cancel", "item-not-found");
  const { config } = room;
  const names = [
    NS.discoInfo,
    NS.discoItems,
    NS.muc,
    NS.ping,
    NS.stanzaIds,
    NS.mucStableId,
    NS.mucSelfPing,
    NS.occupantId,
    NS.mucRequest,
    ...room.around.host.archives && config.archived ? [NS.archive, NS.archiveExtended] : [],
    config.public ? "muc_public" : "muc_hidden",
    config.persistent ? "muc_persistent" : "muc_temporary",
    config.membersOnly ? "muc_membersonly" : "muc_open",
    config.moderated ? "muc_moderated" : "muc_unmoderated",
    config.nonAnonymous ? "muc_nonanonymous" : "muc_semianonymous",
    config.password === "" ? "muc_unsecured" : "muc_passwordprotected",
  ];
  return el(
    "query",
    { xmlns: NS.discoInfo },
    el("identity", { category: "conference", type: "text", name: config.name || room.jid.local }),
    ...features(names),
    infoForm(room, isAtLeast(room.affiliationOf(sender.jid), "member") || !config.membersOnly),
  );
}

/** @param inside may the asker know what goes on in the room? */
function infoForm({ config, subject, occupants }: Room, inside: boolean): Element {
  return dataForm("result", NS.mucRoomInfo, {
    "muc#roominfo_description": { type: "text-single", value: config.description },
    "muc#roominfo_lang": { type: "text-single", value: config.language },
    "muc#roominfo_changesubject": { type: "boolean", value: config.changeSubject },
    "muc#roomconfig_allowinvites": { type: "boolean", value: config.allowInvites },
    "muc#roomconfig_enablearchiving": { type: "boolean", value: config.archived },
    ...inside && {
      "muc#roominfo_subject": { type: "text-single", value: subject?.text ?? "" },
      "muc#roominfo_occupants": { type: "text-single", value: String(occupants.size) },
    },
  });
}

/** Who is in a room, for those who are (section 6.5). */
export function roomItems(room: Room, sender: Sender): Element {
  const inside = room.occupants.bySession(sender.jid) !== undefined;
  const items = inside ? [...room.occupants] : [];
  return el(
    "query",
    { xmlns: NS.discoItems },
    ...items.map(({ nick }) => el("item", { jid: room.jid.withResource(nick).toString() })),
  );
}

function features(names: readonly string[]): Element[] {
  return names.map((name) => el("feature", { var: name }));
}
