import { el, type Element, Jid, NS, StanzaError } from "../../core/mod.ts";
import type { Session } from "../session.ts";
import { configForm, readConfigForm } from "./config_form.ts";
import { isAtLeast } from "./privileges.ts";
import type { Room, Sender } from "./room.ts";
import type { RoomConfig } from "./room_config.ts";
import { reasonIn, shortened } from "./texts.ts";

/** Configuring and destroying a room (`muc#owner`, XEP-0045 section 10). @throws StanzaError */
export function own(
  room: Room,
  type: "get" | "set",
  query: Element,
  sender: Sender,
): Element | undefined {
  if (room.affiliationOf(sender.jid) !== "owner") throw new StanzaError("auth", "forbidden");
  if (type === "get") return el("query", { xmlns: NS.mucOwner }, configForm(room.config));
  const order = query.getChild("destroy");
  if (order !== undefined) {
    destroy(room, destroyElement(room, order));
    return;
  }
  const form = query.getChild("x", NS.dataForms);
  if (form?.attrs.type === "cancel") {
    // Section 10.1.3: who does not finish making a room has none.
    if (room.locked) destroy(room, el("destroy"));
    return;
  }
  if (form?.attrs.type !== "submit") {
    throw new StanzaError("modify", "bad-request", "expected a form or <destroy/>");
  }
  const { limits } = room.around.host;
  configure(
    room,
    readConfigForm(form, room.config, {
      textLength: limits.roomTextLength,
      occupants: limits.roomOccupants,
      historyMessages: limits.roomHistoryMessages,
    }),
    sender.session,
  );
}

/**
 * Sets a room up, keeps it, and tells everybody what changed (section 10.2.1).
 * @param payer whose rate pays for every copy of that
 */
export function configure(room: Room, config: RoomConfig, payer?: Session): void {
  const before = room.config;
  const fresh = room.locked;
  room.setConfig(config);
  if (fresh) return;
  const codes = codesOf(before, config);
  if (codes.length > 0) room.announce(codes, payer);
  if (!config.membersOnly || before.membersOnly) return;
  for (const occupant of [...room.occupants]) {
    if (isAtLeast(room.affiliationOf(occupant.jid), "member")) continue;
    room.expel(occupant, { codes: [322] }, payer);
  }
}

function codesOf(before: RoomConfig, after: RoomConfig): number[] {
  const codes: number[] = [];
  if (before.archived !== after.archived) codes.push(after.archived ? 170 : 171);
  if (before.nonAnonymous !== after.nonAnonymous) codes.push(after.nonAnonymous ? 172 : 173);
  const privacy = { archived: false, nonAnonymous: false };
  const others = (config: RoomConfig) => JSON.stringify({ ...config, ...privacy });
  if (others(before) !== others(after)) codes.push(104);
  return codes;
}

/** Ends a room for good; everybody in it is told (section 10.9). */
export function destroy(room: Room, order: Element): void {
  room.around.destroyed(room);
  room.dismiss({ destroy: order });
}

/** @throws StanzaError `jid-malformed` */
function destroyElement(room: Room, order: Element): Element {
  const most = room.around.host.limits.roomTextLength;
  const alternate = order.attrs.jid === undefined ? undefined : Jid.tryParse(order.attrs.jid);
  if (order.attrs.jid !== undefined && alternate === undefined) {
    throw new StanzaError("modify", "jid-malformed");
  }
  const reason = reasonIn(order, most);
  const password = order.getChildText("password");
  return el(
    "destroy",
    { jid: alternate?.toString() },
    reason === undefined ? undefined : el("reason", {}, reason),
    password === null ? undefined : el("password", {}, shortened(password, most)),
  );
}
