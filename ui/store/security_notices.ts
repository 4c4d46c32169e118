/** What happened to keys and could not be opened, said once: on the page, or in the chat alone. */
import type { AppEvent } from "../api/views.ts";
import { text } from "../text/mod.ts";
import { attention } from "./attention.ts";
import { withNames } from "./contacts.ts";
import { notify } from "./notices.ts";
import { openChat, selected } from "./route.ts";

type Security = Extract<AppEvent, { type: "security" }>["data"];

/** The open chat shows a line of its own; whoever looks at it is not told a second time. */
export function tellSecurity({ message, contact }: Security): void {
  if (contact !== null && contact === selected.value && attention.value) return;
  notify(
    "security",
    withNames(message),
    contact === null ? undefined : { label: text.devices.look, run: () => openChat(contact) },
  );
}
