import type { Role } from "./privileges.ts";

/** Who may do something in a room, by role. */
export type Circle = "anyone" | "participants" | "moderators" | "none";

/** How a room is set up (XEP-0045 section 10.2, registry of `muc#roomconfig`). */
export interface RoomConfig {
  readonly name: string;
  readonly description: string;
  /** BCP 47, or "". */
  readonly language: string;
  /** Shown to who looks for rooms. */
  readonly public: boolean;
  /** Stays when the last occupant leaves. */
  readonly persistent: boolean;
  readonly membersOnly: boolean;
  readonly moderated: boolean;
  /** Everybody sees the occupants' addresses; else moderators alone. */
  readonly nonAnonymous: boolean;
  /** "" for none. */
  readonly password: string;
  readonly maxOccupants: number;
  /** May participants change the subject, or only moderators? */
  readonly changeSubject: boolean;
  /** May everybody invite, or only admins (members-only rooms) and moderators? */
  readonly allowInvites: boolean;
  readonly privateMessages: Circle;
  /** Is what is said kept for those who come later? */
  readonly archived: boolean;
  /** Messages shown to who joins and asks for no number. */
  readonly historyLength: number;
}

/** A new room: for the people it is made for, who see who they are. */
export const DEFAULT_ROOM_CONFIG: RoomConfig = {
  name: "",
  description: "",
  language: "",
  public: false,
  persistent: true,
  membersOnly: true,
  moderated: false,
  nonAnonymous: true,
  password: "",
  maxOccupants: 200,
  changeSubject: true,
  allowInvites: false,
  privateMessages: "anyone",
  archived: true,
  historyLength: 20,
};

/** Does a role belong to a circle? */
export function isWithin(role: Role, circle: Circle): boolean {
  if (role === "none" || circle === "none") return false;
  if (circle === "anyone" || role === "moderator") return true;
  return circle === "participants" && role === "participant";
}
