/**
 * A group as tests play it: members who read what is addressed to them, a store that keeps rows, and
 * a pool of all that was ever sent, from which any coalition computes what it can.
 * @module
 */
import assert from "node:assert/strict";
import { type Bytes, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import type { GraphHeader, NodeRow, Shape } from "./graph_rows.ts";
import { KeyGraph, type Rekey } from "./key_graph.ts";
import { type MemberId, mostHeight } from "./key_tree.ts";
import { MemberKeys } from "./member_keys.ts";
import type { RekeyMessage, Strategy } from "./rekeying.ts";
import { type KeyName, openWrap, type Wrap } from "./wrap.ts";

const nameOf = ({ node, version }: KeyName) => `${node}:${version}`;

/** Who was in during one epoch, and which keys there were. */
interface Moment {
  /** Names of the members' leaves. */
  readonly leaves: ReadonlySet<string>;
  /** Names of all keys of the graph. */
  readonly keys: ReadonlySet<string>;
}

/** A graph, its members and everything that was sent. */
export class PlayedGroup {
  readonly members = new Map<MemberId, MemberKeys>();
  readonly moments: Moment[] = [];
  /** Every key there ever was, by its name. */
  readonly #everyKey = new Map<string, Bytes>();
  /** Names of the keys that every key was sealed under. */
  readonly #sent: { key: string; under: string }[] = [];
  readonly #individual = new Map<MemberId, Bytes>();
  readonly #leaves = new Set<string>();
  readonly #nonces = new Set<string>();
  readonly #store = new Map<number, NodeRow>();
  readonly #group = systemRandom(16);
  #graph: KeyGraph;
  #epoch = 0;

  constructor(degree: number, shape: Shape) {
    this.#graph = KeyGraph.create({ degree, shape, group: this.#group, random: systemRandom });
    for (const row of this.#graph.rows()) this.#store.set(row.node, row);
  }

  get graph(): KeyGraph {
    return this.#graph;
  }

  /** Changes the group and delivers what is to be sent. */
  change(join: readonly MemberId[], leave: readonly MemberId[], strategy: Strategy): Rekey {
    const joiners = join.map((member) => ({ member, individualKey: systemRandom(32) }));
    const epoch = ++this.#epoch;
    const rekey = this.#graph.change({ epoch, join: joiners, leave }, strategy);
    for (const member of leave) this.members.delete(member);
    for (const { member, individualKey } of joiners) this.#individual.set(member, individualKey);
    assert.deepEqual(rekey.joined.map(({ member }) => member), join);
    for (const { member, leaf } of rekey.joined) {
      const individualKey = this.#individual.get(member)!;
      this.members.set(member, new MemberKeys({ group: this.#group, member, leaf, individualKey }));
    }
    return this.#take(rekey);
  }

  /** A new group key for the same members. */
  renew(): Rekey {
    return this.#take(this.#graph.renew(++this.#epoch));
  }

  /** New keys for all nodes above the leaves. */
  renewAll(): Rekey {
    return this.#take(this.#graph.renewAll(++this.#epoch));
  }

  /** A member that lost all but its individual key is given the keys of its path. */
  resync(member: MemberId): void {
    const message = this.#graph.resync(member, this.#epoch);
    assert.ok(message.to.kind === "members");
    assert.deepEqual(message.to.members, [member]);
    this.#pool([message]);
    const { leaf } = this.members.get(member)!;
    const individualKey = this.#individual.get(member)!;
    const keys = new MemberKeys({ group: this.#group, member, leaf, individualKey });
    this.members.set(member, keys);
    assert.deepEqual(keys.apply(this.#epoch, message.wraps), this.#graph.groupKey);
  }

  /** Server and members begin again with what they keep; the store from rows alone. */
  restart(): void {
    const encoded = this.#graph.encode();
    const header: GraphHeader = this.#graph.header;
    this.#graph = KeyGraph.fromNodes(header, [...this.#store.values()].reverse(), systemRandom);
    assert.deepEqual(this.#graph.encode(), encoded);
    this.#graph = KeyGraph.restore(encoded, systemRandom);
    assert.deepEqual(this.#graph.encode(), encoded);
    for (const [member, keys] of this.members) {
      this.members.set(member, MemberKeys.restore(keys.encode()));
    }
  }

  /** Every member computes its path's keys and no other; asserted from all that was ever sent. */
  checkPaths(): void {
    const rows = new Map([...this.#graph.rows()].map((row) => [row.node, row]));
    const current = new Set([...rows.values()].map(nameOf));
    for (const [member, { leaf }] of this.members) {
      const path: string[] = [];
      for (let row = rows.get(leaf.node); row; row = rows.get(row.parent ?? -1)) {
        path.push(nameOf(row));
      }
      const reached = [...this.#closure([nameOf(leaf)])].filter((name) => current.has(name));
      assert.deepEqual(reached.toSorted(), path.toSorted(), member);
    }
  }

  /**
   * Whoever was not a member during an epoch, before it or after it: all of them together, with all
   * that was ever sent, compute no key that the graph had then.
   */
  checkSecrecy(): void {
    for (const [epoch, { leaves, keys }] of this.moments.entries()) {
      const outside = [...this.#leaves].filter((name) => !leaves.has(name));
      for (const name of this.#closure(outside)) {
        assert.ok(!keys.has(name), `${name} of epoch ${epoch} is known outside`);
      }
    }
  }

  /** Names of all keys that follow from those of `names`. */
  #closure(names: Iterable<string>): Set<string> {
    const known = new Set(names);
    for (let before = -1; before !== known.size;) {
      before = known.size;
      for (const { key, under } of this.#sent) if (known.has(under)) known.add(key);
    }
    return known;
  }

  #take(rekey: Rekey): Rekey {
    for (const id of rekey.removed) assert.ok(this.#store.delete(id), `${id} was no row`);
    for (const row of rekey.touched) this.#store.set(row.node, row);
    const { header } = this.#graph;
    assert.equal(header.nextNode, rekey.nextNode);
    const rows = [...this.#graph.rows()];
    assert.deepEqual([...this.#store.values()].toSorted(byNode), rows.toSorted(byNode));
    for (const row of rows) {
      this.#everyKey.set(nameOf(row), row.key);
      if (row.member !== undefined) this.#leaves.add(nameOf(row));
    }
    const distinct = new Set([...this.#everyKey.values()].map(toHex));
    assert.equal(distinct.size, this.#everyKey.size, "a key came up twice");
    const wraps = new Set(rekey.messages.flatMap((message) => [...message.wraps]));
    assert.equal(wraps.size, rekey.encryptions);
    this.#pool(rekey.messages);
    this.#deliver(rekey);
    this.moments.push({
      leaves: new Set(rows.filter(({ member }) => member !== undefined).map(nameOf)),
      keys: new Set(rows.map(nameOf)),
    });
    assert.deepEqual(this.#graph.members().toSorted(), [...this.members.keys()].toSorted());
    if (header.shape === "tree") {
      assert.ok(this.#graph.height <= mostHeight(this.#graph.size, header.degree) + 1);
    }
    return rekey;
  }

  #deliver(rekey: Rekey): void {
    const got = new Map<MemberId, ReturnType<MemberKeys["apply"]>>();
    for (const { to, wraps } of rekey.messages) {
      for (const member of to.kind === "all" ? this.members.keys() : to.members) {
        const keys = this.members.get(member);
        assert.ok(keys, `${member} is no member`);
        got.set(member, keys.apply(rekey.epoch, wraps) ?? got.get(member));
      }
    }
    const { groupKey, groupKeyName: name } = rekey;
    assert.deepEqual(this.#graph.groupKey, { groupKey, name });
    for (const member of this.members.keys()) assert.deepEqual(got.get(member), { groupKey, name });
  }

  /** Keeps what is sent, after making sure that each wrap is what its names say. */
  #pool(messages: readonly RekeyMessage[]): void {
    for (const wrap of new Set<Wrap>(messages.flatMap(({ wraps }) => wraps))) {
      const [key, under] = [nameOf(wrap.key), nameOf(wrap.under)];
      const opened = openWrap(this.#group, this.#epoch, wrap, this.#everyKey.get(under)!);
      assert.deepEqual(opened, this.#everyKey.get(key));
      this.#sent.push({ key, under });
      const nonce = `${under} ${toHex(wrap.sealed.subarray(0, 12))}`;
      assert.ok(!this.#nonces.has(nonce), "a nonce twice under one key");
      this.#nonces.add(nonce);
    }
  }
}

const byNode = (a: NodeRow, b: NodeRow) => a.node - b.node;
