import assert from "node:assert/strict";
import { OpenError, sha256, systemRandom } from "../crypto/mod.ts";
import { type Bytes, SimppdError, toHex, utf8 } from "../base/mod.ts";
import { KeyGraph, MemberKeys, type NodeRow } from "./mod.ts";

const group = new Uint8Array(16).fill(7);
const keyOf = (member: string) => sha256(utf8(member));
const joiner = (member: string) => ({ member, individualKey: keyOf(member) });
const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `m${from + n}`);

function full(degree: number, size: number): KeyGraph {
  const graph = KeyGraph.create({ degree, shape: "tree", group, random: systemRandom });
  graph.change({ epoch: 1, join: names(0, size).map(joiner), leave: [] }, "group");
  return graph;
}

Deno.test("change() makes the encryptions and messages of the paper's table", () => {
  for (const degree of [2, 3, 4, 5, 8, 16]) {
    for (let height = 3; degree ** (height - 1) <= 4096; height++) {
      const size = degree ** (height - 1);
      for (const strategy of ["user", "key", "group"] as const) {
        const graph = full(degree, size);
        assert.equal(graph.height, height);
        const leave = graph.change({ epoch: 2, join: [], leave: ["m1"] }, strategy);
        const join = graph.change({ epoch: 3, join: [joiner("m1")], leave: [] }, strategy);
        assert.equal(graph.height, height);
        const d = degree;
        const h = height;
        // A binary tree's lowest node would be left with one child: it is dropped instead.
        const spared = d === 2 ? 1 : 0;
        const leaving = strategy === "user" ? (d - 1) * h * (h - 1) / 2 : d * (h - 1) - 1;
        const joining = strategy === "user" ? h * (h + 1) / 2 - 1 : 2 * (h - 1);
        const what = `d = ${d}, h = ${h}, ${strategy}`;
        assert.equal(leave.encryptions, leaving - spared, what);
        assert.equal(join.encryptions, joining, what);
        const single = strategy === "group";
        assert.equal(leave.messages.length, single ? 1 : (d - 1) * (h - 1), what);
        assert.equal(join.messages.length, single ? 2 : h, what);
      }
    }
  }
});

Deno.test("change() that cannot be done changes nothing", () => {
  const graph = full(4, 20);
  const before = graph.encode();
  const short = { member: "n", individualKey: new Uint8Array(31) };
  const refuses = (join: typeof short[], leave: string[], epoch = 2) =>
    assert.throws(() => graph.change({ epoch, join, leave }, "group"), RangeError);
  refuses([], []);
  refuses([joiner("m1")], []);
  refuses([], ["nobody"]);
  refuses([], ["m1", "m1"]);
  refuses([joiner("n"), joiner("n")], []);
  refuses([short], ["m1"]);
  refuses([joiner("")], ["m1"]);
  refuses([joiner("x".repeat(4097))], ["m1"]);
  refuses([joiner("n")], ["m1"], 1);
  refuses([joiner("n")], ["m1"], 2.5);
  assert.throws(() => graph.renew(1), RangeError);
  assert.throws(() => graph.resync("nobody", 1), RangeError);
  assert.throws(() => graph.resync("m1", 2), RangeError);
  assert.deepEqual(graph.encode(), before);
});

Deno.test("change() is not applied when the system has no random bytes in the midst of it", () => {
  for (let draws = 0;; draws++) {
    let left = Infinity;
    const random = (length: number) => {
      if (left-- <= 0) throw new Error("no random bytes");
      return systemRandom(length);
    };
    const graph = KeyGraph.create({ degree: 3, shape: "tree", group, random });
    graph.change({ epoch: 1, join: names(0, 30).map(joiner), leave: [] }, "group");
    const before = graph.encode();
    const members = graph.members();
    left = draws;
    const change = { epoch: 2, join: [joiner("n")], leave: ["m3", "m7", "m8"] };
    try {
      graph.change(change, "user");
      assert.ok(draws > 3);
      return;
    } catch {
      left = Infinity;
      assert.deepEqual(graph.encode(), before);
      assert.deepEqual(graph.members(), members);
      graph.change(change, "user");
      assert.ok(graph.has("n") && !graph.has("m3"));
    }
  }
});

Deno.test("recipients are those of the change, even if they are asked for after the next one", () => {
  const graph = full(4, 16);
  const { messages } = graph.change({ epoch: 2, join: [], leave: ["m0"] }, "key");
  graph.change({ epoch: 3, join: [], leave: ["m1", "m2"] }, "key");
  const all = messages.flatMap(({ to }) => to.kind === "members" ? to.members : []);
  assert.deepEqual(all.toSorted(), names(1, 16).toSorted());
});

Deno.test("restore() refuses what no graph encodes to", () => {
  const graph = full(3, 7);
  const encoded = graph.encode();
  const damaged = (error: unknown) =>
    error instanceof SimppdError && error.code === "group-graph-damaged";
  const refuses = (bytes: Bytes) =>
    assert.throws(() => KeyGraph.restore(bytes, systemRandom), damaged);
  for (let length = 0; length < encoded.length; length++) refuses(encoded.slice(0, length));
  refuses(new Uint8Array([...encoded, 0]));
  const { header } = graph;
  const rows = [...graph.rows()];
  const [root, ...rest] = rows;
  const leaf = rest.find(({ member }) => member !== undefined)!;
  const builds = (from: NodeRow[], head = header) => KeyGraph.fromNodes(head, from, systemRandom);
  assert.deepEqual(builds(rows).encode(), encoded);
  const wrong: [NodeRow[], Partial<typeof header>?][] = [
    [rest],
    [[...rows, leaf]],
    [[...rows, { ...leaf, node: 90 }], { nextNode: 91 }],
    [rows, { nextNode: 3 }],
    [rows, { degree: 2 }],
    [rows, { degree: 1 }],
    [rows, { group: new Uint8Array(3) }],
    [rows, { epoch: -1 }],
    [[root!, { ...leaf, parent: leaf.node }]],
    [[...rows, { node: 90, parent: 0, version: 1, key: leaf.key }], { nextNode: 91 }],
    [[...rows, { node: 90, parent: 91, version: 1, key: leaf.key }], { nextNode: 91 }],
    [rows.map((row) => row === leaf ? { ...row, key: new Uint8Array(31) } : row)],
    [rows.map((row) => row === leaf ? { ...row, version: -1 } : row)],
    [rows.map((row) => row === leaf ? { ...row, parent: undefined } : row)],
    [rows.map((row) => row === root ? { ...row, member: "root" } : row)],
    [
      [
        root!,
        { node: 1, parent: 2, version: 1, key: leaf.key },
        { node: 2, parent: 1, version: 1, key: leaf.key },
      ],
    ],
  ];
  for (const [from, head] of wrong) {
    assert.throws(() => builds(from, { ...header, ...head }), damaged, JSON.stringify(head));
  }
});

Deno.test("change() gives out no node id twice, and refuses when none is left", () => {
  const old = full(3, 7);
  const last = { ...old.header, nextNode: 2 ** 32 - 3 };
  const graph = KeyGraph.fromNodes(last, old.rows(), systemRandom);
  const before = graph.encode();
  const join = [joiner("a"), joiner("b")];
  assert.throws(() => graph.change({ epoch: 2, join, leave: [] }, "group"), RangeError);
  assert.deepEqual(graph.encode(), before);
  const rekey = graph.change({ epoch: 2, join: join.slice(1), leave: [] }, "group");
  assert.equal(rekey.joined[0]!.leaf.node, 2 ** 32 - 3);
  KeyGraph.restore(graph.encode(), systemRandom);
});

Deno.test("create() refuses what is no graph", () => {
  const random = systemRandom;
  for (const degree of [1, 65, 2.5, NaN]) {
    assert.throws(() => KeyGraph.create({ degree, shape: "tree", group, random }), RangeError);
  }
  const short = new Uint8Array(15);
  assert.throws(
    () => KeyGraph.create({ degree: 4, shape: "tree", group: short, random }),
    RangeError,
  );
});

Deno.test("a group empties and fills again", () => {
  const graph = full(4, 9);
  const empty = graph.change({ epoch: 2, join: [], leave: names(0, 9) }, "group");
  assert.deepEqual([graph.size, graph.height, empty.messages, empty.encryptions], [0, 1, [], 0]);
  assert.deepEqual(graph.renew(3).messages, []);
  const one = graph.change({ epoch: 4, join: [joiner("m1")], leave: [] }, "group");
  assert.equal(one.encryptions, 1);
  assert.ok(one.joined[0]!.leaf.node >= empty.nextNode);
});

Deno.test("a graph put back to an older state goes on under another group id", () => {
  const graph = full(4, 20);
  const backup = graph.encode();
  const { leaf } = graph.resync("m1", 1).wraps.map(({ under }) => ({ leaf: under }))[0]!;
  graph.change({ epoch: 2, join: [], leave: ["m5"] }, "group");
  const old = KeyGraph.restore(backup, systemRandom);
  const other = new Uint8Array(16).fill(8);
  const next = KeyGraph.fromNodes({ ...old.header, group: other }, old.rows(), systemRandom);
  const rekey = next.renewAll(2);
  assert.equal(rekey.encryptions, [...next.rows()].length - 1);
  const [message] = rekey.messages;
  const o = { member: "m1", leaf, individualKey: keyOf("m1") };
  const begun = new MemberKeys({ ...o, group: other });
  assert.deepEqual(begun.apply(2, message!.wraps), next.groupKey);
  assert.throws(() => new MemberKeys({ ...o, group }).apply(2, message!.wraps), OpenError);
  const before = new Set(
    [...old.rows()].filter(({ member }) => !member).map(({ key }) => toHex(key)),
  );
  assert.ok([...next.rows()].every(({ key }) => !before.has(toHex(key))));
});
