/** Ring, browser notifications and the title: how the page calls for attention. */
import { effect, signal } from "@preact/signals";
import type { CallView, MessageView } from "../api/views.ts";
import { text } from "../text/mod.ts";
import { ringing } from "./calls.ts";
import { nameOfJid, unreadTotal } from "./contacts.ts";
import { preferences } from "./preferences.ts";
import { Ringer } from "./ringer.ts";
import { openChat } from "./route.ts";

export const notificationState = signal<NotificationPermission | "missing">("missing");

/** The browser wants a click before it makes a sound. */
export const soundBlocked = signal(false);

export async function requestNotifications(): Promise<void> {
  notificationState.value = await Notification.requestPermission();
}

function show(title: string, body: string, tag: string, jid: string): Notification | null {
  if (notificationState.value !== "granted" || document.visibilityState === "visible") return null;
  try {
    const shown = new Notification(title, { body, tag });
    shown.onclick = () => {
      focus();
      openChat(jid);
      shown.close();
    };
    return shown;
  } catch {
    return null; // some mobile browsers allow notifications to service workers only
  }
}

/** Tells of a new message while the page is in the background; its text stays on the page. */
export function alertMessage(message: MessageView): void {
  if (message.mine || message.kind !== "chat") return;
  show(
    text.notify.message(nameOfJid(message.contact)),
    text.notify.messageBody,
    `message ${message.contact}`,
    message.contact,
  );
}

function callName(call: CallView): string {
  return call.name === "" ? nameOfJid(call.contact) : call.name;
}

/** Rings, notifies and keeps the title from now on. */
export function followAlerts(): void {
  notificationState.value = "Notification" in globalThis ? Notification.permission : "missing";
  const ringer = new Ringer((blocked) => soundBlocked.value = blocked);
  let notified: { id: string; shown: Notification | null } | null = null;

  effect(() => {
    const call = ringing.value;
    if (call !== null && preferences.value.ringSound) ringer.start();
    else ringer.stop();
    if (call?.id === notified?.id) return;
    notified?.shown?.close();
    notified = call === null ? null : {
      id: call.id,
      shown: show(
        text.notify.call(callName(call)),
        text.notify.callBody,
        `call ${call.id}`,
        call.contact,
      ),
    };
  });
  effect(() => {
    const call = ringing.value;
    const unread = unreadTotal.value;
    const count = unread > 0 ? `(${unread}) ` : "";
    document.title = call === null
      ? `${count}${text.app.name}`
      : `${text.notify.call(callName(call))} · ${text.app.name}`;
  });
}
