/** Files by id, as far as they are loaded, and how far those are that move. */
import { batch, signal } from "@preact/signals";
import { ApiError } from "../api/client.ts";
import { fileApi, type SendOptions } from "../api/file_routes.ts";
import type { FileProgressView, FileView } from "../api/views.ts";
import { report } from "./notices.ts";

/** null: it is not there any more. */
export const files = signal<ReadonlyMap<string, FileView | null>>(new Map());
export const progress = signal<ReadonlyMap<string, FileProgressView>>(new Map());

/** What is handed over of each place, one after another: files arrive in the order of choosing. */
const handing = new Map<string, Promise<void>>();

const loaded = new Map<string, Promise<void>>();

export function putFile(file: FileView): void {
  batch(() => {
    files.value = new Map(files.value).set(file.id, file);
    if (file.progress === null) dropProgress(file.id);
    else putProgress(file.progress);
  });
}

export function putProgress(of: FileProgressView): void {
  progress.value = new Map(progress.value).set(of.id, of);
}

function dropProgress(id: string): void {
  if (!progress.value.has(id)) return;
  const left = new Map(progress.value);
  left.delete(id);
  progress.value = left;
}

export function dropFile(id: string): void {
  files.value = new Map(files.value).set(id, null);
  dropProgress(id);
}

/** Nothing that was loaded stays. */
export function forgetFiles(): void {
  loaded.clear();
  files.value = new Map();
  progress.value = new Map();
}

/** Looks anew at what was loaded: the daemon was away. */
export function reloadFiles(): void {
  for (const place of loaded.keys()) loaded.set(place, load(place));
}

/** Sees to it that a file of a chat or group is here. */
export async function needFile(place: string, id: string): Promise<void> {
  if (files.peek().has(id)) return;
  let all = loaded.get(place);
  if (all === undefined) loaded.set(place, all = load(place));
  await all;
  if (files.peek().has(id)) return;
  try {
    putFile(await fileApi.file(id));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) dropFile(id);
    else report(error);
  }
}

async function load(place: string): Promise<void> {
  try {
    const found = await fileApi.files(place);
    batch(() => found.forEach(putFile));
  } catch (error) {
    loaded.delete(place);
    report(error);
  }
}

/** Hands files to the daemon, one after another; what is not taken is told. */
export function sendFiles(
  place: string,
  chosen: readonly File[],
  options: SendOptions,
): Promise<void> {
  const all = (handing.get(place) ?? Promise.resolve()).then(async () => {
    for (const file of chosen) {
      try {
        const sent = await fileApi.send(place, file, options);
        // Its event came first, and others after it: the answer is older than they are.
        if (!files.peek().has(sent.id)) putFile(sent);
      } catch (error) {
        report(error);
      }
    }
  });
  handing.set(place, all);
  return all;
}

/** Has the browser save a file under its name. */
export async function saveFile({ id, name }: FileView): Promise<void> {
  const { ticket } = await fileApi.ticket(id);
  const link = document.createElement("a");
  link.href = `/files/${encodeURIComponent(id)}/save?${new URLSearchParams({ ticket })}`;
  link.download = name;
  link.click();
}
