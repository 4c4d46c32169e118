import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { type Joiner, KeyGraph, mostHeight, type NodeRow } from "./mod.ts";
import { PlayedGroup } from "./testing.ts";

const newcomers = (size: number): Joiner[] =>
  Array.from({ length: size }, (_, n) => ({ member: `m${n}`, individualKey: systemRandom(32) }));

/** One path to a leaf and a single leaf of every subtree beside it: what stays is a caterpillar. */
function spine(graph: KeyGraph): Set<string> {
  const below = Map.groupBy(graph.rows(), ({ parent }) => parent);
  const first = (node: number): string => {
    const [row] = below.get(node)!;
    return row!.member ?? first(row!.node);
  };
  const kept = new Set<string>();
  for (let node: number | undefined = 0; node !== undefined;) {
    const [next, ...rest]: NodeRow[] = below.get(node)!.toReversed();
    for (const row of rest) kept.add(row.member ?? first(row.node));
    if (next!.member !== undefined) kept.add(next!.member);
    node = next!.member === undefined ? next!.node : undefined;
  }
  return kept;
}

Deno.test("a tree stays shallow when those leave who leave it most askew", () => {
  for (const degree of [2, 3, 4]) {
    const graph = KeyGraph.create({
      degree,
      shape: "tree",
      group: new Uint8Array(16),
      random: systemRandom,
    });
    const size = degree ** Math.floor(Math.log(2048) / Math.log(degree));
    graph.change({ epoch: 1, join: newcomers(size), leave: [] }, "group");
    let moved = 0;
    let above = 0;
    const kept = spine(graph);
    for (const [n, member] of graph.members().filter((member) => !kept.has(member)).entries()) {
      const epoch = 2 + n;
      const most = degree * (graph.height - 1) - 1;
      const rekey = graph.change({ epoch, join: [], leave: [member] }, "group");
      assert.ok(graph.height <= mostHeight(graph.size, degree) + 1);
      moved += rekey.moved;
      above += Math.max(0, rekey.encryptions - most);
    }
    assert.ok(moved > 0, "nothing had to be moved: this shows nothing");
    assert.ok(above <= (size - graph.size) * 2 / (degree - 1), `${above} above the formula`);
  }
});

Deno.test("members who are moved gain and keep no key that is not theirs", () => {
  for (const strategy of ["user", "key", "group"] as const) {
    const group = new PlayedGroup(2, "tree");
    group.change(Array.from({ length: 64 }, (_, n) => `m${n}`), [], strategy);
    const kept = spine(group.graph);
    const leave = group.graph.members().filter((member) => !kept.has(member));
    const moves = [];
    for (const member of leave) {
      const { moved, joined } = group.change([], [member], strategy);
      assert.equal(joined.length, 0);
      if (moved === 0) continue;
      moves.push(moved);
      group.checkPaths();
    }
    assert.ok(moves.length > 0);
    for (const member of [...kept].slice(2)) group.change([], [member], strategy);
    group.checkSecrecy();
  }
});

Deno.test("a join makes a tree taller only when it is full, and fills what leaves left open", () => {
  const graph = KeyGraph.create({
    degree: 3,
    shape: "tree",
    group: new Uint8Array(16),
    random: systemRandom,
  });
  let epoch = 0;
  for (const joiner of newcomers(82)) {
    graph.change({ epoch: ++epoch, join: [joiner], leave: [] }, "group");
    assert.equal(
      graph.height,
      Math.max(1, Math.ceil(Math.log(graph.size) / Math.log(3) - 1e-9)) + 1,
    );
  }
  const leave = graph.members().filter((_, n) => n % 2 === 0);
  graph.change({ epoch: ++epoch, join: [], leave }, "group");
  const join = newcomers(leave.length).map((one, n) => ({ ...one, member: `again${n}` }));
  for (const joiner of join) graph.change({ epoch: ++epoch, join: [joiner], leave: [] }, "group");
  assert.equal(graph.height, 6);
});

Deno.test("a star gives every member the group key under its individual key", () => {
  const group = new PlayedGroup(4, "star");
  group.change(Array.from({ length: 30 }, (_, n) => `m${n}`), [], "group");
  assert.equal(group.graph.height, 2);
  assert.equal(group.change([], ["m3"], "group").encryptions, 29);
  assert.equal(group.change(["m3"], [], "group").encryptions, 2);
  assert.equal(group.change([], ["m4"], "user").messages.length, 28 + 1);
  assert.equal(group.renew().encryptions, 29);
  group.checkSecrecy();
});

Deno.test("joins of a batch take the places of those who leave, at no encryption more", () => {
  const leave = ["m1", "m20", "m40"];
  const encryptions = (join: string[]) => {
    const group = new PlayedGroup(4, "tree");
    group.change(Array.from({ length: 64 }, (_, n) => `m${n}`), [], "group");
    const rekey = group.change(join, leave, "group");
    group.checkSecrecy();
    assert.equal(group.graph.height, 4);
    return rekey.encryptions;
  };
  // Three paths that meet in the root: 4 + 3 · (4 + 4) less the three open places.
  assert.equal(encryptions([]), 25);
  assert.equal(encryptions(["a"]), 26);
  assert.equal(encryptions(["a", "b", "c"]), 28);
});

Deno.test("a batch of leaves costs no more than 1.2 times its formula", () => {
  const size = 16_384;
  const graph = KeyGraph.create({
    degree: 4,
    shape: "tree",
    group: new Uint8Array(16),
    random: systemRandom,
  });
  graph.change({ epoch: 1, join: newcomers(size), leave: [] }, "group");
  const leave = graph.members().filter((_, n) => n * 2654435761 % 2 ** 32 < 2 ** 32 / 64);
  const formula = leave.length * 4 * Math.log(size / leave.length) / Math.log(4);
  const { encryptions } = graph.change({ epoch: 2, join: [], leave }, "group");
  assert.ok(leave.length > 200);
  assert.ok(encryptions <= 1.2 * formula, `${encryptions} of ${formula}`);
});
