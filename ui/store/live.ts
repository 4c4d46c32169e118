/** Keeps the stores with the daemon: loads everything when the stream opens, then follows it. */
import { batch } from "@preact/signals";
import { onSessionLost } from "../api/client.ts";
import { followEvents } from "../api/events.ts";
import { api } from "../api/routes.ts";
import { displayApi } from "../api/display_routes.ts";
import { groupApi } from "../api/group_routes.ts";
import { roomApi } from "../api/room_routes.ts";
import type { AppEvent, MessageView } from "../api/views.ts";
import { alertMention, alertMessage } from "./alerts.ts";
import { calls, leaveStage, putCall, replaceCalls } from "./calls.ts";
import { contacts, dropContact, putContact } from "./contacts.ts";
import { closeDialog } from "./dialogs.ts";
import { forgetDisplays, putDisplays } from "./displays.ts";
import {
  conversations,
  dropConversation,
  dropFileLine,
  loadNewest,
  putMessage,
} from "./messages.ts";
import { dropFile, forgetFiles, putFile, putProgress, reloadFiles } from "./files.ts";
import { dropGroup, groups, putGroup } from "./groups.ts";
import { dismissAll, report } from "./notices.ts";
import {
  dropRoomFile,
  dropRoomLog,
  loadNewestOf,
  putRoomMessage,
  roomLogs,
} from "./room_messages.ts";
import { dropRoom, putRoom, rooms } from "./rooms.ts";
import { selected, selectedRoom } from "./route.ts";
import { tellSecurity } from "./security_notices.ts";
import { connection, session, status } from "./session.ts";

/** Ids that events told of while a load was under way: the load's view of them is older. */
let touched: Set<string> | null = null;

function apply(event: AppEvent): void {
  switch (event.type) {
    case "status": {
      touched?.add("status");
      const before = status.value;
      status.value = event.data;
      if (before?.locked && !event.data.locked) void loadAll();
      if (event.data.locked) forgetAll();
      break;
    }
    case "chat-forgotten":
      dropConversation(event.data.jid);
      if (event.data.jid === selected.value) void loadNewest(event.data.jid);
      break;
    case "contact":
      touched?.add(event.data.jid);
      putContact(event.data);
      break;
    case "contact-removed":
      touched?.add(event.data.jid);
      dropContact(event.data.jid);
      dropConversation(event.data.jid);
      break;
    case "message":
      if (isNew(event.data)) alertMessage(event.data);
      putMessage(event.data);
      break;
    case "room":
      touched?.add(event.data.jid);
      putRoom(event.data);
      break;
    case "room-removed":
      touched?.add(event.data.jid);
      dropRoom(event.data.jid);
      dropRoomLog(event.data.jid);
      dropGroup(event.data.jid);
      break;
    case "group":
      touched?.add(`group ${event.data.jid}`);
      putGroup(event.data);
      break;
    case "room-message":
      alertMention(event.data);
      putRoomMessage(event.data);
      break;
    case "file":
      putFile(event.data);
      break;
    case "file-progress":
      putProgress(event.data);
      break;
    case "file-removed":
      dropFile(event.data.id);
      dropFileLine(event.data.place, event.data.id);
      dropRoomFile(event.data.place, event.data.id);
      break;
    case "displays":
      touched?.add("displays");
      putDisplays(event.data);
      break;
    case "call":
      touched?.add(event.data.id);
      putCall(event.data);
      break;
    case "security":
      tellSecurity(event.data);
      break;
  }
}

/** Newer than what the contact's row shows: not a change to an old message. */
function isNew(message: MessageView): boolean {
  return message.at >= (contacts.value.get(message.contact)?.last?.at ?? 0);
}

async function loadAll(): Promise<void> {
  const seen = touched = new Set<string>();
  try {
    const fresh = await api.status();
    if (!seen.has("status")) status.value = fresh;
    if (fresh.state !== "none") {
      const [people, running, entered, joined, shown] = await Promise.all([
        api.contacts(),
        api.calls(),
        roomApi.rooms(),
        groupApi.groups(),
        displayApi.list(),
      ]);
      batch(() => {
        const kept = [...contacts.value].filter(([jid]) => seen.has(jid));
        const gone = new Set([...seen].filter((jid) => !contacts.value.has(jid)));
        const loaded = people.filter(({ jid }) => !seen.has(jid) && !gone.has(jid));
        contacts.value = new Map([...loaded.map((c) => [c.jid, c] as const), ...kept]);
        const known = [...rooms.value].filter(([jid]) => seen.has(jid));
        const others = entered.filter(({ jid }) => !seen.has(jid));
        rooms.value = new Map([...others.map((room) => [room.jid, room] as const), ...known]);
        const fresh = joined.filter(({ jid }) => !seen.has(`group ${jid}`) && rooms.value.has(jid));
        const told = [...groups.value].filter(([jid]) => seen.has(`group ${jid}`));
        groups.value = new Map([...fresh.map((group) => [group.jid, group] as const), ...told]);
        replaceCalls(running, seen);
        if (!seen.has("displays")) putDisplays(shown);
      });
      for (const jid of conversations.value.keys()) {
        if (jid === selected.value) void loadNewest(jid);
        else dropConversation(jid);
      }
      reloadFiles();
      for (const jid of roomLogs.value.keys()) {
        if (jid === selectedRoom.value) void loadNewestOf(jid);
        else dropRoomLog(jid);
      }
    }
  } catch (error) {
    if (session.value !== "none") report(error);
  } finally {
    if (touched === seen) touched = null;
  }
}

/** Loads what only exists once there is an account: called when a first run has been completed. */
export function reload(): Promise<void> {
  return loadAll();
}

let stop = () => {};

/** Nothing of what was shown stays on the page. */
function forgetAll(): void {
  contacts.value = new Map();
  conversations.value = new Map();
  calls.value = new Map();
  forgetDisplays();
  rooms.value = new Map();
  groups.value = new Map();
  roomLogs.value = new Map();
  forgetFiles();
  leaveStage();
  closeDialog();
  dismissAll();
}

/** The session is over: nothing more comes. */
export function endSession(): void {
  stop();
  batch(() => {
    session.value = "none";
    forgetAll();
  });
}

/** Starts following; ends by itself when the session is lost. */
export function followDaemon(): void {
  onSessionLost(endSession);
  stop = followEvents({
    onOpen: () => {
      connection.value = "open";
      void loadAll();
    },
    onEvent: (event) => batch(() => apply(event)),
    onLost: () => {
      connection.value = "lost";
      // A stream that breaks does not say why: a request that is refused does.
      void api.status().catch(() => {});
    },
  });
}
