/** What was said in rooms, as far as it is loaded; oldest first. */
import { signal } from "@preact/signals";
import { groupApi } from "../api/group_routes.ts";
import { roomApi } from "../api/room_routes.ts";
import type { RoomMessageView, RoomView } from "../api/views.ts";
import { further } from "./delivery.ts";
import { report } from "./notices.ts";

export interface RoomLog {
  items: readonly RoomMessageView[];
  /** No older message exists. */
  complete: boolean;
  loading: boolean;
}

const PAGE = 50;
const EMPTY: RoomLog = { items: [], complete: false, loading: false };

export const roomLogs = signal<ReadonlyMap<string, RoomLog>>(new Map());

/** Texts typed and not sent, by room. */
export const roomDrafts = new Map<string, string>();

function put(jid: string, log: RoomLog): void {
  roomLogs.value = new Map(roomLogs.value).set(jid, log);
}

function merge(
  old: readonly RoomMessageView[],
  fresh: readonly RoomMessageView[],
): readonly RoomMessageView[] {
  const byId = new Map(old.map((message) => [message.id, message]));
  for (const message of fresh) byId.set(message.id, further(byId.get(message.id), message));
  return [...byId.values()].sort((a, b) => a.at - b.at || Number(a.id) - Number(b.id));
}

/** Something was said, or became another. Rooms never opened are loaded when they are. */
export function putRoomMessage(message: RoomMessageView): void {
  const log = roomLogs.value.get(message.room);
  if (log === undefined) return;
  const others = log.items.filter(({ id }) => id !== message.id);
  put(message.room, { ...log, items: merge(others, [message]) });
}

/** The answer to what was said or corrected here; events may have come before it. */
export function putRoomAnswer(message: RoomMessageView): void {
  const known = roomLogs.value.get(message.room)?.items.find(({ id }) => id === message.id);
  putRoomMessage(further(known, message));
}

/** Removes the line of a file that was forgotten. */
export function dropRoomFile(jid: string, file: string): void {
  const log = roomLogs.value.get(jid);
  if (log === undefined) return;
  put(jid, { ...log, items: log.items.filter((line) => line.file !== file) });
}

async function load(jid: string, before?: string): Promise<void> {
  const known = roomLogs.value.get(jid) ?? EMPTY;
  if (known.loading) return;
  put(jid, { ...known, loading: true });
  try {
    const from = before === undefined ? {} : { before };
    const page = await roomApi.messages(jid, { ...from, limit: PAGE });
    const now = roomLogs.value.get(jid) ?? EMPTY;
    const complete = page.length < PAGE || (before === undefined && now.complete);
    put(jid, { items: merge(now.items, page), complete, loading: false });
  } catch (error) {
    put(jid, { ...(roomLogs.value.get(jid) ?? EMPTY), loading: false });
    report(error);
  }
}

export function loadNewestOf(jid: string): Promise<void> {
  return load(jid);
}

export async function loadOlderOf(jid: string): Promise<void> {
  const log = roomLogs.value.get(jid);
  const oldest = log?.items[0];
  if (log === undefined || log.complete || oldest === undefined) return;
  await load(jid, oldest.id);
}

/** Each kind by its own question: what is shown as encrypted is never sent in clear. */
export async function say({ jid, encryption }: RoomView, body: string): Promise<void> {
  const way = encryption === "keystone" ? groupApi : roomApi;
  putRoomAnswer(await way.send(jid, body));
}

export function dropRoomLog(jid: string): void {
  const left = new Map(roomLogs.value);
  left.delete(jid);
  roomLogs.value = left;
  roomDrafts.delete(jid);
}
