/** Ids remembered; far more than can come within the time a late signal may take. */
const MOST = 512;

/** `known`: nothing more is to be done; `retracted`: taken back before the proposal itself came. */
export type Spent = "known" | "retracted";

/** Call ids that are over, or were spoken of before their proposal came: late signals end here. */
export class SpentIds {
  readonly #ids = new Map<string, Spent>();

  /** @param contact undefined when the id stands whoever proposes it */
  add(contact: string | undefined, id: string, spent: Spent): void {
    const key = keyOf(contact, id);
    if (this.#ids.get(key) === "known") return;
    this.#ids.delete(key);
    this.#ids.set(key, spent);
    if (this.#ids.size <= MOST) return;
    const [oldest] = this.#ids.keys();
    if (oldest !== undefined) this.#ids.delete(oldest);
  }

  get(contact: string, id: string): Spent | undefined {
    return this.#ids.get(keyOf(undefined, id)) ?? this.#ids.get(keyOf(contact, id));
  }
}

function keyOf(contact: string | undefined, id: string): string {
  return `${id} ${contact ?? ""}`;
}
