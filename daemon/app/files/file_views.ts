import { toBase64 } from "../../base/mod.ts";
import { pretends, type Transfer, type TransferProgress } from "../../files/mod.ts";
import type { FileView } from "../../views/mod.ts";
import type { Allowed } from "./file_access.ts";

/** What else is known of a file. */
export interface AlsoKnown {
  /** Of one's own: who may open it, where that is not everybody. */
  readonly allowed?: Allowed | undefined;
  /** Another's: its sender says that it is not for us. */
  readonly refused?: boolean;
  /** Of one's own: its receiver does not want it. */
  readonly declined?: boolean;
}

/**
 * A transfer as people see it.
 * @param own our bare JID
 */
export function fileView(
  transfer: Transfer,
  progress: TransferProgress | undefined,
  own: string,
  { allowed, refused = false, declined = false }: AlsoKnown = {},
): FileView {
  const { id, peer, sender, mine, descriptor, type, at, problem, kept, sealed, held } = transfer;
  const state = declined ? "declined" : transfer.state;
  const { name, size, thumbnail, key, display, sources } = descriptor;
  const from = mine ? own : sender;
  const { sealedSize: total } = descriptor;
  const stopped = !mine && (state === "paused" || state === "failed");
  const far = stopped ? { id, bytes: held, total, rate: 0 } : progress;
  const moves = far !== undefined && far.bytes > 0 && far.bytes < far.total &&
    (stopped || ["waiting", "transferring", "offered"].includes(state));
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
    progress: moves ? { ...far } : null,
    problem,
    here,
    locked: key === undefined,
    display,
    suite: descriptor.suite,
    ways: sources.map(({ kind }) => kind),
    audience: allowed === undefined ? null : {
      people: [...allowed.people ?? []],
      roles: [...allowed.roles ?? []],
      onRequest: allowed.all === true,
    },
    forOthers: refused && key === undefined,
  };
}
