/** What this browser remembers: theme, sounds, camera. Nothing here is a secret. */
import { effect, signal } from "@preact/signals";
import type { CameraOptions } from "../api/views.ts";

export type Theme = "system" | "light" | "dark";

export interface Preferences {
  theme: Theme;
  ringSound: boolean;
  /** The person said "not now" to notifications. */
  notificationsAsked: boolean;
  /** What was chosen for calls; what is absent the daemon chooses. */
  camera: Partial<CameraOptions>;
}

const KEY = "simppd";
const DEFAULTS: Preferences = {
  theme: "system",
  ringSound: true,
  notificationsAsked: false,
  camera: {},
};

function read(): Preferences {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { ...DEFAULTS, ...(kept as Partial<Preferences>) };
  } catch {
    return DEFAULTS; // storage is forbidden or holds something else
  }
}

export const preferences = signal<Preferences>(DEFAULTS);

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences.value));
  } catch {
    // Without storage the choice holds until the page is closed.
  }
}

/** Reads what was kept and keeps the page's theme with it. */
export function followPreferences(): void {
  preferences.value = read();
  effect(() => {
    const { theme } = preferences.value;
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  });
}
