import { SimppdError } from "../../base/mod.ts";
import { FILE_LIMITS, type FileLimits } from "../../files/mod.ts";
import type { Settings } from "../../store/mod.ts";
import type { FileLimitsView } from "../../views/mod.ts";

const KEPT = "fileLimits";
/** The largest bound that may be set, in bytes: no disk is larger. */
const MOST = 1e15;

interface Kept {
  readonly limit: number;
  readonly places: Readonly<Record<string, number>>;
  /** Where the person said so: one file, and all of them. */
  readonly fileBytes?: number;
  readonly quota?: number;
}

/** What files may take here, in bytes. */
export interface FileRoom {
  /** One file. */
  readonly fileBytes?: number;
  /** All of them. */
  readonly quota?: number;
}

/** What files may take, as the person set it, and up to which size they come without being asked for. */
export class KeptLimits {
  readonly #settings: Settings;
  /** As stored: asked for with every file. */
  #kept: Kept;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#kept = settings.get<Kept>(KEPT) ?? { limit: FILE_LIMITS.autoFetch, places: {} };
  }

  get view(): FileLimitsView {
    const { limit, places } = this.#kept;
    const { fileBytes, quota } = this.ofTransfers;
    return { limit, places: { ...places }, fileBytes, quota };
  }

  /** What transfers keep to, now. */
  get ofTransfers(): FileLimits {
    const { fileBytes = FILE_LIMITS.fileBytes, quota = FILE_LIMITS.quota } = this.#kept;
    return { ...FILE_LIMITS, fileBytes, quota };
  }

  /**
   * Up to which size files of a place come by themselves, in bytes; 0: none do.
   * @param shown up to which size a file would open on the stage, were it here: it comes for that,
   * too, unless the place has a limit of its own
   */
  of(place: string, shown = 0): number {
    const { limit, places } = this.#kept;
    return places[place] ?? Math.max(limit, shown);
  }

  /** @param bytes null: as all others, which a place must be named for. @throws SimppdError `bad-input` */
  set(place: string | null, bytes: number | null): void {
    const { limit, places, ...room } = this.#kept;
    if (place === null) {
      if (bytes === null) throw new SimppdError("bad-input", "Name a limit in bytes; 0: none.");
      return this.#keep({ ...room, limit: bytes, places });
    }
    const { [place]: _, ...others } = places;
    this.#keep({
      ...room,
      limit,
      places: bytes === null ? others : { ...others, [place]: bytes },
    });
  }

  /** What is here stays, also where it is more than that. @throws SimppdError `bad-input` */
  setRoom(room: FileRoom): void {
    for (const bytes of [room.fileBytes, room.quota]) {
      if (bytes !== undefined && !(Number.isSafeInteger(bytes) && bytes >= 1 && bytes <= MOST)) {
        throw new SimppdError("bad-input", `Name a number of bytes from 1 to ${MOST}.`);
      }
    }
    this.#keep({ ...this.#kept, ...room });
  }

  /** Nothing of a contact or group stays. */
  forget(place: string): void {
    if (place in this.#kept.places) this.set(place, null);
  }

  #keep(kept: Kept): void {
    this.#settings.set(KEPT, kept);
    this.#kept = kept;
  }
}
