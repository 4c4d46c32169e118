import { SimppdError, sizeText } from "../../base/mod.ts";
import { type Way, WAY_KINDS, type WayKind } from "../../files/mod.ts";
import type { FileWayView } from "../../views/mod.ts";
import type { AppFilesOptions } from "./surroundings.ts";

const TO_GROUP: readonly WayKind[] = ["upload", "group"];
const TO_ONE: readonly WayKind[] = ["direct", "upload", "ibb"];

/** By which ways files can go to a contact or group at all, and how large they may be there. */
export async function waysTo(
  { ways, groups, allowedWays }: Pick<AppFilesOptions, "ways" | "groups" | "allowedWays">,
  peer: string,
): Promise<FileWayView[]> {
  const kinds = groups.has(peer) ? TO_GROUP : TO_ONE;
  const allowed = allowedWays(peer, true);
  const possible = ways.filter(({ kind }) => kinds.includes(kind) && allowed.includes(kind))
    .toSorted((a, b) => WAY_KINDS.indexOf(a.kind) - WAY_KINDS.indexOf(b.kind));
  return await Promise.all(
    possible.map(async (way) => ({ kind: way.kind, largest: await largest(way, peer) })),
  );
}

/** null, too, where that cannot be told now. */
async function largest(way: Way, peer: string): Promise<number | null> {
  try {
    return await way.largest?.(peer) ?? null;
  } catch {
    return null;
  }
}

/**
 * Checks before a byte is read that a file can go there.
 * @param sealedSize bytes that it has when it is sealed
 * @throws SimppdError `bad-input` for ways that do not lead there, `file-too-large`
 */
export function checkReach(
  possible: readonly FileWayView[],
  wanted: readonly WayKind[] | undefined,
  sealedSize: number,
): void {
  const known = possible.map(({ kind }) => kind);
  const wrong = wanted?.filter((kind) => !known.includes(kind)) ?? [];
  if (wrong.length > 0) {
    throw new SimppdError(
      "bad-input",
      `No file goes there by ${wrong.join(" or ")}; it can go by ${
        known.join(" or ") || "no way"
      }.`,
    );
  }
  const left = possible.filter(({ kind }) => wanted?.includes(kind) ?? true);
  const most = Math.max(...left.map((way) => way.largest ?? Infinity));
  if (left.length === 0 || sealedSize <= most) return;
  const by = wanted === undefined ? "" : ` by ${wanted.join(" or ")}`;
  throw new SimppdError(
    "file-too-large",
    most === 0
      ? `No file can go there${by}: your server takes none.`
      : `A file that goes there${by} may have about ${sizeText(most)}; this one is larger.`,
  );
}
