import assert from "node:assert/strict";
import { SimppdError } from "../base/mod.ts";
import { OpenError, systemRandom } from "../crypto/mod.ts";
import { KeyGraph, MemberKeys, type Rekey, type Wrap } from "./mod.ts";

const group = systemRandom(16);

/** A group of sixteen and the keys of `m0`. */
function sixteen() {
  const random = systemRandom;
  const graph = KeyGraph.create({ degree: 4, shape: "tree", group, random });
  const individualKey = systemRandom(32);
  const join = Array.from({ length: 16 }, (_, n) => ({
    member: `m${n}`,
    individualKey: n === 0 ? individualKey : systemRandom(32),
  }));
  const first = graph.change({ epoch: 1, join, leave: [] }, "key");
  const { leaf } = first.joined[0]!;
  const keys = new MemberKeys({ group, member: "m0", leaf, individualKey });
  assert.ok(keys.apply(1, wrapsOf(first)));
  return { graph, keys, first };
}

const wrapsOf = (rekey: Rekey): Wrap[] => rekey.messages.flatMap(({ wraps }) => [...wraps]);

Deno.test("apply() takes a forged message not even in part", () => {
  const { graph, keys } = sixteen();
  const before = keys.encode();
  const rekey = graph.change({ epoch: 2, join: [], leave: ["m1"] }, "group");
  const wraps = wrapsOf(rekey);
  const forged = wraps.map((wrap) => {
    if (wrap.key.node !== 0) return wrap;
    const sealed = wrap.sealed.slice();
    sealed[20]! ^= 1;
    return { ...wrap, sealed };
  });
  assert.throws(() => keys.apply(2, forged), OpenError);
  assert.throws(() => keys.apply(3, wraps), OpenError);
  assert.deepEqual(keys.encode(), before);
  assert.deepEqual(keys.apply(2, wraps.toReversed())?.groupKey, rekey.groupKey);
});

Deno.test("apply() twice says the same; an older message changes nothing", () => {
  const { graph, keys, first } = sixteen();
  const second = graph.change({ epoch: 2, join: [], leave: ["m9"] }, "group");
  const third = graph.renew(3);
  assert.ok(keys.apply(2, wrapsOf(second)));
  assert.deepEqual(keys.apply(3, wrapsOf(third)), graph.groupKey);
  const { leaf } = keys;
  const before = keys.groupKey;
  assert.deepEqual(keys.apply(3, wrapsOf(third)), before);
  assert.equal(keys.apply(2, wrapsOf(second)), undefined);
  assert.equal(keys.apply(1, wrapsOf(first)), undefined);
  assert.deepEqual(keys.groupKey, before);
  assert.deepEqual(keys.leaf, leaf);
});

Deno.test("apply() is undefined to who missed a message, until the path is sent anew", () => {
  const { graph, keys } = sixteen();
  graph.change({ epoch: 2, join: [], leave: ["m1", "m2"] }, "group");
  const third = graph.change({ epoch: 3, join: [], leave: ["m3"] }, "user");
  const fourth = graph.change({
    epoch: 4,
    join: [{ member: "n", individualKey: systemRandom(32) }],
    leave: [],
  }, "key");
  assert.equal(keys.apply(4, wrapsOf(fourth)), undefined);
  assert.equal(keys.apply(3, []), undefined);
  assert.deepEqual(keys.apply(4, graph.resync("m0", 4).wraps), graph.groupKey);
  assert.notDeepEqual(graph.groupKey.groupKey, third.groupKey);
});

Deno.test("apply() takes nothing from a message for somebody else", () => {
  const { graph, keys } = sixteen();
  graph.renew(2);
  assert.equal(keys.apply(2, graph.resync("m7", 2).wraps), undefined);
});

Deno.test("restore() reads what encode() wrote and refuses what is cut or changed in form", () => {
  const { graph, keys } = sixteen();
  const encoded = keys.encode();
  const again = MemberKeys.restore(encoded);
  assert.deepEqual(again.encode(), encoded);
  assert.deepEqual(again.groupKey, graph.groupKey);
  const rekey = graph.change({ epoch: 2, join: [], leave: ["m4"] }, "group");
  assert.deepEqual(again.apply(2, wrapsOf(rekey))?.groupKey, rekey.groupKey);
  for (let length = 0; length < encoded.length; length++) {
    const cut = encoded.slice(0, length);
    assert.throws(() => MemberKeys.restore(cut), damaged);
  }
  assert.throws(() => MemberKeys.restore(Uint8Array.of(2, ...encoded.subarray(1))), damaged);
  assert.throws(() => MemberKeys.restore(Uint8Array.of(...encoded, 0)), damaged);
});

Deno.test("a member has an individual key of 32 bytes in a group with an id of 16", () => {
  const leaf = { node: 1, version: 1 };
  const member = "m";
  const individualKey = systemRandom(32);
  assert.throws(() => new MemberKeys({ group: systemRandom(15), member, leaf, individualKey }));
  const short = systemRandom(16);
  assert.throws(() => new MemberKeys({ group, member, leaf, individualKey: short }), RangeError);
});

function damaged(error: unknown): boolean {
  return error instanceof SimppdError && error.code === "group-keys-damaged";
}
