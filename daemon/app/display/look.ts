import { pictureSize } from "../../files/mod.ts";
import { HEAD, typeOf } from "./kind.ts";
import type { DisplaySource } from "./source.ts";

/** What a file's first bytes say of it. */
export async function look(open: () => Promise<DisplaySource>) {
  const source = await open();
  try {
    const head = await source.read(0, Math.min(HEAD, source.size));
    const found = typeOf(head);
    const pixels = found?.kind === "picture" ? pictureSize(head) : undefined;
    return { found, pixels, size: source.size };
  } finally {
    await source.close?.();
  }
}
