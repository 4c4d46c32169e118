/** Which message of one's own is being corrected; one at a time. */
import { signal } from "@preact/signals";
import { api } from "../api/routes.ts";
import type { MessageView } from "../api/views.ts";
import { conversations, putAnswer } from "./messages.ts";

export const editing = signal<MessageView | null>(null);

/** The one message that may be corrected: the newest of one's own, unless it failed. */
export function correctable(jid: string): MessageView | undefined {
  const own = conversations.value.get(jid)?.items.findLast((one) =>
    one.mine && one.kind === "chat"
  );
  return own?.delivery === "failed" ? undefined : own;
}

/** Corrects it, unless it says the same. @throws ApiError */
export async function correct(message: MessageView, body: string): Promise<void> {
  if (body !== message.body) {
    putAnswer(await api.correctMessage(message.contact, message.id, body));
  }
  if (editing.value?.id === message.id) editing.value = null;
}
