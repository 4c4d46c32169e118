import { logOf } from "../../base/mod.ts";
import type { Transfer } from "../../files/mod.ts";
import type { Element } from "../../xmpp/core/mod.ts";
import { Seldom } from "../seldom.ts";
import { type ToldState, writeSignal } from "./signals.ts";
import type { AppFilesOptions } from "./surroundings.ts";

/** What becomes of files within so long, in ms, is told in one message. */
const TELL_EVERY = 50;
/** So many in one message. */
const MOST = 100;

/** Tells senders what became of their files here, if they may learn that somebody is there. */
export class Told {
  readonly #o: Pick<AppFilesOptions, "people" | "own" | "groups" | "send" | "tellSeen">;
  readonly #waiting = new Map<string, Element[]>();
  readonly #soon = new Seldom(TELL_EVERY, (sender) => this.#tell(sender));

  constructor(options: Pick<AppFilesOptions, "people" | "own" | "groups" | "send" | "tellSeen">) {
    this.#o = options;
  }

  say({ sender, peer, descriptor }: Transfer, state: ToldState): void {
    const { people, own, groups, tellSeen } = this.#o;
    if (sender === own() || people.isStranger(sender)) return;
    // Of a group's files nothing but what is on a screen, where the person tells what they saw.
    if (state === "shown" ? !tellSeen() : groups.has(peer)) return;
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
