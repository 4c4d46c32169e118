/**
 * Makes tests/vectors/key_graph.json:
 * `deno run -A scripts/vectors/key_graph.ts > tests/vectors/key_graph.json`.
 * Run it only when the format changes: a vector that follows the code proves nothing.
 */
import { toHex, utf8 } from "../../daemon/base/mod.ts";
import { sha256 } from "../../daemon/crypto/mod.ts";
import { encodeWraps, KeyGraph, type Rekey, type RekeyMessage } from "../../daemon/group/mod.ts";
import type { Strategy } from "../../daemon/group/mod.ts";

let counter = 0;
/** A reproducible stream of bytes: SHA-256 of a counter. */
function counted(length: number) {
  const out = new Uint8Array(length);
  for (let at = 0; at < length; at += 32) {
    const block = sha256(utf8(`key graph vectors ${counter++}`));
    out.set(block.subarray(0, Math.min(32, length - at)), at);
  }
  return out;
}

const group = counted(16);
const graph = KeyGraph.create({ degree: 3, shape: "tree", group, random: counted });
const steps: object[] = [];
let epoch = 0;

function change(join: string[], leave: string[], strategy: Strategy): void {
  const joiners = join.map((member) => ({ member, individualKey: counted(32) }));
  const rekey = graph.change({ epoch: ++epoch, join: joiners, leave }, strategy);
  steps.push({
    kind: "change",
    strategy,
    join: rekey.joined.map(({ member, leaf }, n) => ({
      member,
      individualKey: toHex(joiners[n]!.individualKey),
      leaf,
    })),
    leave,
    ...outcome(rekey),
  });
}

function messageOf({ to, wraps }: RekeyMessage) {
  return { to: to.kind === "all" ? "all" : to.members, wraps: toHex(encodeWraps(wraps)) };
}

function outcome({ messages, encryptions, groupKey, groupKeyName }: Rekey) {
  return {
    epoch,
    encryptions,
    messages: messages.map(messageOf),
    groupKey: toHex(groupKey),
    groupKeyName,
    graphSha256: toHex(sha256(graph.encode())),
  };
}

change(["a/1", "b/1", "c/1", "d/1", "e/1"], [], "group");
change(["f/1"], [], "user");
change(["g/1"], [], "key");
change([], ["b/1"], "group");
change([], ["a/1"], "user");
change(["h/1", "i/1"], ["c/1"], "group");
change([], ["h/1", "d/1"], "key");
steps.push({ kind: "renew", ...outcome(graph.renew(++epoch)) });
const { wraps } = graph.resync("e/1", epoch);
steps.push({ kind: "resync", epoch, member: "e/1", wraps: toHex(encodeWraps(wraps)) });

const vectors = { group: toHex(group), degree: 3, graph: toHex(graph.encode()), steps };
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(vectors, null, 1) + "\n"));
