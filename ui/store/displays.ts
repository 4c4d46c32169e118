/** What is shown on the stage, and whether the stage is open. */
import { computed, signal } from "@preact/signals";
import type { DisplayItemView, DisplaysView } from "../api/views.ts";
import { nameOfJid } from "./contacts.ts";
import { nameOfRoom, rooms } from "./rooms.ts";
import { stageOpen } from "./route.ts";

/** null before it was loaded. */
export const displays = signal<DisplaysView | null>(null);

/** The one of several that the person chose to see; its newest follower takes its place. */
const chosen = signal<string | null>(null);

/** On the stage, newest first: one for each group or contact. */
export const showing = computed<readonly DisplayItemView[]>(() =>
  displays.value?.items.filter(({ state }) => state === "showing") ?? []
);

/** What waits for the person to open it. */
export const waiting = computed<readonly DisplayItemView[]>(() =>
  displays.value?.items.filter(({ state, available }) => state === "withheld" && available) ?? []
);

/** The one that is seen. */
export const current = computed<DisplayItemView | undefined>(() =>
  showing.value.find(({ id }) => id === chosen.value) ?? showing.value[0]
);

/** Takes what the daemon says. A file that newly is shown opens the stage, and is what is seen. */
export function putDisplays(fresh: DisplaysView): void {
  const before = new Set(showing.value.map(({ id }) => id));
  const loaded = displays.value !== null;
  displays.value = fresh;
  const added = showing.value.find(({ id }) => !before.has(id));
  if (added !== undefined) {
    if (loaded) chosen.value = added.id;
    stageOpen.value ??= "by-itself";
  } else if (showing.value.length === 0 && stageOpen.value === "by-itself") {
    stageOpen.value = null;
  }
}

export function forgetDisplays(): void {
  displays.value = stageOpen.value = chosen.value = null;
}

export function choose(id: string): void {
  chosen.value = id;
}

export function openStage(): void {
  stageOpen.value = "by-person";
}

export function closeStage(): void {
  stageOpen.value = null;
}

/** Group or contact where a file is shown, as the person calls it; null: this machine. */
export function nameOfPlace({ place }: DisplayItemView): string | null {
  if (place === null) return null;
  const room = rooms.value.get(place);
  return room === undefined ? nameOfJid(place) : nameOfRoom(room);
}
