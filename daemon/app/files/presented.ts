import type { SealedSource } from "../../files/mod.ts";
import type { FileView } from "../../views/mod.ts";
import type { DisplaySource } from "../display/source.ts";

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
