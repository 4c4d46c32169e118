import type { Random } from "../crypto/mod.ts";
import { type MemberId, membersBelow, type TreeNode } from "./key_tree.ts";
import type { ChangedNode, TreeEdit } from "./tree_edit.ts";
import { KEY_LENGTH, type NamedKey, type Wrap, type Wrapper } from "./wrap.ts";

/** How new keys are put into messages (Wong, Gouda, Lam, section 3). */
export type Strategy = "user" | "key" | "group";

/** Wraps, and whom they are for. */
export interface RekeyMessage {
  readonly to:
    | { readonly kind: "all" }
    /** `members` is listed when it is first read, from the tree as it was after the change. */
    | { readonly kind: "members"; readonly members: readonly MemberId[] };
  /** Deeper keys first: each is under a key that its reader holds or has from an earlier wrap. */
  readonly wraps: readonly Wrap[];
}

/** A node's key by its name. */
export function named({ id, version, key }: TreeNode): NamedKey {
  return { node: id, version, key };
}

/** Members below some nodes; listing them is left until somebody asks, for it costs their number. */
export class Recipients {
  readonly kind = "members";
  readonly #nodes: readonly TreeNode[];
  #members: readonly MemberId[] | undefined;

  constructor(nodes: readonly TreeNode[]) {
    this.#nodes = nodes;
  }

  get members(): readonly MemberId[] {
    return this.#members ??= this.#nodes.flatMap((node) => [...membersBelow(node)]);
  }
}

/** A node with a fresh key on its way to those who need it. */
interface Fresh {
  readonly node: TreeNode;
  readonly key: NamedKey;
  /** The key as it was, when the new one may travel under it: nobody who held it is gone. */
  readonly old: NamedKey | undefined;
  /** Wraps of the key by the node that they are under. */
  readonly wraps: Map<number, Wrap>;
}

/** Members who hold `entry`, and the fresh nodes from the lowest above them to the root. */
interface Audience {
  readonly entry: NamedKey;
  readonly members: readonly TreeNode[];
  readonly above: readonly Fresh[];
  /** A leaf that just came to where it stands, and holds no old key of it. */
  readonly arrived: boolean;
}

/** Gives every changed node of `edit` a fresh key and says who needs which. */
export class Rekeying {
  readonly #edit: TreeEdit;
  readonly #wrapper: Wrapper;
  readonly #fresh = new Map<number, Fresh>();

  constructor(edit: TreeEdit, wrapper: Wrapper, random: Random) {
    this.#edit = edit;
    this.#wrapper = wrapper;
    for (const { node, before } of edit.changed.values()) {
      node.version = (before?.version ?? 0) + 1;
      node.key = random(KEY_LENGTH);
    }
    for (const changed of edit.changed.values()) {
      this.#fresh.set(changed.node.id, this.#freshOf(changed));
    }
  }

  /**
   * The messages of a strategy.
   * @param joined leaves of new members: theirs go to them alone
   */
  messages(strategy: Strategy, joined: ReadonlySet<number>): RekeyMessage[] {
    if (strategy === "group") return this.#groupOriented(joined);
    const wraps = strategy === "user"
      ? (audience: Audience) =>
        audience.above.map(({ key }) => this.#wrapper.seal(key, audience.entry))
      : (audience: Audience) => this.#chain(audience);
    return [...this.#audiences(this.#edit.root, [])].map((audience) => ({
      to: new Recipients(audience.members),
      wraps: wraps(audience),
    }));
  }

  /** One message to all, and to each new member the keys of its path. */
  #groupOriented(joined: ReadonlySet<number>): RekeyMessage[] {
    const common = new Set<Wrap>();
    const single: RekeyMessage[] = [];
    for (const fresh of this.#upwards(this.#edit.root)) {
      if (fresh.old !== undefined) common.add(this.#wrap(fresh, fresh.old));
      else {
        for (const child of fresh.node.children) {
          if (!joined.has(child.id)) common.add(this.#wrap(fresh, named(child)));
        }
      }
    }
    const audiences = this.#edit.arrived.size > 0 ? this.#audiences(this.#edit.root, []) : [];
    for (const audience of audiences) {
      if (!audience.arrived) continue;
      const wraps = this.#chain(audience);
      if (joined.has(audience.entry.node)) {
        single.push({ to: new Recipients(audience.members), wraps });
      } else for (const wrap of wraps) common.add(wrap);
    }
    const all: RekeyMessage[] = common.size === 0
      ? []
      : [{ to: { kind: "all" }, wraps: [...common] }];
    return [...all, ...single];
  }

  #isNew(child: TreeNode): boolean {
    return this.#edit.changed.has(child.id) || this.#edit.arrived.has(child.id);
  }

  #freshOf({ node, before, tainted }: ChangedNode): Fresh {
    const fresh = { node, key: named(node), wraps: new Map<number, Wrap>() };
    // Under the old key once and for each child with newcomers, or for each child: what is less.
    const newcomers = tainted ? 0 : node.children.filter((child) => this.#isNew(child)).length;
    const useOld = !tainted && before !== undefined && 1 + newcomers <= node.children.length;
    return { ...fresh, old: useOld ? named(before) : undefined };
  }

  *#upwards(node: TreeNode): Generator<Fresh> {
    const fresh = this.#fresh.get(node.id);
    if (fresh === undefined) return;
    for (const child of node.children) yield* this.#upwards(child);
    yield fresh;
  }

  *#audiences(node: TreeNode, below: readonly Fresh[]): Generator<Audience> {
    const fresh = this.#fresh.get(node.id)!;
    const above = [fresh, ...below];
    const rest: TreeNode[] = [];
    for (const child of node.children) {
      if (this.#fresh.has(child.id)) yield* this.#audiences(child, above);
      else {
        const arrived = this.#edit.arrived.has(child.id);
        if (arrived || fresh.old === undefined) {
          yield { entry: named(child), members: [child], above, arrived };
        } else rest.push(child);
      }
    }
    if (rest.length > 0) yield { entry: fresh.old!, members: rest, above, arrived: false };
  }

  /** The keys above an audience, each under the next lower one or its own old one. */
  #chain({ entry, above, arrived }: Audience): Wrap[] {
    let below = entry;
    return above.map((fresh) => {
      const wrap = this.#wrap(fresh, arrived || fresh.old === undefined ? below : fresh.old);
      below = fresh.key;
      return wrap;
    });
  }

  #wrap({ key, wraps }: Fresh, under: NamedKey): Wrap {
    const known = wraps.get(under.node);
    if (known !== undefined) return known;
    const wrap = this.#wrapper.seal(key, under);
    wraps.set(under.node, wrap);
    return wrap;
  }
}
