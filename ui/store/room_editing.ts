/** Which message of one's own in a room is being corrected; one at a time. */
import { signal } from "@preact/signals";
import { groupApi } from "../api/group_routes.ts";
import { roomApi } from "../api/room_routes.ts";
import type { RoomMessageView } from "../api/views.ts";
import { putRoomAnswer, roomLogs } from "./room_messages.ts";

export const roomEditing = signal<RoomMessageView | null>(null);

/** The one message that may be corrected: the newest of one's own, once the room has it. */
export function correctableIn(jid: string): RoomMessageView | undefined {
  const own = roomLogs.value.get(jid)?.items.findLast((one) => one.mine && one.kind === "chat");
  return own?.delivery === "sent" ? own : undefined;
}

/** Corrects it, unless it says the same; done once the room has repeated it. @throws ApiError */
export async function correctIn(message: RoomMessageView, body: string): Promise<void> {
  if (body !== message.body) {
    // Each by the question of its kind: what was said sealed is never corrected in clear.
    const { correct } = message.encryption === "none" ? roomApi : groupApi;
    putRoomAnswer(await correct(message.room, message.id, body));
  }
  if (roomEditing.value?.id === message.id) roomEditing.value = null;
}
