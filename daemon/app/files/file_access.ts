import type { Settings } from "../../store/mod.ts";

const KEPT = "fileAccess";
/** Restricted files that are remembered; the oldest go first, and nobody gets their keys any more. */
const MOST = 2_000;

/** Who of a group may open a file: everybody, or these people, and who has one of these roles. */
export interface Allowed {
  readonly all?: boolean;
  readonly people?: readonly string[];
  readonly roles?: readonly string[];
}

/** Who may have the keys of one's own files that are not for a whole group. */
export class FileAccess {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  set(id: string, allowed: Allowed): void {
    const entries = [...Object.entries(this.#kept).filter(([other]) => other !== id), [
      id,
      allowed,
    ]];
    this.#settings.set(KEPT, Object.fromEntries(entries.slice(-MOST)));
  }

  /** May this member of the file's group have its key? */
  allows(id: string, { jid, role }: { readonly jid: string; readonly role: string }): boolean {
    const allowed = this.#kept[id];
    if (allowed === undefined) return false;
    if (allowed.all === true) return true;
    const { people = [], roles = [] } = allowed;
    return people.includes(jid) || roles.includes(role);
  }

  forget(id: string): void {
    const { [id]: known, ...others } = this.#kept;
    if (known !== undefined) this.#settings.set(KEPT, others);
  }

  get #kept(): Readonly<Record<string, Allowed>> {
    return this.#settings.get(KEPT) ?? {};
  }
}
