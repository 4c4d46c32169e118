import { type Bytes, utf8 } from "../base/mod.ts";
import { equal, framed, sha256 } from "../crypto/mod.ts";

const LEAF = utf8("simppd group rekey leaf 1");
const NODE = utf8("simppd group rekey node 1");

/** Parts that one change of a key has at most. */
export const MAX_PARTS = 4096;
const MAX_DEPTH = Math.log2(MAX_PARTS);

/** Hash of one signed thing. */
export function merkleLeaf(content: Uint8Array): Bytes {
  return sha256(framed(LEAF, content));
}

/**
 * One root over many leaves, so that one signature is enough for all (Wong, Gouda and Lam, section
 * 4). A node without neighbour is taken up as it is.
 */
export class MerkleTree {
  readonly #rows: Bytes[][];

  /** @param leaves at least one, at most {@link MAX_PARTS} */
  constructor(leaves: readonly Bytes[]) {
    if (leaves.length === 0 || leaves.length > MAX_PARTS) {
      throw new RangeError(`a tree of ${leaves.length} leaves; 1 to ${MAX_PARTS} are possible`);
    }
    let row = [...leaves];
    this.#rows = [row];
    while (row.length > 1) {
      const above: Bytes[] = [];
      for (let at = 0; at < row.length; at += 2) {
        const right = row[at + 1];
        above.push(right === undefined ? row[at]! : sha256(framed(NODE, row[at]!, right)));
      }
      this.#rows.push(row = above);
    }
  }

  get root(): Bytes {
    return this.#rows.at(-1)![0]!;
  }

  /** The neighbours from a leaf up to the root. */
  path(leaf: number): Bytes[] {
    const path: Bytes[] = [];
    for (const row of this.#rows.slice(0, -1)) {
      const neighbour = row[leaf ^ 1];
      if (neighbour !== undefined) path.push(neighbour);
      leaf >>= 1;
    }
    return path;
  }
}

/** Is this the leaf at position `at` of `count` under `root`? */
export function isUnderRoot(
  root: Bytes,
  leaf: Bytes,
  at: number,
  count: number,
  path: readonly Bytes[],
): boolean {
  if (at >= count || count > MAX_PARTS || path.length > MAX_DEPTH) return false;
  let hash = leaf, used = 0;
  for (let width = count; width > 1; width = (width + 1) >> 1) {
    if ((at ^ 1) < width) {
      const neighbour = path[used++];
      if (neighbour === undefined) return false;
      hash = (at & 1) === 0
        ? sha256(framed(NODE, hash, neighbour))
        : sha256(framed(NODE, neighbour, hash));
    }
    at >>= 1;
  }
  return used === path.length && equal(hash, root);
}
