import assert from "node:assert/strict";
import { sha256, systemRandom } from "../crypto/mod.ts";
import { utf8 } from "../base/mod.ts";
import { KeyGraph } from "./mod.ts";

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
  for (const degree of [2, 3, 4, 8]) {
    for (let height = 3; degree ** (height - 1) <= 600; height++) {
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
