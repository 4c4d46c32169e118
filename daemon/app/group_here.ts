import { logOf } from "../base/mod.ts";
import type { GroupEvent, GroupKeys, GroupMember, ProvedDevice } from "../group/mod.ts";
import type { GroupTalk } from "./group_talk.ts";
import { shown } from "./room_log.ts";

/** A scheme's keys, and its ear for what the key server says to this device alone. */
export interface OpenGroup extends GroupKeys {
  receive(from: ProvedDevice, payload: Uint8Array): void;
  /** Tells whether there is a connection. */
  setOnline(online: boolean): void;
  /** Deletes what is stored of its keys. */
  forget(): void;
}

interface HereOptions {
  readonly jid: string;
  readonly keys: OpenGroup;
  readonly talk: GroupTalk;
  readonly nameOf: (jid: string) => string;
  /** Something that a view shows is another. */
  readonly touch: () => void;
}

/** One group this device is in or wants to be in, while the daemon runs. */
export class GroupHere {
  readonly keys: OpenGroup;
  readonly talk: GroupTalk;
  readonly #o: HereOptions;
  readonly #ended = new AbortController();
  #joining: Promise<void> | undefined;
  /** Was there a key before, in this run or an earlier one? */
  #wasIn: boolean;

  constructor(options: HereOptions) {
    this.#o = options;
    this.keys = options.keys;
    this.talk = options.talk;
    this.#wasIn = options.keys.epoch !== null;
    this.keys.events.on((event) => this.#happened(event), this.#ended.signal);
  }

  /** Asks for the key, once at a time. @throws GroupError, what the key server refuses */
  join(): Promise<void> {
    this.#joining ??= this.keys.join(this.#ended.signal).finally(() => {
      this.#joining = undefined;
      this.#o.touch();
    });
    return this.#joining;
  }

  /** The room is entered: goes on with what was begun in an earlier run. */
  entered(): void {
    if (this.keys.phase !== "out" && this.keys.phase !== "joining") return;
    this.join().catch((error) => {
      if (this.#ended.signal.aborted) return;
      logOf("app").info("{jid}: no key yet: {error}", { jid: this.#o.jid, error });
    });
  }

  close(): void {
    this.#ended.abort();
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
        break;
      case "phase":
        if (event.phase !== "joining" && event.sentence !== "") talk.news(event.sentence);
        break;
      case "incident":
        talk.news(event.sentence);
        break;
      case "specification":
        talk.news("An owner changed what is allowed in this group.");
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
    const concerned = [...members, ...left, ...expelled];
    if (joined.length + left.length + expelled.length + changed.length > 0 && !first) {
      return named(sentence, concerned, this.#o.nameOf);
    }
    if (!first) return `Epoch ${number}: the key was renewed.`;
    return number === 1
      ? "Epoch 1: the group is made."
      : `Epoch ${number}: you joined. What was said before cannot be read here.`;
  }
}

/** The sentence with what people are called here in the place of their addresses. */
function named(
  sentence: string,
  members: readonly GroupMember[],
  nameOf: (jid: string) => string,
): string {
  const jids = new Set(members.map(({ jid }) => jid));
  return sentence.split(/(\s|[,;:]\s|\.$)/).map((word) =>
    jids.has(word) ? shown(nameOf(word)) : word
  )
    .join("");
}
