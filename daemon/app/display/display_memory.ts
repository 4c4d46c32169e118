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

  /** Somebody took back what they, or all (`from` null), show in a place. @param at ms since 1970 */
  clear(place: string | null, from: string | null, at: number): void {
    const name = clearOf(place, from);
    const others = this.#clears.filter(([other]) => other !== name);
    this.#values.set("displayClears", [...others, [name, at]].slice(-DISPLAY_LIMITS.clears));
  }

  /** When what this presenter showed in a place was last taken back, ms since 1970; 0: never. */
  clearedAt(place: string | null, from: string): number {
    const names = [clearOf(place, from), clearOf(place, null)];
    const times = this.#clears.filter(([name]) => names.includes(name)).map(([, at]) => at);
    return Math.max(0, ...times);
  }

  get #clears(): readonly (readonly [name: string, at: number])[] {
    return this.#values.get("displayClears") ?? [];
  }

  /** @returns whether a place had a policy */
  forget(place: string): boolean {
    const left = this.#clears.filter(([name]) => !name.startsWith(`${place} `));
    if (left.length < this.#clears.length) this.#values.set("displayClears", left);
    const { [place]: had, ...others } = this.places;
    if (had !== undefined) this.#values.set("displayPlaces", others);
    return had !== undefined;
  }
}

/** No address has a space in it. */
function clearOf(place: string | null, from: string | null): string {
  return `${place ?? ""} ${from ?? ""}`;
}
