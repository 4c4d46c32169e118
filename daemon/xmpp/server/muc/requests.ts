import {
  el,
  type Element,
  iqResult,
  type Jid,
  NS,
  serialise,
  StanzaError,
} from "../../core/mod.ts";
import { readdressed } from "../addressing.ts";
import type { Host } from "../host.ts";
import { metadata, queryArchive, queryForm } from "../archive_query.ts";
import { administer } from "./admin.ts";
import { roomInfo, roomItems, serviceInfo, serviceItems } from "./disco.ts";
import { shownOf } from "./occupants.ts";
import { own } from "./owner.ts";
import { isAtLeast } from "./privileges.ts";
import type { Room, Sender } from "./room.ts";
import type { Rooms } from "./rooms.ts";

/** Takes a request or an answer to the service, a room or an occupant. @throws StanzaError */
export function receiveIq(rooms: Rooms, iq: Element, sender: Sender, to: Jid): void {
  const { type, id } = iq.attrs;
  if (type === "result" || type === "error") {
    const room = to.resource === "" ? undefined : rooms.find(to);
    if (room !== undefined) passAnswer(room, iq, sender);
    return;
  }
  const [payload, ...others] = iq.getChildElements();
  if ((type !== "get" && type !== "set") || !id || payload === undefined || others.length > 0) {
    throw new StanzaError("modify", "bad-request", "a request has an id, a type and one child");
  }
  if (to.local === "") return answer(rooms.host, iq, sender, ofService(rooms, type, payload, to));
  const room = rooms.find(to);
  if (room === undefined) throw new StanzaError("cancel", "item-not-found", "no such room");
  if (to.resource !== "") return toOccupant(room, iq, payload, sender, to);
  answer(rooms.host, iq, sender, ofRoom(room, type, payload, sender));
}

function answer(host: Host, iq: Element, { session }: Sender, child: Element | undefined): void {
  const result = iqResult(iq, child);
  if (session === undefined) return host.deliver(result);
  const xml = serialise(result);
  session.sendXml(xml);
  // Asking for much costs as much as sending it.
  session.charge(xml.length);
}

function ofService(
  { store, active }: Rooms,
  type: "get" | "set",
  payload: Element,
  { domain }: Jid,
): Element | undefined {
  if (type === "get" && payload.attrs.node === undefined) {
    if (payload.is("query", NS.discoInfo)) return serviceInfo();
    if (payload.is("query", NS.discoItems)) return serviceItems(store, active, domain);
    if (payload.is("ping", NS.ping)) return undefined;
  }
  throw new StanzaError("cancel", "service-unavailable");
}

function ofRoom(
  room: Room,
  type: "get" | "set",
  payload: Element,
  sender: Sender,
): Element | undefined {
  if (room.locked && room.affiliationOf(sender.jid) !== "owner") {
    throw new StanzaError("cancel", "item-not-found", "this room is being made");
  }
  if (payload.is("query", NS.mucAdmin) || payload.is("query", NS.mucOwner)) {
    const { roomFormBytes } = room.around.host.limits;
    if (serialise(payload).length > roomFormBytes) {
      throw new StanzaError("modify", "policy-violation", `${roomFormBytes} bytes at most`);
    }
    if (payload.getNS() === NS.mucAdmin) return administer(room, type, payload, sender);
    if (type === "set") room.pace(sender);
    return own(room, type, payload, sender);
  }
  if (payload.getNS() === NS.archive) return ofArchive(room, type, payload, sender);
  if (type === "get") {
    const { node } = payload.attrs;
    if (payload.is("query", NS.discoInfo)) return roomInfo(room, node, sender);
    if (payload.is("query", NS.discoItems)) return roomItems(room, sender);
    if (payload.is("ping", NS.ping)) return undefined;
  }
  throw new StanzaError("cancel", "service-unavailable");
}

/** What was said in the room (XEP-0313), for those who may be in it. */
function ofArchive(
  room: Room,
  type: "get" | "set",
  payload: Element,
  sender: Sender,
): Element {
  const { host } = room.around;
  if (!host.archives || !room.config.archived) {
    throw new StanzaError("cancel", "service-unavailable");
  }
  const { affiliation, occupant } = room.actor(sender);
  const open = !room.config.membersOnly && room.config.password === "";
  const may = occupant !== undefined || isAtLeast(affiliation, open ? "none" : "member");
  if (!may) throw new StanzaError("auth", "forbidden");
  if (type === "get" && payload.is("query")) return el("query", { xmlns: NS.archive }, queryForm());
  if (type === "get" && payload.is("metadata")) return metadata(host.storage.archive, room.jid);
  if (!payload.is("query")) throw new StanzaError("cancel", "feature-not-implemented");
  const { results, fin, cost } = queryArchive(host, room.jid, payload);
  sender.session?.charge(cost);
  for (const message of results) {
    message.attrs.to = sender.jid.toString();
    if (sender.session === undefined) host.deliver(message);
    else {
      const xml = serialise(message);
      sender.session.sendXml(xml);
      sender.session.charge(xml.length);
    }
  }
  return fin;
}

/** A request of one occupant to another (XEP-0045 section 17.4), or to itself (XEP-0410). */
function toOccupant(room: Room, iq: Element, payload: Element, sender: Sender, to: Jid): void {
  const asker = room.occupant(sender);
  const asked = room.occupants.byNick(to.resource);
  if (asked === undefined) throw new StanzaError("cancel", "item-not-found", "nobody of that nick");
  if (asked === asker && payload.is("ping", NS.ping)) {
    // XEP-0410 section 3.1: the room knows the answer.
    return answer(room.around.host, iq, sender, undefined);
  }
  room.pace(sender);
  const answerer = shownOf(asked).jid;
  const from = room.jid.withResource(asker.nick);
  const id = room.relayed.add({
    asker: sender.jid,
    id: iq.attrs.id!,
    answerer: answerer.toString(),
    nick: asked.nick,
  });
  const passed = el("iq", { ...iq.attrs, from: from.toString(), to: undefined, id });
  passed.children = iq.children;
  room.sendTo(passed, from, answerer);
}

function passAnswer(room: Room, iq: Element, sender: Sender): void {
  const request = room.relayed.take(iq.attrs.id ?? "", sender.jid.toString());
  if (request === undefined) return;
  const from = room.jid.withResource(request.nick);
  const passed = readdressed(iq, from.toString(), request.asker.toString());
  passed.attrs.id = request.id;
  room.around.host.deliver(passed);
}
