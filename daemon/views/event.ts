import type { CallView } from "./call.ts";
import type { ContactView } from "./contact.ts";
import type { DisplaysView } from "./display.ts";
import type { GroupView } from "./group.ts";
import type { FileProgressView, FileView } from "./file.ts";
import type { MessageView } from "./message.ts";
import type { RoomMessageView, RoomView } from "./room.ts";
import type { StatusView } from "./status.ts";

/** What `/api/events` sends: the event's name and its JSON data. */
export type AppEvent =
  | { type: "status"; data: StatusView }
  | { type: "contact"; data: ContactView }
  | { type: "contact-removed"; data: { jid: string } }
  | { type: "chat-forgotten"; data: { jid: string } } // its messages are deleted
  | { type: "message"; data: MessageView } // new or changed, by id
  | { type: "room"; data: RoomView } // at most a few a second of one room
  | { type: "room-message"; data: RoomMessageView } // new or changed, by id
  | { type: "room-removed"; data: { jid: string } }
  | { type: "displays"; data: DisplaysView } // whenever anything of it is another
  | { type: "group"; data: GroupView } // at most a few a second of one group; ends with its room
  | { type: "file"; data: FileView } // new or changed, by id
  | { type: "file-progress"; data: FileProgressView } // a few times a second while it moves
  | { type: "file-removed"; data: { id: string; place: string } } // forgotten
  | { type: "call"; data: CallView } // at changes, and once a second while active
  | {
    type: "security";
    data: { at: number; code: string; message: string; contact: string | null };
  };
