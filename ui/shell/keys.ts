/** Single keys, as the help dialogue lists them. Escape is the dialogues' own. */
import { toggleFullscreen } from "../call/call_controls.tsx";
import type { CallView } from "../api/views.ts";
import {
  acceptCall,
  declineCall,
  hangUp,
  keepPicture,
  laterCall,
  toChat,
  toggleCamera,
  toggleInfo,
  toStage,
} from "../store/call_actions.ts";
import { ringing, staged, stagePlace } from "../store/calls.ts";
import { dialog, openDialog } from "../store/dialogs.ts";
import { phase } from "../store/session.ts";

/**
 * Somebody who types when a call comes must not answer it with the next letter: keys answer once a
 * call has rung this long, and not within a run of keys.
 */
const ARM_MS = 1200;
const RUN_MS = 800;

type Keys = Readonly<Record<string, () => unknown>>;

function general(): Keys {
  return {
    "/": () => document.getElementById("search")?.focus(),
    "?": () => openDialog({ kind: "help" }),
  };
}

function answers(call: CallView): Keys {
  return {
    a: () => acceptCall(call.id, true),
    l: () => laterCall(call.id),
    d: () => declineCall(call.id),
  };
}

function inCall(call: CallView, stage: HTMLElement): Keys {
  return {
    v: () => toggleCamera(call),
    o: () => openDialog({ kind: "options", call: call.id }),
    i: toggleInfo,
    c: toChat,
    f: () => toggleFullscreen(stage),
    s: () => keepPicture(call),
    x: () => hangUp(call.id),
  };
}

function writing(target: EventTarget | null): boolean {
  return target instanceof Element &&
    target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select") !== null;
}

/** What keys do now. */
function current(rungFor: number, run: boolean): Keys {
  if (phase.value !== "ready") return {};
  const incoming = ringing.value;
  if (incoming !== null) return rungFor < ARM_MS || run ? {} : answers(incoming);
  if (dialog.value !== null) return {};
  const call = staged.value?.view;
  const stage = document.getElementById("stage");
  if (call === undefined || call.state === "ended") return general();
  if (stagePlace.value === "full" && stage !== null) {
    return { ...general(), ...inCall(call, stage) };
  }
  return { ...general(), c: toStage };
}

/** Listens from now on. */
export function followKeys(): void {
  let lastKey = 0;
  let rang: { id: string; since: number } | null = null;
  ringing.subscribe((call) => {
    if (call?.id !== rang?.id) rang = call === null ? null : { id: call.id, since: Date.now() };
  });
  addEventListener("keydown", (event) => {
    const at = Date.now();
    const run = at - lastKey < RUN_MS;
    lastKey = at;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (writing(event.target) || event.defaultPrevented) return;
    const act = current(rang === null ? 0 : at - rang.since, run)[event.key];
    if (act === undefined) return;
    event.preventDefault();
    void act();
  });
}
