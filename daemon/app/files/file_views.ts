import { toBase64 } from "../../base/mod.ts";
import { pretends, type Transfer, type TransferProgress } from "../../files/mod.ts";
import type { FileView } from "../../views/mod.ts";

/**
 * A transfer as people see it.
 * @param own our bare JID
 */
export function fileView(
  transfer: Transfer,
  progress: TransferProgress | undefined,
  own: string,
): FileView {
  const { id, peer, sender, mine, descriptor, type, at, state, problem, kept, sealed } = transfer;
  const { name, size, thumbnail, key, display, sources } = descriptor;
  const from = mine ? own : sender;
  const moves = progress !== undefined && progress.bytes < progress.total &&
    ["waiting", "transferring", "offered"].includes(state);
  const here = kept && key !== undefined && (mine ? sealed : state === "done");
  // A browser makes room for what a picture is, whatever its sender said it is.
  const { width, height } = here && !mine ? transfer.pixels ?? {} : descriptor;
  return {
    id,
    place: peer,
    from,
    mine: from === own,
    name,
    type,
    declared: descriptor.type,
    pretends: type !== null && pretends(name, type),
    size,
    width: width ?? null,
    height: height ?? null,
    thumbnail: thumbnail === undefined ? null : toBase64(thumbnail),
    at,
    state,
    progress: moves && progress.bytes > 0 ? { ...progress } : null,
    problem,
    here,
    locked: key === undefined,
    display,
    suite: descriptor.suite,
    ways: sources.map(({ kind }) => kind),
  };
}
