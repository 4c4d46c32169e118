import type { Bytes } from "../base/mod.ts";
import { equal, type Random } from "../crypto/mod.ts";
import { MAX_CHAIN } from "./answers.ts";
import type { Change, Epoch } from "./epoch_change.ts";
import { statementDigest } from "./epoch_statement.ts";
import { decodeGroup, encodeGroup, type GroupState } from "./group_state.ts";
import type { KeyGraph } from "./key_graph.ts";
import type { KeyServerStore } from "./key_server_store.ts";

/** One group in its key server's store. */
export class GroupRecords {
  readonly #store: KeyServerStore;
  readonly #id: string;
  readonly #maker: string;

  constructor(store: KeyServerStore, id: string, maker: string) {
    this.#store = store;
    this.#id = id;
    this.#maker = maker;
  }

  /** What was written last. */
  read(random: Random): { state: GroupState; graph: KeyGraph } {
    return decodeGroup(this.#store.group(this.#id)!.content, random);
  }

  put(state: GroupState, graph: KeyGraph): void {
    const { incarnation, epoch } = state;
    const content = encodeGroup(state, graph);
    this.#store.putGroup({ id: this.#id, maker: this.#maker, incarnation, epoch, content });
  }

  /** A new epoch, whole or not at all; on the disk when this returns. */
  putEpoch({ state, joined }: Epoch, graph: KeyGraph, { join, leave }: Change): void {
    const { statement, epoch } = state;
    this.#store.transaction(() => {
      this.put(state, graph);
      this.#store.addDigest(this.#id, epoch, statement.link, statementDigest(statement.encoded));
      for (const { member } of join) this.#store.removeRegistration(this.#id, member.id);
      for (const id of leave) {
        if (!joined.has(id)) this.#store.removeRegistration(this.#id, id);
      }
    });
  }

  /** Digests of the epochs after one whose link is known; null when it was never here, or long ago. */
  chainFrom(epoch: number, link: Bytes): Bytes[] | null {
    const [theirs, ...since] = this.#store.digestsFrom(this.#id, epoch);
    const known = theirs?.epoch === epoch && equal(theirs.link, link);
    return known && since.length <= MAX_CHAIN ? since.map(({ digest }) => digest) : null;
  }
}
