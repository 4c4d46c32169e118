import { logOf } from "../../base/mod.ts";
import type { Transfer } from "../../files/mod.ts";
import type { Element } from "../../xmpp/core/mod.ts";
import { Seldom } from "../seldom.ts";
import { writeSignal } from "./signals.ts";
import type { AppFilesOptions } from "./surroundings.ts";

/** What becomes of files within so long, in ms, is told in one message. */
const TELL_EVERY = 50;
/** So many in one message. */
const MOST = 100;

/** Tells senders what became of their files here, if they may learn that somebody is there. */
export class Told {
  readonly #o: Pick<AppFilesOptions, "people" | "own" | "groups" | "send">;
  readonly #waiting = new Map<string, Element[]>();
  readonly #soon = new Seldom(TELL_EVERY, (sender) => this.#tell(sender));

  constructor(options: Pick<AppFilesOptions, "people" | "own" | "groups" | "send">) {
    this.#o = options;
  }

  say({ sender, peer, descriptor }: Transfer, state: "done" | "declined"): void {
    const { people, own, groups } = this.#o;
    if (sender === own() || groups.has(peer) || people.isStranger(sender)) return;
    const waiting = this.#waiting.get(sender) ?? [];
    this.#waiting.set(sender, waiting);
    waiting.push(writeSignal({ name: "told", file: descriptor.id, state }));
    if (waiting.length >= MOST) this.#tell(sender);
    else this.#soon.ask(sender);
  }

  /** What waits is told now, and nothing any more. */
  close(): void {
    this.#soon.close();
    for (const sender of [...this.#waiting.keys()]) this.#tell(sender);
  }

  #tell(sender: string): void {
    const content = this.#waiting.get(sender);
    this.#waiting.delete(sender);
    this.#soon.drop(sender);
    if (content === undefined) return;
    this.#o.send(sender, content, { standing: true }).catch((error) =>
      logOf("files").info("{sender} is not told of files: {error}", { sender, error })
    );
  }
}
