import { SimppdError } from "../../base/mod.ts";
import { FILE_LIMITS } from "../../files/mod.ts";
import type { Settings } from "../../store/mod.ts";
import type { FileLimitsView } from "../../views/mod.ts";

const KEPT = "fileLimits";

interface Kept {
  readonly limit: number;
  readonly places: Readonly<Record<string, number>>;
}

/** Up to which size files of a contact or group come without being asked for. */
export class FetchLimits {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get view(): FileLimitsView {
    const { limit, places } = this.#kept;
    const { fileBytes, quota } = FILE_LIMITS;
    return { limit, places: { ...places }, fileBytes, quota };
  }

  /**
   * In bytes; 0: nothing comes by itself.
   * @param shown up to which size a file would open on the stage, were it here: it comes for that,
   * too, unless the place has a limit of its own
   */
  of(place: string, shown = 0): number {
    const { limit, places } = this.#kept;
    return places[place] ?? Math.max(limit, shown);
  }

  /** @param bytes null: as all others, which a place must be named for. @throws SimppdError `bad-input` */
  set(place: string | null, bytes: number | null): void {
    const { limit, places } = this.#kept;
    if (place === null) {
      if (bytes === null) throw new SimppdError("bad-input", "Name a limit in bytes; 0: none.");
      return this.#settings.set(KEPT, { limit: bytes, places });
    }
    const { [place]: _, ...others } = places;
    this.#settings.set(KEPT, {
      limit,
      places: bytes === null ? others : { ...others, [place]: bytes },
    });
  }

  /** Nothing of a contact or group stays. */
  forget(place: string): void {
    if (place in this.#kept.places) this.set(place, null);
  }

  get #kept(): Kept {
    return this.#settings.get<Kept>(KEPT) ?? { limit: FILE_LIMITS.autoFetch, places: {} };
  }
}
