import assert from "node:assert/strict";
import vectors from "../../tests/vectors/key_graph.json" with { type: "json" };
import { fromHex, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { decodeWraps, encodeWraps, KeyGraph, MemberKeys } from "./mod.ts";

const group = fromHex(vectors.group);

Deno.test("members follow recorded rekey messages to the recorded group keys", () => {
  const members = new Map<string, MemberKeys>();
  for (const step of vectors.steps) {
    for (const member of step.leave ?? []) members.delete(member);
    for (const { member, leaf, individualKey } of step.join ?? []) {
      const keys = new MemberKeys({ group, member, leaf, individualKey: fromHex(individualKey) });
      members.set(member, keys);
    }
    for (const { to, wraps } of step.messages ?? []) {
      const read = decodeWraps(fromHex(wraps));
      assert.equal(toHex(encodeWraps(read)), wraps);
      for (const member of to === "all" ? members.keys() : to) {
        members.get(member)!.apply(step.epoch, read);
      }
    }
    if (step.groupKey === undefined) continue;
    for (const keys of members.values()) {
      const { groupKey, name } = keys.groupKey!;
      assert.deepEqual([toHex(groupKey), name], [step.groupKey, step.groupKeyName]);
    }
  }
  assert.deepEqual([...members.keys()].toSorted(), ["e/1", "f/1", "g/1", "i/1"]);
});

Deno.test("a recorded resynchronisation leads a member with its individual key alone", () => {
  const { wraps, epoch } = vectors.steps.at(-1)!;
  const { join } = vectors.steps[0]!;
  const { member, leaf, individualKey } = join!.find((one) => one.member === "e/1")!;
  const keys = new MemberKeys({ group, member, leaf, individualKey: fromHex(individualKey) });
  const { groupKey } = keys.apply(epoch, decodeWraps(fromHex(wraps!)))!;
  assert.equal(toHex(groupKey), vectors.steps.at(-2)!.groupKey);
});

Deno.test("a recorded graph is restored and goes on", () => {
  const graph = KeyGraph.restore(fromHex(vectors.graph), systemRandom);
  assert.equal(toHex(graph.encode()), vectors.graph);
  assert.equal(toHex(graph.groupKey.groupKey), vectors.steps.at(-2)!.groupKey);
  const { epoch } = vectors.steps.at(-1)!;
  assert.equal(graph.epoch, epoch);
  assert.equal(
    graph.change({ epoch: epoch + 1, join: [], leave: ["i/1"] }, "group").epoch,
    epoch + 1,
  );
});
