const MINUTE = 60_000;
/** Contacts remembered; only people we share keys with get here, so this is a backstop. */
const MOST_CONTACTS = 512;

/** Lets at most `most` proposals a contact and minute through. */
export class ProposalRate {
  readonly #seen = new Map<string, number[]>();

  constructor(readonly most: number) {}

  /** @param now milliseconds @returns false when this one is to be ignored */
  allow(contact: string, now: number): boolean {
    const recent = (this.#seen.get(contact) ?? []).filter((at) => Math.abs(now - at) < MINUTE);
    const allowed = recent.length < this.most;
    if (allowed) recent.push(now);
    this.#seen.delete(contact);
    this.#seen.set(contact, recent);
    if (this.#seen.size > MOST_CONTACTS) {
      const [oldest] = this.#seen.keys();
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return allowed;
  }
}
