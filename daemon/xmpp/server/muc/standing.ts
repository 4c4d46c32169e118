import { el, NS } from "../../core/mod.ts";
import type { Session } from "../session.ts";
import type { Occupant } from "./occupants.ts";
import { type Affiliation, type Role, roleAfter } from "./privileges.ts";
import type { Room } from "./room.ts";

/** Who changed something, and why. */
export interface Because {
  /** Nick of who did it. */
  readonly actor?: string | undefined;
  readonly reason?: string | undefined;
}

/**
 * Gives an account another affiliation, with what follows for it and what the others are told.
 * @param payer whose rate pays for every copy of that
 */
export function setAffiliation(
  room: Room,
  bare: string,
  after: Affiliation,
  because: Because,
  payer?: Session,
): void {
  const before = room.affiliations.get(bare) ?? "none";
  if (before === after) return;
  room.affiliate(bare, after);
  const present = room.occupants.ofAccount(bare);
  if (present.length === 0) return tellOfAbsent(room, bare, after, because, payer);
  for (const occupant of present) {
    if (after === "outcast") room.expel(occupant, { ...because, codes: [301] }, payer);
    else if (after === "none" && room.config.membersOnly) {
      room.expel(occupant, { ...because, codes: [321] }, payer);
    } else {
      occupant.role = roleAfter(before, after, occupant.role, room.config.moderated);
      room.show(occupant, because, { payer });
    }
  }
}

/** Section 9.3: who is in the room learns of the affiliations of those who are not. */
function tellOfAbsent(
  room: Room,
  jid: string,
  affiliation: Affiliation,
  because: Because,
  payer: Session | undefined,
): void {
  const { reason } = because;
  const item = el(
    "item",
    { affiliation, jid, role: "none" },
    reason === undefined ? undefined : el("reason", {}, reason),
  );
  const message = el(
    "message",
    { from: room.jid.toString() },
    el("x", { xmlns: NS.mucUser }, item),
  );
  room.send(message, room.jid, [...room.occupants].filter((each) => room.sees(each)), payer);
}

/** Gives an occupant another role; `none` is a kick (sections 8.2 to 8.4, 9.6, 9.7). */
export function setRole(
  room: Room,
  occupant: Occupant,
  role: Role,
  because: Because,
  payer?: Session,
): void {
  if (role === occupant.role) return;
  if (role === "none") return room.expel(occupant, { ...because, codes: [307] }, payer);
  occupant.role = role;
  room.show(occupant, because, { payer });
}
