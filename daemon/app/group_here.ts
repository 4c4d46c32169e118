import { logOf } from "../base/mod.ts";
import type { GroupEvent, GroupKeys, GroupMember } from "../group/mod.ts";
import type { GroupPeer } from "./group_link.ts";
import { GroupTalk } from "./group_talk.ts";

/** A scheme's keys, and its ear for what the key server says to this device alone. */
export interface OpenGroup extends GroupKeys {
  receive(from: GroupPeer, payload: Uint8Array): void;
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

  constructor(options: HereOptions) {
    this.#o = options;
    this.keys = options.keys;
    this.talk = options.talk;
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
  #epochLine(event: Extract<GroupEvent, { type: "epoch" }>): string {
    const names = (members: readonly GroupMember[]) =>
      [...new Set(members.map(({ jid }) => this.#o.nameOf(jid)))].join(", ");
    const parts = [
      event.joined.length > 0 ? `${names(event.joined)} joined` : "",
      event.left.length > 0 ? `${names(event.left)} left` : "",
      event.expelled.length > 0
        ? `${names(event.expelled)} ${event.expelled.length > 1 ? "were" : "was"} expelled`
        : "",
      event.changed.map((one) => `${this.#o.nameOf(one.jid)} is ${one.role} now`).join(", "),
    ].filter((part) => part !== "");
    return `Epoch ${event.epoch.number}: ${[...parts, "the key changed"].join(", ")}.`;
  }
}
