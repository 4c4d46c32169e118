import type { Bytes } from "../base/mod.ts";

/** Who holds a leaf: opaque here, such as `jid/deviceid`. At most {@link MOST_MEMBER_BYTES}. */
export type MemberId = string;

/** The root's node id: its key is the group key. */
export const ROOT = 0;

/**
 * A k-node of a key graph (Wong, Gouda, Lam, section 2). A leaf holds a member's individual key and
 * has `member`; every other node holds a key that all members below it share. Once a change is
 * applied its nodes are never written again: later changes copy what they touch.
 */
export interface TreeNode {
  readonly id: number;
  version: number;
  key: Bytes;
  readonly member?: MemberId;
  /** In the order of their ids, so that a tree has one encoding. */
  children: TreeNode[];
  /** Members below. */
  size: number;
  /** Edges to the deepest leaf below; 0 for a leaf. */
  height: number;
  /** Twice the depth, from here, at which the next leaf would come; odd if a leaf must be split. */
  room: number;
}

/** A tree with the indices that lead to a member without looking at the others. */
export interface KeyTree {
  readonly degree: number;
  root: TreeNode;
  /** Node id of each node's parent; the root has none. */
  readonly parents: Map<number, number>;
  /** Node id of each member's leaf. */
  readonly leaves: Map<MemberId, number>;
  nextNode: number;
}

const SPLIT = 3;

/** A member's leaf. */
export function leafNode(id: number, version: number, key: Bytes, member: MemberId): TreeNode {
  return { id, version, key, member, children: [], size: 1, height: 0, room: SPLIT };
}

/** A node that is no leaf, its figures drawn from its children. */
export function innerNode(
  id: number,
  version: number,
  key: Bytes,
  children: TreeNode[],
  degree: number,
): TreeNode {
  const node = { id, version, key, children, size: 0, height: 0, room: 0 };
  measure(node, degree);
  return node;
}

/** Writes size, height and room of an inner node anew. */
export function measure(node: TreeNode, degree: number): void {
  let size = 0;
  let tallest = -1;
  let room = Infinity;
  for (const child of node.children) {
    size += child.size;
    if (child.height > tallest) tallest = child.height;
    if (child.room < room) room = child.room;
  }
  node.size = size;
  node.height = tallest + 1;
  node.room = node.children.length < degree ? 2 : 2 + room;
}

/** Where in `children` the node `id` stands or, if it does not, would stand. */
export function placeOf(children: readonly TreeNode[], id: number): number {
  let low = 0;
  let high = children.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (children[middle]!.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Node ids from the root down to `id`, with it. */
export function pathTo(id: number, parentOf: (id: number) => number | undefined): number[] {
  const path = [id];
  for (let at = parentOf(id); at !== undefined; at = parentOf(at)) path.push(at);
  return path.reverse();
}

/** The nodes from the root down to the leaf of `member`; undefined when there is no such member. */
export function nodesTo(tree: KeyTree, member: MemberId): TreeNode[] | undefined {
  const leaf = tree.leaves.get(member);
  if (leaf === undefined) return undefined;
  const nodes = [tree.root];
  for (const id of pathTo(leaf, (at) => tree.parents.get(at)).slice(1)) {
    const { children } = nodes.at(-1)!;
    nodes.push(children[placeOf(children, id)]!);
  }
  return nodes;
}

/** The members below `node`. */
export function* membersBelow(node: TreeNode): Generator<MemberId> {
  if (node.member !== undefined) yield node.member;
  for (const child of node.children) yield* membersBelow(child);
}

/**
 * Edges from the root to the deepest leaf that a tree of `size` members may have: one more than a
 * full tree of `degree` would need.
 */
export function mostHeight(size: number, degree: number): number {
  let height = 1;
  for (let full = degree; full < size; full *= degree) height++;
  return height + 1;
}
