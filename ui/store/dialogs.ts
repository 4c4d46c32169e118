/** Which dialogue is open. The invitation to a call is not one of these: it comes by itself. */
import { signal } from "@preact/signals";

export type DialogState =
  | { kind: "invite" | "add-contact" | "add-device" | "settings" | "help" }
  | { kind: "new-room" }
  | { kind: "leave-room" | "invite-to-room" | "room-subject"; room: string }
  | { kind: "leave-group" | "invite-to-group"; group: string }
  | { kind: "send-files"; place: string; chosen: readonly File[] }
  | { kind: "forget-file"; file: string; place: string }
  | { kind: "expel"; group: string; member: string }
  | { kind: "contact" | "verify" | "remove" | "forget"; jid: string }
  /** Camera options: of a call that goes on, or for those to come. */
  | { kind: "options"; call: string | null };

export const dialog = signal<DialogState | null>(null);

export function openDialog(state: DialogState): void {
  dialog.value = state;
}

export function closeDialog(): void {
  dialog.value = null;
}
