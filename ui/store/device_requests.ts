/** Says once of each device that it asks to join the account. */
import { effect } from "@preact/signals";
import { text } from "../text/mod.ts";
import { openDialog } from "./dialogs.ts";
import { notify } from "./notices.ts";
import { status } from "./session.ts";

/** Follows the daemon's status from now on. */
export function followDeviceRequests(): void {
  const told = new Set<string>();
  effect(() => {
    const fresh = (status.value?.devices.requests ?? []).filter(({ id }) => !told.has(id));
    if (fresh.length === 0) return;
    for (const { id } of fresh) told.add(id);
    notify("security", text.devices.asks, {
      label: text.devices.look,
      run: () => openDialog({ kind: "settings" }),
    });
  });
}
