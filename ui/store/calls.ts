/** Calls, which of them is on the stage, and which one rings. */
import { computed, signal } from "@preact/signals";
import type { CallState, CallView } from "../api/views.ts";
import { selected, selectedRoom } from "./route.ts";

/** A call as last told, and when: the daemon tells once a second, ageing goes on between. */
export interface HeardCall {
  view: CallView;
  heardAt: number;
}

export const calls = signal<ReadonlyMap<string, HeardCall>>(new Map());

/** The call the stage shows; an ended one stays until it is closed. */
export const stageId = signal<string | null>(null);

/** The person chats: the call is shown small. */
export const minimised = signal(false);
export const infoOpen = signal(false);

const ON_STAGE: readonly CallState[] = ["calling", "connecting", "active"];

export function isLive(call: CallView): boolean {
  return call.state !== "ended";
}

export function putCall(view: CallView): void {
  calls.value = new Map(calls.value).set(view.id, { view, heardAt: Date.now() });
  if (!ON_STAGE.includes(view.state) || stageId.value === view.id) return;
  const shown = stageId.value === null ? undefined : calls.value.get(stageId.value);
  if (shown === undefined || !isLive(shown.view)) {
    stageId.value = view.id;
    minimised.value = false;
  }
}

/** After the daemon was away: calls it no longer knows are gone. */
export function replaceCalls(views: readonly CallView[], touched: ReadonlySet<string>): void {
  const kept = [...calls.value].filter(([id]) => touched.has(id));
  calls.value = new Map(kept);
  for (const view of views) if (!touched.has(view.id)) putCall(view);
  if (stageId.value !== null && !calls.value.has(stageId.value)) stageId.value = null;
}

export const staged = computed<HeardCall | null>(() =>
  stageId.value === null ? null : calls.value.get(stageId.value) ?? null
);

const all = computed(() => [...calls.value.values()].map((heard) => heard.view));

/** The oldest call that rings here. */
export const ringing = computed<CallView | null>(() =>
  all.value.filter((call) => call.state === "ringing")
    .sort((a, b) => a.startedAt - b.startedAt)[0] ?? null
);

/** Calls put aside, which may still be accepted. */
export const putAside = computed(() => all.value.filter((call) => call.state === "later"));

/** A call goes on: another cannot be started. */
export const busy = computed(() => all.value.some((call) => ON_STAGE.includes(call.state)));

/** Where the stage is: over its contact's chat or none, small beside another chat, or nowhere. */
export const stagePlace = computed<"full" | "mini" | "none">(() => {
  const call = staged.value?.view;
  if (call === undefined) return "none";
  const elsewhere = selectedRoom.value !== null ||
    (selected.value !== null && selected.value !== call.contact);
  if (!minimised.value && !elsewhere) return "full";
  return call.state === "ended" ? "none" : "mini";
});

export function leaveStage(): void {
  stageId.value = null;
  minimised.value = false;
  infoOpen.value = false;
}

/** Milliseconds since the last remote picture, aged to `now`; null before the first. */
export function pictureAge(heard: HeardCall, now: number): number | null {
  const told = heard.view.info?.sinceLastFrameMs ?? null;
  return told === null ? null : told + Math.max(0, now - heard.heardAt);
}
