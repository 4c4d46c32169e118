import { logOf } from "../base/mod.ts";
import type { Room } from "../xmpp/client/mod.ts";
import { el, type Element, NS } from "../xmpp/core/mod.ts";

/** Ours is told again after this time; theirs is over when nothing was heard for thrice as long. */
const AGAIN = 5_000;
const OVER = 15_000;
/** Writers of one room that are remembered. */
const MOST = 20;
const MAX_NICK = 200;
/** In larger rooms we do not tell: everybody would hear of everybody. */
const LARGEST = 30;

/** Who is writing in a room right now (XEP-0085 section 5.5), during one stay; nothing is stored. */
export class RoomTyping {
  readonly #room: Room;
  readonly #changed: () => void;
  readonly #writing = new Map<string, ReturnType<typeof setTimeout>>();
  #told = { typing: false, at: 0 };

  /** @param changed called when somebody begins or ends writing */
  constructor(room: Room, changed: () => void) {
    this.#room = room;
    this.#changed = changed;
  }

  get nicks(): string[] {
    return [...this.#writing.keys()];
  }

  /** Tells the room that we write, or stopped; seldom enough to cost nothing. */
  tell(typing: boolean): void {
    const { state, self, occupants, hiddenOccupants } = this.#room;
    const there = occupants.length + hiddenOccupants;
    if (state !== "in" || self?.role === "visitor" || there < 2 || there > LARGEST) return;
    const now = Date.now();
    if (this.#told.typing === typing && (!typing || now - this.#told.at < AGAIN)) return;
    this.#told = { typing, at: now };
    try {
      this.#room.say([
        el(typing ? "composing" : "paused", { xmlns: NS.chatStates }),
        el("no-store", { xmlns: NS.hints }),
      ]);
    } catch (error) {
      logOf("app").debug("chat state not sent: {error}", { error });
    }
  }

  /** Takes the state out of what an occupant said just now; a message ends what came before it. */
  hear(nick: string, stanza: Element): void {
    const states = stanza.getChildElements().filter((child) => child.getNS() === NS.chatStates);
    const composing = states.some((state) => state.getName() === "composing");
    const ended = states.length > 0 || stanza.getChild("body") !== undefined;
    if (composing) this.#begin(nick.slice(0, MAX_NICK));
    else if (ended) this.end(nick);
  }

  /** Somebody is not writing any more, or not there. */
  end(nick: string): void {
    const name = nick.slice(0, MAX_NICK);
    const timer = this.#writing.get(name);
    clearTimeout(timer);
    if (this.#writing.delete(name)) this.#changed();
  }

  close(): void {
    for (const timer of this.#writing.values()) clearTimeout(timer);
    this.#writing.clear();
  }

  #begin(nick: string): void {
    const before = this.#writing.get(nick);
    if (before === undefined && this.#writing.size >= MOST) return;
    clearTimeout(before);
    this.#writing.set(nick, setTimeout(() => this.end(nick), OVER));
    if (before === undefined) this.#changed();
  }
}
