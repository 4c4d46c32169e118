import type { DisplayItemView, DisplayPolicyView } from "../../views/mod.ts";
import { SimppdError } from "../../base/mod.ts";
import { DEFAULT_POLICY, DISPLAY_LIMITS } from "./limits.ts";

/** Where named values are kept, sealed. */
export interface NamedValues {
  get<T>(name: string): T | undefined;
  set(name: string, value: unknown): void;
}

/** What was shown and who may show, kept between starts. */
export class DisplayMemory {
  readonly #values: NamedValues;

  constructor(values: NamedValues) {
    this.#values = values;
  }

  get items(): readonly DisplayItemView[] {
    return this.#values.get<DisplayItemView[]>("displays") ?? [];
  }
  set items(items: readonly DisplayItemView[]) {
    this.#values.set("displays", items);
  }

  /** Of all without one of their own. */
  get policy(): DisplayPolicyView {
    return this.#values.get<DisplayPolicyView>("displayPolicy") ?? DEFAULT_POLICY;
  }

  get places(): Record<string, DisplayPolicyView> {
    return this.#values.get<Record<string, DisplayPolicyView>>("displayPlaces") ?? {};
  }

  /** @throws SimppdError `bad-input` when too many places have one of their own */
  setPolicy(place: string | null, policy: DisplayPolicyView | null): void {
    if (place === null) return this.#values.set("displayPolicy", policy ?? DEFAULT_POLICY);
    const { [place]: _, ...others } = this.places;
    if (policy !== null && Object.keys(others).length >= DISPLAY_LIMITS.places) {
      const most = DISPLAY_LIMITS.places;
      throw new SimppdError("bad-input", `${most} groups and contacts have a policy of their own.`);
    }
    this.#values.set("displayPlaces", policy === null ? others : { ...others, [place]: policy });
  }

  /** @returns whether a place had a policy */
  forget(place: string): boolean {
    const { [place]: had, ...others } = this.places;
    if (had !== undefined) this.#values.set("displayPlaces", others);
    return had !== undefined;
  }
}
