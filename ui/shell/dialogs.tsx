/** The dialogue that is open. One about a contact closes when the contact is gone. */
import type { ContactView } from "../api/views.ts";
import { OptionsDialog } from "../call/options_dialog.tsx";
import { AddDialog } from "../people/add_dialog.tsx";
import { ContactDialog } from "../people/contact_dialog.tsx";
import { ForgetDialog } from "../people/forget_dialog.tsx";
import { InviteDialog } from "../people/invite_dialog.tsx";
import { RemoveDialog } from "../people/remove_dialog.tsx";
import { VerifyDialog } from "../people/verify_dialog.tsx";
import { ForgetFileDialog } from "../files/forget_file_dialog.tsx";
import { SendFilesDialog } from "../files/send_files_dialog.tsx";
import { GroupDialogs } from "../groups/group_dialogs.tsx";
import { contacts } from "../store/contacts.ts";
import { dialog } from "../store/dialogs.ts";
import { RoomDialogs } from "../rooms/room_dialogs.tsx";
import { AddDeviceDialog } from "./add_device_dialog.tsx";
import { HelpDialog } from "./help_dialog.tsx";
import { SettingsDialog } from "./settings_dialog.tsx";

export function Dialogs() {
  const open = dialog.value;
  if (open === null) return null;
  switch (open.kind) {
    case "invite":
      return <InviteDialog />;
    case "add-contact":
      return <AddDialog />;
    case "add-device":
      return <AddDeviceDialog />;
    case "settings":
      return <SettingsDialog />;
    case "help":
      return <HelpDialog />;
    case "options":
      return <OptionsDialog call={open.call} />;
    case "send-files":
      return <SendFilesDialog place={open.place} chosen={open.chosen} />;
    case "forget-file":
      return <ForgetFileDialog id={open.file} />;
    case "new-room":
    case "leave-room":
    case "invite-to-room":
    case "room-subject":
      return <RoomDialogs open={open} />;
    case "leave-group":
    case "invite-to-group":
    case "expel":
      return <GroupDialogs open={open} />;
    default: {
      const contact = contacts.value.get(open.jid);
      return contact === undefined ? null : <AboutContact kind={open.kind} contact={contact} />;
    }
  }
}

function AboutContact(
  { kind, contact }: { kind: "contact" | "verify" | "remove" | "forget"; contact: ContactView },
) {
  if (kind === "contact") return <ContactDialog key={contact.jid} contact={contact} />;
  if (kind === "verify") return <VerifyDialog key={contact.jid} contact={contact} />;
  if (kind === "forget") return <ForgetDialog key={contact.jid} contact={contact} />;
  return <RemoveDialog key={contact.jid} contact={contact} />;
}
