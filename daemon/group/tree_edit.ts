import type { Bytes } from "../base/mod.ts";
import {
  innerNode,
  type KeyTree,
  leafNode,
  measure,
  type MemberId,
  mostHeight,
  pathTo,
  placeOf,
  ROOT,
  type TreeNode,
} from "./key_tree.ts";

const NO_KEY: Bytes = new Uint8Array(0);

/** A node on the path of something that changed: it gets a fresh key. */
export interface ChangedNode {
  /** The copy that will stand in the tree. */
  readonly node: TreeNode;
  /** The node as it was; undefined when it is new. */
  readonly before: TreeNode | undefined;
  /** Somebody below left or moved away: the key as it was must not carry the new one. */
  tainted: boolean;
}

/** Somebody who comes: the leaf's key is derived from the individual key already. */
export interface Newcomer {
  readonly member: MemberId;
  readonly key: Bytes;
}

/**
 * One change of a tree's shape, on copies of the nodes it touches (O(degree · height) a member):
 * the tree itself stays as it is until {@link commit}. Departed leaves are filled by newcomers
 * first (Li et al. 2001), then the rest is taken out or put in.
 */
export class TreeEdit {
  readonly changed = new Map<number, ChangedNode>();
  /** Leaves that were not below their parent before: of new members and of those who moved. */
  readonly arrived = new Map<number, TreeNode>();
  readonly removed: number[] = [];
  readonly #tree: KeyTree;
  /** What the tree's index will be told: undefined for what is gone. */
  readonly #parents = new Map<number, number | undefined>();
  /** Nodes that have another parent than before. */
  readonly #adopted = new Map<number, TreeNode>();
  #left: readonly MemberId[] = [];
  #root: TreeNode;
  #nextNode: number;

  constructor(tree: KeyTree) {
    this.#tree = tree;
    this.#root = tree.root;
    this.#nextNode = tree.nextNode;
    this.#open([ROOT], false);
  }

  get root(): TreeNode {
    return this.#root;
  }

  /** Members `leave` (who are in the tree) go, `join` come. Returns the new leaves in their order. */
  apply(leave: readonly MemberId[], join: readonly Newcomer[]): TreeNode[] {
    const gone = leave.map((member) => pathTo(this.#tree.leaves.get(member)!, this.#parentOf));
    // The shallowest slots are filled: those who come then need the fewest keys.
    if (join.length > 0) gone.sort((a, b) => a.length - b.length);
    for (const path of gone) this.#takeOut(path, true);
    const leaves = join.map(({ member, key }) => leafNode(this.#nextNode++, 1, key, member));
    const filled = Math.min(gone.length, leaves.length);
    for (let n = 0; n < filled; n++) this.#fill(gone[n]!, leaves[n]!);
    if (gone.length > 0) this.#settle(this.#root);
    for (const leaf of leaves.slice(filled)) this.#putIn(leaf);
    for (const leaf of leaves) this.arrived.set(leaf.id, leaf);
    if (gone.length > filled) this.#level();
    this.#left = leave;
    return leaves;
  }

  /** Everything above the leaves is to be keyed anew, nothing under a key that it replaces. */
  openAll(): void {
    const open = (node: TreeNode) => {
      node.children = node.children.map((child) => {
        if (child.member !== undefined) return child;
        const own = this.#own(child, true);
        open(own);
        return own;
      });
    };
    open(this.#own(this.#root, true));
  }

  /** The group key alone is to be replaced, not under itself. */
  openRoot(): void {
    this.#own(this.#root, true);
  }

  /** Nodes whose row is another than before, changed ones and those under another parent. */
  *touched(): Generator<{ node: TreeNode; parent: number | undefined }> {
    const nodes = new Map(this.#adopted);
    for (const { node } of this.changed.values()) nodes.set(node.id, node);
    for (const node of nodes.values()) yield { node, parent: this.#parentOf(node.id) };
  }

  /** Makes this the tree. Nothing in here throws. */
  commit(): void {
    const { parents, leaves } = this.#tree;
    for (const [id, parent] of this.#parents) {
      if (parent === undefined) parents.delete(id);
      else parents.set(id, parent);
    }
    for (const member of this.#left) leaves.delete(member);
    for (const node of this.arrived.values()) leaves.set(node.member!, node.id);
    this.#tree.root = this.#root;
    this.#tree.nextNode = this.#nextNode;
  }

  readonly #parentOf = (id: number): number | undefined =>
    this.#parents.has(id) ? this.#parents.get(id) : this.#tree.parents.get(id);

  /** Copies of the nodes on `path`, from the root. */
  #open(path: readonly number[], tainted: boolean): TreeNode[] {
    const nodes: TreeNode[] = [];
    for (const id of path) {
      const above = nodes.at(-1);
      const place = above === undefined ? 0 : placeOf(above.children, id);
      const found = above === undefined ? this.#root : above.children[place]!;
      const node = this.#own(found, tainted);
      if (above === undefined) this.#root = node;
      else above.children[place] = node;
      nodes.push(node);
    }
    return nodes;
  }

  #own(found: TreeNode, tainted: boolean): TreeNode {
    const known = this.changed.get(found.id);
    if (known !== undefined) {
      known.tainted ||= tainted;
      return known.node;
    }
    const node = { ...found, children: found.children.slice() };
    this.changed.set(node.id, { node, before: found, tainted });
    return node;
  }

  #adopt(parent: TreeNode, child: TreeNode): void {
    parent.children.splice(placeOf(parent.children, child.id), 0, child);
    this.#parents.set(child.id, parent.id);
    this.#adopted.set(child.id, child);
  }

  #forget(id: number): void {
    this.changed.delete(id);
    this.#adopted.delete(id);
    this.#parents.set(id, undefined);
    if (id < this.#tree.nextNode) this.removed.push(id);
  }

  /** Takes the leaf at the end of `path` out, leaving whatever shape is left. */
  #takeOut(path: readonly number[], forGood: boolean): TreeNode {
    const parent = this.#open(path.slice(0, -1), true).at(-1)!;
    const [leaf] = parent.children.splice(placeOf(parent.children, path.at(-1)!), 1);
    if (forGood) this.#forget(leaf!.id);
    return leaf!;
  }

  #fill(path: readonly number[], leaf: TreeNode): void {
    this.#adopt(this.#open(path.slice(0, -1), true).at(-1)!, leaf);
  }

  /** Puts a leaf where it comes to stand highest: in a free slot or, if all are taken, by a split. */
  #putIn(leaf: TreeNode): void {
    const { degree } = this.#tree;
    const path = this.#open([ROOT], false);
    for (let node = path[0]!;;) {
      if (node.children.length < degree) {
        this.#adopt(node, leaf);
        break;
      }
      const next = node.children.reduce((best, child) => child.room < best.room ? child : best);
      const place = placeOf(node.children, next.id);
      if (next.member !== undefined) {
        node.children.splice(place, 1);
        const pair = innerNode(this.#nextNode++, 0, NO_KEY, [], degree);
        this.changed.set(pair.id, { node: pair, before: undefined, tainted: false });
        this.#adopt(node, pair);
        this.#adopt(pair, next);
        this.#adopt(pair, leaf);
        path.push(pair);
        break;
      }
      const child = this.#own(next, false);
      node.children[place] = child;
      path.push(child);
      node = child;
    }
    for (const node of path.reverse()) measure(node, degree);
  }

  /**
   * Restores what holds of every inner node but the root, below `node`, where something changed:
   * two children at least, and no child that could be drawn into it. Both cost no encryption: a
   * node whose key changes for good is encrypted for each of its at most `degree` children anyway.
   */
  #settle(node: TreeNode): void {
    for (const child of node.children.filter(({ id }) => this.changed.has(id))) {
      this.#settle(child);
      if (child.children.length > 1) continue;
      node.children.splice(placeOf(node.children, child.id), 1);
      this.#forget(child.id);
      for (const only of child.children) this.#adopt(node, only);
    }
    if (this.changed.get(node.id)!.tainted) this.#draw(node);
    measure(node, this.#tree.degree);
  }

  /** Draws children into `node`, the tallest first, while their children fit. */
  #draw(node: TreeNode): void {
    const free = () => this.#tree.degree - node.children.length + 1;
    for (;;) {
      let best: TreeNode | undefined;
      for (const child of node.children) {
        if (child.member !== undefined || child.children.length > free()) continue;
        if (best === undefined || child.height > best.height) best = child;
      }
      if (best === undefined) return;
      node.children.splice(placeOf(node.children, best.id), 1);
      this.#forget(best.id);
      for (const child of best.children) this.#adopt(node, child);
    }
  }

  /** Moves leaves that stand too deep for a tree of this size to where it is shallow. */
  #level(): void {
    const limit = mostHeight(this.#root.size, this.#tree.degree);
    if (this.#root.height <= limit) return;
    const deep = [...deeperThan(this.#root, limit)];
    const leaves = deep.map(({ id }) => this.#takeOut(pathTo(id, this.#parentOf), false));
    this.#settle(this.#root);
    for (const leaf of leaves) {
      this.arrived.set(leaf.id, leaf);
      this.#putIn(leaf);
    }
  }
}

function* deeperThan(node: TreeNode, limit: number): Generator<TreeNode> {
  if (node.member !== undefined) {
    if (limit < 0) yield node;
    return;
  }
  if (node.height <= limit) return;
  for (const child of node.children) yield* deeperThan(child, limit - 1);
}
