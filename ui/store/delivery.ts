/** How far one's own message is, told by events and by answers that may come after them. */
import type { MessageView, RoomMessageView } from "../api/views.ts";

const PLACE = { pending: 0, sent: 1, failed: 1, delivered: 2, seen: 3 };

type Told = Pick<MessageView | RoomMessageView, "body" | "delivery">;

/**
 * Of what is known of a message and an answer about it, the one that is further on. An answer is
 * written before it comes: an event that overtook it says more. A text that differs is a correction,
 * whose way begins anew.
 */
export function further<T extends Told>(known: T | undefined, answer: T): T {
  if (known === undefined || known.delivery === null || answer.delivery === null) return answer;
  if (known.body !== answer.body) return answer;
  return PLACE[answer.delivery] < PLACE[known.delivery] ? known : answer;
}
