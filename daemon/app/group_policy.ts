import { SimppdError } from "../base/mod.ts";
import { DATA_SUITE_IDS, type DataSuiteId, DEFAULT_DATA_SUITES } from "../group/mod.ts";
import type { Settings, StoredGroups } from "../store/mod.ts";

const SETTING = "groupSuites";

/**
 * Data suites that this device allows in encrypted groups: everywhere, or in one. What a group seals
 * with is the strongest that its specification and all members allow, so what is weak is used only
 * where each of them chose it.
 */
export class GroupPolicy {
  readonly #settings: Settings;
  readonly #stored: StoredGroups;

  constructor(settings: Settings, stored: StoredGroups) {
    this.#settings = settings;
    this.#stored = stored;
  }

  /** In groups without a choice of their own. */
  get everywhere(): readonly DataSuiteId[] {
    return this.#settings.get<DataSuiteId[]>(SETTING) ?? DEFAULT_DATA_SUITES;
  }

  /** In one group. @param id 32 hex digits */
  in(id: string): readonly DataSuiteId[] {
    return this.#stored.byId(id)?.suites ?? this.everywhere;
  }

  /** @throws SimppdError `bad-input` */
  setEverywhere(suites: readonly string[]): void {
    this.#settings.set(SETTING, readDataSuites(suites));
  }

  /**
   * @param suites null: as everywhere
   * @throws SimppdError `bad-input`
   */
  set(jid: string, suites: readonly string[] | null): void {
    const { suites: _, ...group } = this.#stored.get(jid)!;
    this.#stored.put(suites === null ? group : { ...group, suites: readDataSuites(suites) });
  }
}

/** Names of data suites as somebody gave them, strongest first. @throws SimppdError `bad-input` */
export function readDataSuites(given: readonly string[]): DataSuiteId[] {
  const unknown = given.find((name) => DATA_SUITE_IDS.every((id) => id !== name));
  if (unknown === undefined && given.length > 0) {
    return DATA_SUITE_IDS.filter((id) => given.includes(id));
  }
  const named = unknown === undefined ? "none was named" : `not "${unknown.slice(0, 50)}"`;
  throw new SimppdError(
    "bad-input",
    `Groups are encrypted with one or more of ${DATA_SUITE_IDS.join(", ")}; ${named}.`,
  );
}
