import { el, type Element, type Jid, NS } from "../../core/mod.ts";
import { type Occupant, shownOf } from "./occupants.ts";
import type { Affiliation, Role } from "./privileges.ts";

/** What happened to an occupant, beside what its presence says by itself. */
export interface Occurrence {
  /** Gone from under this nick. */
  readonly gone?: boolean;
  /** XEP-0045 section 15.6.2, such as 307 for kicked. */
  readonly codes?: readonly number[];
  readonly reason?: string | undefined;
  /** Nick of who did it. */
  readonly actor?: string | undefined;
  readonly newNick?: string;
  /** `<destroy/>` of the room. */
  readonly destroy?: Element;
  /** Last words, on leaving. */
  readonly farewell?: readonly Element[];
}

/** Who is to see a presence. */
export interface View {
  /** May it know the address? */
  readonly open: boolean;
  /** Is it the occupant itself? More codes for it, such as 201 for a room just made. */
  readonly self?: readonly number[] | undefined;
}

/** Presence of an occupant as the room sends it (XEP-0045 section 7.2), without `to`. */
export function occupantPresence(
  room: Jid,
  occupant: Occupant,
  affiliation: Affiliation,
  what: Occurrence,
  view: View,
): Element {
  const { jid, shown } = shownOf(occupant);
  const codes = [...what.codes ?? [], ...(view.self === undefined ? [] : [110, ...view.self])];
  const role: Role = what.gone && what.newNick === undefined ? "none" : occupant.role;
  const item = el(
    "item",
    {
      affiliation: what.destroy === undefined ? affiliation : "none",
      role,
      jid: view.open || view.self !== undefined ? jid.toString() : undefined,
      nick: what.newNick,
    },
    what.actor === undefined ? undefined : el("actor", { nick: what.actor }),
    what.reason === undefined ? undefined : el("reason", {}, what.reason),
  );
  const presence = el(
    "presence",
    {
      from: room.withResource(occupant.nick).toString(),
      type: what.gone ? "unavailable" : undefined,
    },
  );
  // Elements know their parent: those of the occupant's own stanza stay its.
  presence.children = [
    ...(what.gone ? what.farewell ?? [] : shown),
    el("occupant-id", { xmlns: NS.occupantId, id: occupant.id }),
    el(
      "x",
      { xmlns: NS.mucUser },
      item,
      what.destroy,
      ...codes.map((code) => el("status", { code: String(code) })),
    ),
  ];
  return presence;
}

/** Namespaces that the room alone speaks in. */
const OURS = new Set<string | undefined>([
  NS.muc,
  NS.mucUser,
  NS.occupantId,
  NS.stanzaIds,
  NS.delay,
]);

/** What of a client's presence the others are shown. */
export function shownChildren(presence: Element): Element[] {
  return presence.getChildElements().filter((child) =>
    !OURS.has(child.getNS()) && child.getName() !== "priority"
  );
}
