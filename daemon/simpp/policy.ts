import { DEFAULT_POLICY, SUITE_IDS, type SuiteId } from "../crypto/mod.ts";
import type { Settings } from "../store/mod.ts";
import { SimppError } from "./errors.ts";

/** The setting `policy`. */
export interface StoredPolicy {
  everybody: SuiteId[];
  contacts: Record<string, SuiteId[]>;
  blindTrust?: boolean;
}

/** Which suites are allowed: for everybody, and otherwise for some contacts. */
export class Policy {
  readonly #settings: Settings;
  readonly #default: readonly SuiteId[];

  constructor(settings: Settings, allowed: readonly SuiteId[] = DEFAULT_POLICY) {
    this.#settings = settings;
    this.#default = allowed;
  }

  /** Blind trust before verification: are keys seen first written to before they were compared? */
  get blindTrust(): boolean {
    return this.#stored().blindTrust ?? true;
  }
  set blindTrust(allowed: boolean) {
    this.#settings.set("policy", { ...this.#stored(), blindTrust: allowed });
  }

  /** Suites allowed with a contact, strongest first. */
  for(jid: string): readonly SuiteId[] {
    const { everybody, contacts } = this.#stored();
    return contacts[jid] ?? everybody;
  }

  /** Has this contact a policy of their own? */
  isOwn(jid: string): boolean {
    return this.#stored().contacts[jid] !== undefined;
  }

  /** Suites allowed with everybody who has no policy of their own. */
  get everybody(): readonly SuiteId[] {
    return this.#stored().everybody;
  }

  /** Suites allowed with anybody at all: what our bundle has keys for. */
  get union(): readonly SuiteId[] {
    const { everybody, contacts } = this.#stored();
    const all = new Set([...everybody, ...Object.values(contacts).flat()]);
    return SUITE_IDS.filter((id) => all.has(id));
  }

  /**
   * Sets what is allowed with a contact, or with everybody when `jid` is null; `suites` null takes a
   * contact's own policy back. @throws SimppError `bad-policy` when nothing would be allowed
   */
  set(jid: string | null, suites: readonly SuiteId[] | null): void {
    const stored = this.#stored();
    const chosen = SUITE_IDS.filter((id) => suites?.includes(id));
    if (chosen.length === 0 && (suites !== null || jid === null)) {
      throw new SimppError("bad-policy", "At least one encryption suite must stay allowed.");
    }
    if (jid === null) stored.everybody = chosen;
    else if (suites === null) delete stored.contacts[jid];
    else stored.contacts[jid] = chosen;
    this.#settings.set("policy", stored);
  }

  #stored(): StoredPolicy {
    return this.#settings.get<StoredPolicy>("policy") ??
      { everybody: [...this.#default], contacts: {} };
  }
}
