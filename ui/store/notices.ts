/** Short notes at the edge of the page: errors, confirmations, security events. */
import { signal } from "@preact/signals";
import { ApiError } from "../api/client.ts";
import { withNames } from "./contacts.ts";
import { text } from "../text/mod.ts";

export interface Notice {
  id: number;
  tone: "info" | "error" | "security";
  message: string;
  /** A button beside it; it also dismisses the note. */
  action?: { label: string; run(): void };
}

const SHOWN_MS = 6000;
const MOST = 4;

export const notices = signal<readonly Notice[]>([]);
let next = 1;

/** Nothing that was said stays, as when the daemon is locked. */
export function dismissAll(): void {
  notices.value = [];
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Shows a note. Security notes stay until they are dismissed. */
export function notify(
  tone: Notice["tone"],
  message: string,
  action?: NonNullable<Notice["action"]>,
): void {
  const id = next++;
  const notice = { id, tone, message, ...action === undefined ? {} : { action } };
  notices.value = [...notices.value.slice(1 - MOST), notice];
  if (tone !== "security") setTimeout(() => dismiss(id), SHOWN_MS);
}

/** What went wrong, as a sentence. */
export function sentence(error: unknown): string {
  if (error instanceof ApiError && error.code === "unreachable") return text.errors.unreachable;
  if (error instanceof ApiError && error.status === 401) return text.errors.session;
  return withNames(error instanceof Error ? error.message : String(error));
}

export function report(error: unknown): void {
  notify("error", sentence(error));
}
