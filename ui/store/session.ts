/** Whether this page may talk to the daemon, and whether it can. */
import { computed, signal } from "@preact/signals";
import type { StatusView } from "../api/views.ts";

/** unknown: not asked yet. none: the daemon wants a launch link. */
export const session = signal<"unknown" | "open" | "none">("unknown");

/** A launch link was tried and refused: it was used before, or too old. */
export const launchRefused = signal(false);

/** lost: the event stream is broken and being opened again. */
export const connection = signal<"opening" | "open" | "lost">("opening");

export const status = signal<StatusView | null>(null);

/** Whether the daemon hears from its server, as far as this page hears from the daemon. */
export const online = computed(() =>
  connection.value !== "lost" && status.value?.state === "online"
);

/** Others are let in, and yet invitations name no address that leads them here. */
export const namesNobody = computed(() => {
  const { server, account } = status.value ?? {};
  return server?.host === "0.0.0.0" &&
    (account?.hosts ?? []).every((host) => host.startsWith("127."));
});

/** Only who carries the server makes invitations here. */
export const canInvite = computed(() => (status.value?.server ?? null) !== null);

export type Phase = "loading" | "no-session" | "locked" | "setup" | "ready";

/** Which of the dashboard's faces is shown. */
export const phase = computed<Phase>(() => {
  if (session.value === "none") return "no-session";
  if (status.value === null) return "loading";
  if (status.value.locked) return "locked";
  return status.value.state === "none" ? "setup" : "ready";
});
