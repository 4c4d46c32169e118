import { SimppdError } from "../base/mod.ts";
import type { Problem } from "../views/mod.ts";
import type { RoomEvent } from "../xmpp/client/mod.ts";
import { StanzaError } from "../xmpp/core/mod.ts";
import { shown } from "./room_log.ts";

const REFUSALS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  "registration-required": ["room-members-only", "The room is for members; ask to be invited."],
  "forbidden": ["room-forbidden", "The room does not allow this to you."],
  "not-allowed": ["room-not-allowed", "The room does not allow this."],
  "not-authorized": ["room-password", "The room wants another password."],
  "conflict": ["room-nick-taken", "Somebody in the room has this name already; choose another."],
  "item-not-found": ["no-such-room", "There is no such room."],
  "gone": ["no-such-room", "The room is not there any more."],
  "service-unavailable": ["room-full", "The room is full, or its server has no rooms."],
  "remote-server-not-found": ["room-unreachable", "The room's server was not found."],
  "remote-server-timeout": ["room-unreachable", "The room's server does not answer."],
};

/** What a room's refusal means to a person; every other error stays as it is. */
export function roomError(error: unknown): unknown {
  if (!(error instanceof StanzaError)) return error;
  const [code, message] = REFUSALS[error.condition] ?? ["room-refused", error.publicMessage];
  return new SimppdError(code, message, error);
}

/** Is there hope in trying again later by ourselves? */
export function isPassing(error: unknown): boolean {
  if (error instanceof StanzaError) {
    return error.type === "wait" || error.condition.startsWith("remote-server") ||
      error.condition === "service-unavailable";
  }
  return error instanceof SimppdError &&
    ["timeout", "not-online", "cancelled", "closed"].includes(error.code);
}

type Out = Extract<RoomEvent, { kind: "out" }>;

const EXITS: Partial<Record<Out["why"], readonly [code: string, message: string]>> = {
  kicked: ["room-kicked", "You were removed from the room; you may enter again"],
  banned: ["room-banned", "You were banned from the room"],
  "not-member": ["room-not-member", "You are no member of the room any more"],
  destroyed: ["room-destroyed", "The room was ended for good"],
  flood: ["room-floods", "The room sent far too much at once and was left"],
};

/** Why we are out for good; undefined where entering again by ourselves is right. */
export function exitProblem({ why, circumstances: { by, reason } }: Out): Problem | undefined {
  const known = EXITS[why];
  if (known === undefined) return undefined;
  const who = by === undefined ? "" : `, by ${shown(by)}`;
  const said = reason === undefined ? "" : `: “${shown(reason)}”`;
  return { code: known[0], message: `${known[1]}${who}${said}.` };
}
