import { logOf, publicError } from "../base/mod.ts";
import type { GroupEvent, GroupKeys, GroupMember, GroupPhase, ProvedDevice } from "../group/mod.ts";
import type { Problem } from "../views/mod.ts";
import type { GroupTalk } from "./group_talk.ts";
import { shown } from "./room_log.ts";

/** A scheme's keys, and its ear for what the key server says to this device alone. */
export interface OpenGroup extends GroupKeys {
  receive(from: ProvedDevice, payload: Uint8Array): void;
  /** Tells whether there is a connection. */
  setOnline(online: boolean): void;
  /** Tells whether this device is in the group's room, from now on. */
  setPresent(present: boolean): void;
}

/** Phases after which one is out. */
const ENDINGS: ReadonlySet<GroupPhase> = new Set(["removed", "refused", "closed"]);

interface HereOptions {
  readonly jid: string;
  readonly keys: OpenGroup;
  readonly talk: GroupTalk;
  readonly nameOf: (jid: string) => string;
  /** Something that a view shows is another. */
  readonly touch: () => void;
  /** One cannot come in, and has to do something about it; null: that is over. */
  readonly trouble: (problem: Problem | null) => void;
  /** Somebody left by themselves: bare JID. */
  readonly left: (jid: string) => void;
  /** Who is in from now on. */
  readonly members: (members: readonly GroupMember[]) => void;
}

/** One group this device is in or wants to be in, while the daemon runs. */
export class GroupHere {
  readonly keys: OpenGroup;
  readonly talk: GroupTalk;
  readonly #o: HereOptions;
  readonly #ended = new AbortController();
  #joining: Promise<void> | undefined;
  /** Whom its sentences may be about. */
  #known: ReadonlySet<string> = new Set();
  /** Was there a key before, in this run or an earlier one? */
  #wasIn: boolean;

  constructor(options: HereOptions) {
    this.#o = options;
    this.keys = options.keys;
    this.talk = options.talk;
    this.#wasIn = options.keys.epoch !== null;
    this.#note(options.keys.epoch?.members ?? []);
    this.keys.events.on((event) => this.#happened(event), this.#ended.signal);
  }

  /** Asks for the key, once at a time. @throws GroupError, what the key server refuses */
  join(): Promise<void> {
    this.#joining ??= this.#join().finally(() => {
      this.#joining = undefined;
      this.#o.touch();
    });
    return this.#joining;
  }

  async #join(): Promise<void> {
    try {
      await this.keys.join(this.#ended.signal);
      this.#o.trouble(null);
    } catch (error) {
      // What the key server refuses is known of its phase; a registrar leaves no trace there.
      const stuck = this.keys.specification.registrars.length > 0 && this.keys.phase === "out";
      if (stuck && !this.#ended.signal.aborted) this.#o.trouble(publicError(error));
      throw error;
    }
  }

  /** The room is entered: goes on with what was begun in an earlier run; or we are out of it. */
  moved(present: boolean): void {
    this.keys.setPresent(present);
    if (!present) return;
    if (this.keys.phase !== "out" && this.keys.phase !== "joining") return;
    this.join().catch((error) => {
      if (this.#ended.signal.aborted) return;
      logOf("app").info("{jid}: no key yet: {error}", { jid: this.#o.jid, error });
    });
  }

  close(): void {
    this.#ended.abort();
    this.talk.close();
    this.keys.close();
  }

  #happened(event: GroupEvent): void {
    const { talk } = this;
    switch (event.type) {
      case "message":
        talk.show(event.message);
        break;
      case "refused":
        talk.refuse(event.origin, event.cause, event.sentence);
        break;
      case "epoch":
        talk.news(this.#epochLine(event));
        for (const { jid } of [...event.left, ...event.expelled]) talk.gone(jid);
        for (const jid of new Set(event.left.map(({ jid }) => jid))) {
          if (event.epoch.members.every((member) => member.jid !== jid)) this.#o.left(jid);
        }
        this.#o.members(event.epoch.members);
        break;
      case "phase":
        // What else happens is told by the epoch's line, or is over in a moment.
        if (ENDINGS.has(event.phase)) talk.news(this.#named(event.sentence));
        break;
      case "incident":
        talk.news(this.#named(event.sentence), "safety");
        break;
      case "specification":
        talk.news("What is allowed in this group is another from now on.");
    }
    this.#o.touch();
  }

  /** "Epoch 7: Bob left, the key changed.", with the names that people have here. */
  #epochLine(
    { epoch, joined, left, expelled, changed, sentence }: Extract<GroupEvent, { type: "epoch" }>,
  ): string {
    const first = !this.#wasIn;
    this.#wasIn = true;
    const { number, members } = epoch;
    this.#note([...members, ...left, ...expelled]);
    if (joined.length + left.length + expelled.length + changed.length > 0 && !first) {
      return this.#named(sentence);
    }
    if (!first) return `Epoch ${number}: the key was renewed.`;
    return number === 1
      ? "Epoch 1: the group is made."
      : `Epoch ${number}: you joined. What was said before cannot be read here.`;
  }

  #note(members: readonly GroupMember[]): void {
    this.#known = new Set(members.map(({ jid }) => jid));
  }

  /** The sentence with what people are called here in the place of their addresses. */
  #named(sentence: string): string {
    return sentence.split(/(\s|[,;:]\s|\.$)/)
      .map((word) => this.#known.has(word) ? shown(this.#o.nameOf(word)) : word).join("");
  }
}
