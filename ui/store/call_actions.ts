/** What a person does to a call. */
import { api, snapshotUrl } from "../api/routes.ts";
import type { CallView, CameraOptions } from "../api/views.ts";
import { text } from "../text/mod.ts";
import { infoOpen, minimised, putCall, staged, stageId } from "./calls.ts";
import { nameOfJid } from "./contacts.ts";
import { notify, report } from "./notices.ts";
import { preferences } from "./preferences.ts";
import { openChat } from "./route.ts";

async function attempt(work: () => Promise<CallView>): Promise<CallView | null> {
  try {
    const call = await work();
    putCall(call);
    return call;
  } catch (error) {
    report(error);
    return null;
  }
}

function show(call: CallView | null): void {
  if (call === null) return;
  stageId.value = call.id;
  minimised.value = false;
  openChat(call.contact);
}

/** Calls a contact with the camera this browser prefers. */
export async function startCall(contact: string): Promise<void> {
  show(await attempt(() => api.startCall(contact, preferences.value.camera)));
}

/** @param camera false: accept without showing oneself */
export async function acceptCall(id: string, camera: boolean): Promise<void> {
  const options = camera
    ? preferences.value.camera
    : { ...preferences.value.camera, camera: "off" };
  show(await attempt(() => api.acceptCall(id, options)));
}

export const declineCall = (id: string) => attempt(() => api.declineCall(id));
export const laterCall = (id: string) => attempt(() => api.laterCall(id));
export const hangUp = (id: string) => attempt(() => api.hangUp(id));

export function changeCall(id: string, options: Partial<CameraOptions>): Promise<CallView | null> {
  return attempt(() => api.changeCall(id, options));
}

/** The camera to go back to when it was turned off in the call. */
const before = new Map<string, string>();

/** Turns the camera of a running call off, or on again as it was. */
export async function toggleCamera(call: CallView): Promise<void> {
  if (call.options.camera !== "off") {
    before.set(call.id, call.options.camera);
    await changeCall(call.id, { camera: "off" });
    return;
  }
  const known = before.get(call.id) ?? preferences.value.camera.camera;
  if (known !== undefined && known !== "off") {
    await changeCall(call.id, { camera: known });
    return;
  }
  try {
    const [first] = await api.cameras();
    await changeCall(call.id, { camera: first?.spec ?? "test" });
  } catch (error) {
    report(error);
  }
}

/** Lets the person keep the newest remote picture as a file. */
export async function keepPicture(call: CallView): Promise<void> {
  try {
    const answer = await fetch(await snapshotUrl(call.id), { cache: "no-store" });
    if (!answer.ok) throw new Error(text.errors.snapshot);
    const url = URL.createObjectURL(await answer.blob());
    const link = document.createElement("a");
    link.href = url;
    const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
    const who = nameOfJid(call.contact).replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 60);
    link.download = `${who}_${stamp}.jpg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    notify("info", text.call.kept(link.download));
  } catch {
    notify("error", text.errors.snapshot);
  }
}

/** Shows the call large, from wherever the person is. */
export function toStage(): void {
  const call = staged.value?.view;
  if (call === undefined) return;
  minimised.value = false;
  openChat(call.contact);
}

export function toChat(): void {
  minimised.value = true;
}

export function toggleInfo(): void {
  infoOpen.value = !infoOpen.value;
}
