import { SimppdError } from "../base/mod.ts";
import type { AppEvent, RoomMessageView, RoomView } from "../views/mod.ts";
import type { LocalApi } from "./local_api.ts";
import { printable, printableBody } from "./printable.ts";
import { untilSignal } from "./signals.ts";
import type { Io } from "./verb.ts";

const PROTECTION: Readonly<Record<RoomView["encryption"], string>> = {
  none: "is not encrypted: its server can read everything here.",
  keystone: "is encrypted: only its members, and who keeps its keys, can read it.",
};

/**
 * A room as it is known.
 * @param encryption what the caller takes it for
 * @throws SimppdError `unknown-room`, `room-is-group`, `room-not-encrypted`
 */
export async function findRoom(
  api: LocalApi,
  jid: string,
  encryption: RoomView["encryption"],
): Promise<RoomView> {
  const found = (await api.ask<RoomView[]>("GET", "/api/rooms")).find((room) => room.jid === jid);
  if (found === undefined) {
    throw new SimppdError("unknown-room", `${jid} is not among your rooms; join it first.`);
  }
  if (found.encryption === encryption) return found;
  throw encryption === "none"
    ? new SimppdError("room-is-group", `${jid} is an encrypted group: use simppd group for it.`)
    : new SimppdError("room-not-encrypted", `${jid} is not encrypted: use simppd room for it.`);
}

/**
 * Prints what is said in a room, a line each (`json`: a view each), until the process is told to end
 * or the room is gone.
 * @param encryption what the caller takes the room for
 * @throws SimppdError as {@link findRoom}, `no-answer` when the daemon ended
 */
export async function watchRoom(
  api: LocalApi,
  jid: string,
  encryption: RoomView["encryption"],
  io: Io,
  json: boolean,
): Promise<null> {
  const over = new AbortController();
  const told = untilSignal();
  void told.signal.then(() => over.abort());
  try {
    const events = await api.events(over.signal);
    await findRoom(api, jid, encryption);
    if (!json) io.err(printable(`${jid} ${PROTECTION[encryption]}`));
    const print = (message: RoomMessageView) =>
      io.out(json ? JSON.stringify(message) : said(message));
    if (await follow(events, jid, print) || over.signal.aborted) return null;
    throw new SimppdError("no-answer", "simppd ended.");
  } catch (error) {
    if (over.signal.aborted) return null;
    throw error;
  } finally {
    told.stop();
    over.abort();
  }
}

/** @returns whether it ended because the room is gone */
async function follow(
  events: AsyncIterable<AppEvent>,
  jid: string,
  print: (message: RoomMessageView) => void,
): Promise<boolean> {
  // Ours come again when the room has them: printed once.
  const printed = new Set<string>();
  for await (const { type, data } of events) {
    if (type === "room-removed" && data.jid === jid) return true;
    if (type !== "room-message" || data.room !== jid || data.delivery === "pending") continue;
    if (data.mine && printed.has(data.id) && !data.edited) continue;
    if (data.mine) printed.add(data.id);
    print(data);
  }
  return false;
}

/** A room that is away: what was said is kept, so that nobody says it twice. */
export function notRepeated(within: number, cause: unknown): SimppdError {
  return new SimppdError(
    "timeout",
    `The room has not repeated the message within ${within / 1_000} s. simppd keeps it: once the ` +
      "room is back it is sent, or stands there as not sent (simppd chat, or the dashboard). Look " +
      "before you send it again.",
    cause,
  );
}

/** One line of a room for a terminal. */
export function said({ at, nick, kind, body, edited, link }: RoomMessageView): string {
  const who = kind === "notice"
    ? "*"
    : `<${printable(nick)}>${kind === "private" ? " (to you)" : ""}`;
  const marks = `${edited ? " (corrected)" : ""}${link === null ? "" : ` [${printable(link)}]`}`;
  return `${new Date(at).toISOString()} ${who} ${printableBody(body)}${marks}`;
}
