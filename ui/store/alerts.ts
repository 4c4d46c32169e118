/** Ring, browser notifications and the title: how the page calls for attention. */
import { effect, signal } from "@preact/signals";
import type { CallView, MessageView, RoomMessageView } from "../api/views.ts";
import { text } from "../text/mod.ts";
import { ringing } from "./calls.ts";
import { nameOfJid, unreadTotal } from "./contacts.ts";
import { preferences } from "./preferences.ts";
import { Ringer } from "./ringer.ts";
import { nameOfRoom, rooms, roomUnreadTotal } from "./rooms.ts";
import { kiosk, openChat, openRoom } from "./route.ts";

export const notificationState = signal<NotificationPermission | "missing">("missing");

/** The browser wants a click before it makes a sound. */
export const soundBlocked = signal(false);

export async function requestNotifications(): Promise<void> {
  notificationState.value = await Notification.requestPermission();
}

function show(title: string, body: string, tag: string, open: () => void): Notification | null {
  if (notificationState.value !== "granted" || document.visibilityState === "visible") return null;
  try {
    const shown = new Notification(title, { body, tag });
    shown.onclick = () => {
      focus();
      open();
      shown.close();
    };
    return shown;
  } catch {
    return null; // some mobile browsers allow notifications to service workers only
  }
}

/** Tells of a new message while the page is in the background; its text stays on the page. */
export function alertMessage(message: MessageView): void {
  if (message.mine || (message.kind !== "chat" && message.kind !== "file")) return;
  show(
    text.notify.message(nameOfJid(message.contact)),
    text.notify.messageBody,
    `message ${message.contact}`,
    () => openChat(message.contact),
  );
}

/** Mentions that were told of, so that a message that changes is not told of again. */
const mentioned = new Set<string>();

/** Tells that one was named in a room; its other messages are counted only. */
export function alertMention({ id, room, mention }: RoomMessageView): void {
  if (!mention || mentioned.has(id)) return;
  if (mentioned.size >= 1000) mentioned.clear();
  mentioned.add(id);
  const name = nameOfRoom(rooms.value.get(room) ?? { jid: room, name: "" });
  show(
    text.rooms.notifyMention(name),
    text.rooms.notifyBody,
    `room ${room}`,
    () => openRoom(room),
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
    // A wall shows files; who is called hears it at their own dashboard.
    if (call !== null && preferences.value.ringSound && !kiosk.value) ringer.start();
    else ringer.stop();
    if (call?.id === notified?.id) return;
    notified?.shown?.close();
    notified = call === null ? null : {
      id: call.id,
      shown: show(
        text.notify.call(callName(call)),
        text.notify.callBody,
        `call ${call.id}`,
        () => openChat(call.contact),
      ),
    };
  });
  effect(() => {
    const call = ringing.value;
    const unread = unreadTotal.value + roomUnreadTotal.value;
    const count = unread > 0 ? `(${unread}) ` : "";
    document.title = call === null
      ? `${count}${text.app.name}`
      : `${text.notify.call(callName(call))} · ${text.app.name}`;
  });
}
