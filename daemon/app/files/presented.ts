import type { SealedSource } from "../../files/mod.ts";
import type { FileView } from "../../views/mod.ts";
import { DISPLAY_LIMITS } from "../display/limits.ts";
import { bytesWithin, type DisplaySource } from "../display/source.ts";
import type { AppFiles } from "./files.ts";

/** A sealed file as what is shown, or saved: only what is asked for is opened. */
export function sourceOf({ name, type }: FileView, source: SealedSource): DisplaySource {
  return {
    name,
    type: type ?? "",
    size: source.size,
    read: (offset, length) => source.read(offset, length),
    close: () => source.close(),
  };
}

/** Sends a file whose size nobody told, marked for display: it is held in memory until it is sealed. */
export async function presentedFile(
  files: AppFiles,
  { to, name, bytes }: { to: string; name: string; bytes: ReadableStream<Uint8Array> },
): Promise<{ id: string }> {
  const held = await bytesWithin(bytes, DISPLAY_LIMITS.own);
  const source = { size: held.length, bytes: ReadableStream.from([held]) };
  return await files.send({ to, name, ...source, display: true });
}
