/** Theirs is over when nothing was heard for so long, and ours is told again after this time, in ms. */
const OVER = 15_000;
const AGAIN = 5_000;
/** Writers of one group that are remembered. */
const MOST = 20;
/** In larger groups we do not tell: everybody would hear of everybody. */
const LARGEST = 30;

/** Who is writing in a group right now (XEP-0085, within the seal); nothing is stored. */
export class GroupTyping {
  readonly #changed: () => void;
  readonly #writing = new Map<string, ReturnType<typeof setTimeout>>();
  #told = { typing: false, at: 0 };

  /** @param changed called when somebody begins or ends writing */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Bare JIDs. */
  get people(): string[] {
    return [...this.#writing.keys()];
  }

  /** Is it time to tell that we write, or stopped? @param people in the group, we too */
  isNews(typing: boolean, people: number): boolean {
    if (people < 2 || people > LARGEST) return false;
    const now = Date.now();
    if (this.#told.typing === typing && (!typing || now - this.#told.at < AGAIN)) return false;
    this.#told = { typing, at: now };
    return true;
  }

  /** What one says ends what one was writing: nobody is told of that. */
  said(): void {
    this.#told = { typing: false, at: 0 };
  }

  begin(person: string): void {
    const before = this.#writing.get(person);
    if (before === undefined && this.#writing.size >= MOST) return;
    clearTimeout(before);
    this.#writing.set(person, setTimeout(() => this.end(person), OVER));
    if (before === undefined) this.#changed();
  }

  /** Somebody is not writing any more, or not there. */
  end(person: string): void {
    clearTimeout(this.#writing.get(person));
    if (this.#writing.delete(person)) this.#changed();
  }

  close(): void {
    for (const timer of this.#writing.values()) clearTimeout(timer);
    this.#writing.clear();
  }
}
