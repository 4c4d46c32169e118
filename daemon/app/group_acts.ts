import { publicError, SimppdError, sleep } from "../base/mod.ts";

/** How long somebody waits for the key server before they are told, in ms. */
const PATIENCE = 10_000;
/** Likewise where the room shows that it is not there. */
const BRIEFLY = 1_000;

interface ActsOptions {
  /** Is the key server seen in the group's room? Undefined where nobody can tell. */
  readonly isThere: (jid: string, keyServer: string) => boolean | undefined;
  /** A line among what was said in a group. */
  readonly line: (jid: string, sentence: string) => void;
}

/** What somebody wants done to a group. */
export interface GroupAct {
  /** Bare JID of the group's room. */
  readonly jid: string;
  /** Bare JID of who keeps its keys. */
  readonly keyServer: string;
  /** What it is, to be said: "the expulsion of bob@example.org". */
  readonly what: string;
}

/**
 * What owners and admins want of a key server that may be away: nobody waits long for an answer, and
 * what was asked is asked on. The same thing is under way once, however often it is wanted.
 */
export class GroupActs {
  readonly #o: ActsOptions;
  readonly #patience: number;
  readonly #ended = new AbortController();
  readonly #underWay = new Map<string, Promise<void>>();

  /** @param patience in ms */
  constructor(options: ActsOptions, patience = PATIENCE) {
    this.#o = options;
    this.#patience = patience;
  }

  close(): void {
    this.#ended.abort();
  }

  /**
   * Resolves when it is done.
   * @param work asks the key server, and does what is to follow on its answer
   * @throws SimppdError `not-answered-yet` when the key server takes its time: then it goes on, and a
   *   line in the group says what came of it; else what `work` throws
   */
  async run(act: GroupAct, work: () => Promise<void>): Promise<void> {
    const { jid, keyServer, what } = act;
    const name = `${jid} ${what}`;
    const known = this.#underWay.get(name);
    const doing = known ?? work().finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, doing);
    const isThere = this.#o.isThere(jid, keyServer) ?? true;
    const waited = new AbortController();
    const late = sleep(isThere ? this.#patience : Math.min(BRIEFLY, this.#patience), waited.signal)
      .then(() => "late" as const);
    try {
      const outcome = await Promise.race([doing, late]);
      if (outcome !== "late") return;
    } finally {
      waited.abort();
    }
    if (known === undefined) this.#follow(act, doing);
    throw new SimppdError(
      "not-answered-yet",
      `${keyServer}, who keeps the keys of this group, ` +
        (isThere ? "has not answered yet" : "is not there now") +
        `: ${what} is not done. They are asked on for a day, while simppd runs, and a line in the ` +
        "group says what came of it.",
    );
  }

  /** Says what came of something for which nobody waits any more. */
  #follow({ jid, what }: GroupAct, doing: Promise<void>): void {
    const say = (sentence: string) => {
      if (!this.#ended.signal.aborted) this.#o.line(jid, sentence);
    };
    doing.then(
      () => say(`The key server has answered: ${what} is done.`),
      (error) => {
        const { code, message } = publicError(error);
        const isOld = code === "other-incarnation" || code === "old-action";
        const why = isOld
          ? "things have changed at the key server meanwhile. Do it again."
          : message;
        say(`Nothing came of ${what}: ${why}`);
      },
    );
  }
}
