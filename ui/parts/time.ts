/** Times as people read them, in the browser's language. */
import { signal } from "@preact/signals";
import { text } from "../text/mod.ts";

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const SHORT = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const LONG = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
});
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const DAY_MS = 86_400_000;

/** The present, twice a second while something on the page ages. */
export const now = signal(Date.now());
let watchers = 0;
let ticking: ReturnType<typeof setInterval> | undefined;

/** Keeps {@link now} moving until the returned function is called. */
export function tick(): () => void {
  now.value = Date.now();
  if (++watchers === 1) ticking = setInterval(() => now.value = Date.now(), 500);
  return () => {
    if (--watchers === 0) clearInterval(ticking);
  };
}

/** A number that is the same for all times of one local day. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

export function clock(at: number): string {
  return CLOCK.format(at);
}

export function when(at: number): string {
  return WHEN.format(at);
}

/** For day separators. */
export function dayName(at: number, today = Date.now()): string {
  const days = Math.round((dayOf(today) - dayOf(at)) / DAY_MS);
  if (days === 0) return text.chat.today;
  if (days === 1) return text.chat.yesterday;
  return LONG.format(at);
}

/** For the contacts list: the clock today, the weekday this week, else the date. */
export function shortTime(at: number, today = Date.now()): string {
  const days = Math.round((dayOf(today) - dayOf(at)) / DAY_MS);
  if (days === 0) return CLOCK.format(at);
  return days < 7 ? WEEKDAY.format(at) : SHORT.format(at);
}

/** `m:ss` or `h:mm:ss`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((n) =>
    String(n).padStart(2, "0")
  );
  const hours = Math.floor(seconds / 3600);
  return hours > 0 ? `${hours}:${parts.join(":")}` : parts.join(":").replace(/^0/, "");
}
