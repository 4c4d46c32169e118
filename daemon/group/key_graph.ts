import type { Bytes } from "../base/mod.ts";
import type { Random } from "../crypto/mod.ts";
import {
  checkHeader,
  checkMember,
  childrenOf,
  decodeRows,
  encodeRows,
  type GraphHeader,
  MOST_MEMBERS,
  MOST_NODES,
  type NodeRow,
  rowOf,
  rowsOf,
  type Shape,
  treeOf,
} from "./graph_rows.ts";
import { innerNode, type KeyTree, type MemberId, nodesTo, ROOT } from "./key_tree.ts";
import { named, Recipients, Rekeying, type RekeyMessage, type Strategy } from "./rekeying.ts";
import { TreeEdit } from "./tree_edit.ts";
import { KEY_LENGTH, type KeyName, leafKey, Wrapper } from "./wrap.ts";

/** Who joins, with the key (32 bytes) it shares with the key server alone. */
export interface Joiner {
  readonly member: MemberId;
  readonly individualKey: Bytes;
}

/** What a change leads to: what to send, and what to keep. */
export interface Rekey {
  readonly epoch: number;
  readonly messages: readonly RekeyMessage[];
  /** Encryptions of a key, the papers' measure; a wrap in several messages is one. */
  readonly encryptions: number;
  /** 32 bytes. */
  readonly groupKey: Bytes;
  readonly groupKeyName: KeyName;
  /** Which leaf each new member got. */
  readonly joined: readonly { readonly member: MemberId; readonly leaf: KeyName }[];
  /** How many members were moved to keep the tree shallow; their encryptions are counted above. */
  readonly moved: number;
  /** Rows to write, the new state of each. */
  readonly touched: readonly NodeRow[];
  /** Nodes whose row is to be deleted. */
  readonly removed: readonly number[];
  /** To keep with the rows, with {@link epoch}. */
  readonly nextNode: number;
}

/**
 * A group key server's key graph (Wong, Gouda, Lam, "Secure Group Communications Using Key
 * Graphs"): a tree of keys or a star, whose root holds the group key and in which every member
 * holds the keys from its leaf to the root. A change replaces every key that somebody who leaves
 * held or that somebody who joins will hold by a fresh random one.
 *
 * With h the edges from the root to a user (height), one leave makes at most d(h − 1) − 1
 * encryptions (key, group) or (d − 1)h(h − 1)/2 (user), one join at most 2(h − 1) or h(h + 1)/2 − 1.
 * A binary tree spares one in a leave, for a node with one child left is dropped. h is at most
 * ⌈log_d n⌉ + 2, and a join makes a tree taller only when it is full. A leave that would leave it
 * taller than that moves the members that stand too deep ({@link Rekey.moved}) and may cost more: at
 * most 2n encryptions (key, group), after n(d − 1) leaves at least, so 2/(d − 1) a leave over time.
 */
export class KeyGraph {
  readonly #group: Bytes;
  readonly #shape: Shape;
  readonly #degree: number;
  readonly #random: Random;
  readonly #tree: KeyTree;
  #epoch: number;

  private constructor(header: GraphHeader, tree: KeyTree, random: Random) {
    this.#group = header.group;
    this.#shape = header.shape;
    this.#degree = header.degree;
    this.#epoch = header.epoch;
    this.#tree = tree;
    this.#random = random;
  }

  /**
   * A graph without members, before epoch 1.
   * @param o.degree 2 to 64 children a node; 4 makes the fewest encryptions
   * @param o.group the group's id, 16 bytes
   * @throws RangeError when no graph is made like that
   */
  static create(o: { degree: number; shape: Shape; group: Bytes; random: Random }): KeyGraph {
    const header = { ...o, epoch: 0, nextNode: ROOT + 1 };
    checkHeader(header);
    const degree = childrenOf(o);
    const root = innerNode(ROOT, 1, o.random(KEY_LENGTH), [], degree);
    const tree = { degree, root, parents: new Map(), leaves: new Map(), nextNode: ROOT + 1 };
    return new KeyGraph(header, tree, o.random);
  }

  /** Reads what {@link encode} wrote. @throws SimppdError `group-graph-damaged` */
  static restore(encoded: Bytes, random: Random): KeyGraph {
    const { header, rows } = decodeRows(encoded);
    return KeyGraph.fromNodes(header, rows, random);
  }

  /** A graph out of its rows, in any order. @throws SimppdError `group-graph-damaged` */
  static fromNodes(header: GraphHeader, rows: Iterable<NodeRow>, random: Random): KeyGraph {
    return new KeyGraph(header, treeOf(header, rows), random);
  }

  /** All of it, keys in clear; takes time as the members are many. See {@link Rekey.touched}. */
  encode(): Bytes {
    return encodeRows(this.header, [...this.rows()]);
  }

  /** What a store keeps beside the rows. */
  get header(): GraphHeader {
    return {
      group: this.#group,
      shape: this.#shape,
      degree: this.#degree,
      epoch: this.#epoch,
      nextNode: this.#tree.nextNode,
    };
  }

  /** Every node's row, the root's first. */
  rows(): Generator<NodeRow> {
    return rowsOf(this.#tree.root, undefined);
  }

  /** Members. */
  get size(): number {
    return this.#tree.root.size;
  }

  /** h of the paper: edges from the root to a user, its individual key included; 1 when empty. */
  get height(): number {
    return this.#tree.root.height + 1;
  }

  /** The epoch of the last change; 0 before the first. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The group key as it is, with its name. */
  get groupKey(): { groupKey: Bytes; name: KeyName } {
    const { id, version, key } = this.#tree.root;
    return { groupKey: key, name: { node: id, version } };
  }

  /** All members, in the order they joined in. */
  members(): MemberId[] {
    return [...this.#tree.leaves.keys()];
  }

  /** Is `member` in the group? */
  has(member: MemberId): boolean {
    return this.#tree.leaves.has(member);
  }

  /**
   * Members leave and join, at once. Who is in both lists gets a new leaf with a new individual key.
   * All of it is applied, or it throws and nothing changed.
   * @param o.epoch greater than every epoch before
   * @throws RangeError when nobody comes or goes, somebody joins who is in, leaves who is not, or is
   *   named twice; when there would be more than {@link MOST_MEMBERS} or the node ids run out, or the epoch is not greater
   */
  change(
    o: { epoch: number; join: readonly Joiner[]; leave: readonly MemberId[] },
    strategy: Strategy,
  ): Rekey {
    this.#check(o);
    const edit = new TreeEdit(this.#tree);
    const newcomers = o.join.map(({ member, individualKey }) => ({
      member,
      key: leafKey(individualKey),
    }));
    const leaves = edit.apply(o.leave, newcomers);
    const wrapper = new Wrapper(this.#group, o.epoch, this.#random);
    const joined = new Set(leaves.map(({ id }) => id));
    const messages = new Rekeying(edit, wrapper, this.#random).messages(strategy, joined);
    return this.#commit(o.epoch, edit, messages, wrapper.count, joined);
  }

  /** A fresh group key for everybody, under the keys below the root rather than the one it replaces. */
  renew(epoch: number): Rekey {
    return this.#renew(epoch, (edit) => edit.openRoot());
  }

  /**
   * A fresh key for every node above the leaves: at most 2n − 1 encryptions. This is how a graph goes
   * on that was put back to an older state: under a new group id ({@link fromNodes}), for members may
   * hold other keys by the names it gives out next; they begin again with their leaf.
   */
  renewAll(epoch: number): Rekey {
    return this.#renew(epoch, (edit) => edit.openAll());
  }

  #renew(epoch: number, open: (edit: TreeEdit) => void): Rekey {
    this.#checkEpoch(epoch);
    const edit = new TreeEdit(this.#tree);
    open(edit);
    const wrapper = new Wrapper(this.#group, epoch, this.#random);
    const none = new Set<number>();
    const messages = new Rekeying(edit, wrapper, this.#random).messages("group", none);
    return this.#commit(epoch, edit, messages, wrapper.count, none);
  }

  /**
   * The keys of one member's path as they are, for one who missed messages: under its leaf's key.
   * @param epoch the current one
   * @throws RangeError when `member` is not in the group or the epoch is another
   */
  resync(member: MemberId, epoch: number): RekeyMessage {
    if (epoch !== this.#epoch) {
      throw new RangeError(`epoch ${epoch}, the current is ${this.#epoch}`);
    }
    const nodes = nodesTo(this.#tree, member)?.reverse();
    if (nodes === undefined) throw new RangeError("no such member");
    const [leaf, ...above] = nodes;
    const wrapper = new Wrapper(this.#group, epoch, this.#random);
    const wraps = above.map((node) => wrapper.seal(named(node), named(leaf!)));
    return { to: new Recipients([leaf!]), wraps };
  }

  #commit(
    epoch: number,
    edit: TreeEdit,
    messages: RekeyMessage[],
    encryptions: number,
    joined: ReadonlySet<number>,
  ): Rekey {
    const touched = [...edit.touched()].map(({ node, parent }) => rowOf(node, parent));
    const arrived = [...edit.arrived.values()];
    edit.commit();
    this.#epoch = epoch;
    const { groupKey, name } = this.groupKey;
    return {
      epoch,
      messages,
      encryptions,
      groupKey,
      groupKeyName: name,
      joined: arrived.filter(({ id }) => joined.has(id))
        .map(({ id, version, member }) => ({ member: member!, leaf: { node: id, version } })),
      moved: arrived.length - joined.size,
      touched,
      removed: edit.removed,
      nextNode: this.#tree.nextNode,
    };
  }

  #checkEpoch(epoch: number): void {
    if (!Number.isSafeInteger(epoch) || epoch <= this.#epoch) {
      throw new RangeError(`epoch ${epoch} does not come after ${this.#epoch}`);
    }
  }

  #check(
    o: { epoch: number; join: readonly Joiner[]; leave: readonly MemberId[] },
  ): void {
    this.#checkEpoch(o.epoch);
    if (o.join.length === 0 && o.leave.length === 0) throw new RangeError("nobody comes or goes");
    const leave = new Set(o.leave);
    for (const member of leave) {
      if (!this.has(member)) throw new RangeError("somebody leaves who is no member");
    }
    const join = new Set<MemberId>();
    for (const { member, individualKey } of o.join) {
      checkMember(member);
      if (individualKey.length !== KEY_LENGTH) {
        throw new RangeError(`an individual key has 32 bytes, not ${individualKey.length}`);
      }
      if (this.has(member) && !leave.has(member)) throw new RangeError("a member joins again");
      join.add(member);
    }
    if (leave.size !== o.leave.length || join.size !== o.join.length) {
      throw new RangeError("somebody is named twice");
    }
    if (this.size - leave.size + join.size > MOST_MEMBERS) {
      throw new RangeError(`a group has at most ${MOST_MEMBERS} members`);
    }
    // Each who joins takes a leaf and perhaps a node above it.
    if (this.#tree.nextNode + 2 * join.size > MOST_NODES) {
      throw new RangeError(`a graph gives out at most ${MOST_NODES} node ids; make a new one`);
    }
  }
}
