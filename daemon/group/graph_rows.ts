import { type Bytes, concat, SimppdError, utf8, WireReader, WireWriter } from "../base/mod.ts";
import {
  innerNode,
  type KeyTree,
  leafNode,
  type MemberId,
  ROOT,
  type TreeNode,
} from "./key_tree.ts";
import { GROUP_ID_LENGTH, KEY_LENGTH } from "./wrap.ts";

/** A node as a store keeps it, a row each. */
export interface NodeRow {
  readonly node: number;
  /** Node id of the parent; undefined for the root alone. */
  readonly parent: number | undefined;
  readonly version: number;
  readonly key: Bytes;
  /** Whose leaf this is; undefined for other nodes. */
  readonly member?: MemberId;
}

/** A tree of degree d, or a star: everybody directly below the root. */
export type Shape = "tree" | "star";

/** What a store keeps of a graph beside its rows. */
export interface GraphHeader {
  /** The group's id, 16 bytes. */
  readonly group: Bytes;
  readonly shape: Shape;
  /** Children of a node at most, 2 to 64; a star has one too, which says nothing. */
  readonly degree: number;
  /** Of the last change. */
  readonly epoch: number;
  /** Ids below were given out. */
  readonly nextNode: number;
}

/** Members a graph takes at most. */
export const MOST_MEMBERS = 1 << 17;
/** UTF-8 bytes of a member's id at most: a full JID (RFC 7622) and a device. */
export const MOST_MEMBER_BYTES = 4096;
/** Degrees from 2 up to this. */
export const MOST_DEGREE = 64;

const FORMAT = 1;
const NO_PARENT = 0xffffffff;
/** Node ids a graph gives out at most, counting those that are gone. */
export const MOST_NODES = NO_PARENT;
const SHAPES: readonly Shape[] = ["tree", "star"];
/** Rows whose bytes are put together at once. */
const CHUNK = 1024;

/** What the nodes of a graph may have as children. */
export function childrenOf({ shape, degree }: { shape: Shape; degree: number }): number {
  return shape === "star" ? Infinity : degree;
}

/** @throws RangeError when no graph is made like that */
export function checkHeader({ group, shape, degree, epoch, nextNode }: GraphHeader): void {
  if (group.length !== GROUP_ID_LENGTH) {
    throw new RangeError(`a group's id has ${GROUP_ID_LENGTH} bytes, not ${group.length}`);
  }
  if (!SHAPES.includes(shape)) throw new RangeError(`a shape is tree or star, not ${shape}`);
  if (!Number.isInteger(degree) || degree < 2 || degree > MOST_DEGREE) {
    throw new RangeError(`a degree is 2 to ${MOST_DEGREE}, not ${degree}`);
  }
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError(`no epoch: ${epoch}`);
  if (!Number.isInteger(nextNode) || nextNode < 1 || nextNode > MOST_NODES) {
    throw new RangeError(`no next node: ${nextNode}`);
  }
}

/** @throws RangeError when a member cannot have such an id */
export function checkMember(member: MemberId): void {
  const { length } = utf8(member);
  if (length === 0 || length > MOST_MEMBER_BYTES) {
    throw new RangeError(`a member's id has 1 to ${MOST_MEMBER_BYTES} bytes, not ${length}`);
  }
}

/** The rows below `node` and its own. */
export function* rowsOf(node: TreeNode, parent: number | undefined): Generator<NodeRow> {
  yield rowOf(node, parent);
  for (const child of node.children) yield* rowsOf(child, node.id);
}

/** The row of a node. */
export function rowOf(node: TreeNode, parent: number | undefined): NodeRow {
  const { id, version, key, member } = node;
  return { node: id, parent, version, key, ...(member === undefined ? {} : { member }) };
}

/** Rows as bytes, behind the header, in the order of their nodes: one encoding a graph. */
export function encodeRows(header: GraphHeader, rows: readonly NodeRow[]): Bytes {
  const sorted = rows.toSorted((a, b) => a.node - b.node);
  const head = new WireWriter().u8(FORMAT).u8(SHAPES.indexOf(header.shape)).u8(header.degree)
    .raw(header.group).u64(header.epoch).u32(header.nextNode).u32(sorted.length).finish();
  const parts = [head];
  for (let at = 0; at < sorted.length; at += CHUNK) {
    const writer = new WireWriter();
    for (const { node, parent, version, key, member } of sorted.slice(at, at + CHUNK)) {
      writer.u32(node).u32(parent ?? NO_PARENT).u32(version).raw(key).text(member ?? "");
    }
    parts.push(writer.finish());
  }
  return concat(...parts);
}

/** Reads what {@link encodeRows} wrote. @throws SimppdError `group-graph-damaged` */
export function decodeRows(encoded: Bytes): { header: GraphHeader; rows: NodeRow[] } {
  try {
    const reader = new WireReader(encoded);
    const format = reader.u8();
    if (format !== FORMAT) throw new RangeError(`format ${format}, ${FORMAT} is known`);
    const shape = SHAPES[reader.u8()];
    if (shape === undefined) throw new RangeError("no such shape");
    const degree = reader.u8();
    const group = reader.raw(GROUP_ID_LENGTH);
    const header = { shape, degree, group, epoch: reader.u64(), nextNode: reader.u32() };
    const count = reader.u32();
    // A tree has fewer inner nodes than leaves, and a root.
    if (count > 2 * MOST_MEMBERS + 1) throw new RangeError(`${count} nodes are too many`);
    const rows: NodeRow[] = [];
    while (rows.length < count) {
      const node = reader.u32();
      const parent = reader.u32();
      const version = reader.u32();
      const key = reader.raw(KEY_LENGTH);
      const member = reader.text();
      if (node <= (rows.at(-1)?.node ?? -1)) throw new RangeError("nodes out of order");
      rows.push({
        ...{ node, parent: parent === NO_PARENT ? undefined : parent, version, key },
        ...(member === "" ? {} : { member }),
      });
    }
    reader.end();
    return { header, rows };
  } catch (cause) {
    throw damaged(cause);
  }
}

/** Puts a tree together out of its rows. @throws SimppdError `group-graph-damaged` */
export function treeOf(header: GraphHeader, rows: Iterable<NodeRow>): KeyTree {
  try {
    checkHeader(header);
    return plant(header, [...rows].toSorted((a, b) => a.node - b.node));
  } catch (cause) {
    throw damaged(cause);
  }
}

function plant(header: GraphHeader, rows: readonly NodeRow[]): KeyTree {
  const degree = childrenOf(header);
  const below = new Map<number, NodeRow[]>();
  const parents = new Map<number, number>();
  const leaves = new Map<MemberId, number>();
  for (const row of rows) {
    const { node, parent, version, key, member } = row;
    if (!Number.isInteger(node) || node < 0 || node >= header.nextNode) {
      throw new RangeError(`node ${node}, ids end before ${header.nextNode}`);
    }
    if (!Number.isInteger(version) || version < 0) throw new RangeError(`version ${version}`);
    if (key.length !== KEY_LENGTH) throw new RangeError(`a key of ${key.length} bytes`);
    if ((node === ROOT) !== (parent === undefined)) throw new RangeError(`node ${node}: no parent`);
    if (member !== undefined) {
      checkMember(member);
      if (node === ROOT || leaves.has(member)) throw new RangeError("a member has one leaf");
      leaves.set(member, node);
    }
    if (parent === undefined) continue;
    if (parents.has(node)) throw new RangeError(`node ${node} twice`);
    parents.set(node, parent);
    const siblings = below.get(parent);
    if (siblings === undefined) below.set(parent, [row]);
    else siblings.push(row);
  }
  if (leaves.size > MOST_MEMBERS) throw new RangeError(`${leaves.size} members`);
  let reached = 0;
  const grow = (row: NodeRow): TreeNode => {
    reached++;
    const { node, version, key, member } = row;
    const children = below.get(node) ?? [];
    if (member !== undefined) {
      if (children.length > 0) throw new RangeError(`leaf ${node} has children`);
      return leafNode(node, version, key, member);
    }
    if (children.length > degree || (node !== ROOT && children.length < 2)) {
      throw new RangeError(`node ${node} has ${children.length} children`);
    }
    return innerNode(node, version, key, children.map(grow), degree);
  };
  const [first] = rows;
  if (first?.node !== ROOT) throw new RangeError("no root");
  const root = grow(first);
  if (reached !== rows.length) throw new RangeError("nodes that the root does not lead to");
  return { degree, root, parents, leaves, nextNode: header.nextNode };
}

function damaged(cause: unknown): SimppdError {
  return new SimppdError(
    "group-graph-damaged",
    "The kept key graph of a group cannot be read; restore it from a backup.",
    cause,
  );
}
