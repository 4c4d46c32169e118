import type { Settings } from "../../store/mod.ts";

const KEPT = "fileAccess";
const REFUSED = "fileKeysRefused";
/** Restricted files that are remembered; the oldest go first, and nobody gets their keys any more. */
const MOST = 2_000;

/** Who of a group may open a file: everybody, or these people, and who has one of these roles. */
export interface Allowed {
  readonly all?: boolean;
  readonly people?: readonly string[];
  readonly roles?: readonly string[];
}

/** Who may have the keys of one's own files that are not for a whole group, and whose we may not. */
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

  /** Who may have a file's key; undefined where it goes with the file. */
  of(id: string): Allowed | undefined {
    return this.#kept[id];
  }

  /** Another's file: its sender says that we are not among those who may open it, or lets us after all. */
  refused(id: string, refused: boolean): void {
    if (refused === this.isRefused(id)) return;
    const others = this.#refused.filter((one) => one !== id);
    this.#settings.set(REFUSED, (refused ? [...others, id] : others).slice(-MOST));
  }

  isRefused(id: string): boolean {
    return this.#refused.includes(id);
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
    this.refused(id, false);
  }

  get #refused(): readonly string[] {
    return this.#settings.get(REFUSED) ?? [];
  }

  get #kept(): Readonly<Record<string, Allowed>> {
    return this.#settings.get(KEPT) ?? {};
  }
}
