import assert from "node:assert/strict";
import { fromHex } from "../../base/mod.ts";
import { streamKeys } from "./keys.ts";
import { recordKey, RecordSealer } from "./tcp_records.ts";
import vectors from "../../../tests/vectors/direct_streams.json" with { type: "json" };

Deno.test("the keys of a stream are those of the vectors, and each side's are the other's", () => {
  const secret = fromHex(vectors.secret);
  const [sender, receiver] = [streamKeys(secret, "sender"), streamKeys(secret, "receiver")];
  const { keys } = vectors;
  assert.equal(sender.path.send.toHex(), keys.pathSender);
  assert.equal(sender.path.receive.toHex(), keys.pathReceiver);
  assert.equal(sender.tags.local.toHex(), keys.tagSender);
  assert.equal(sender.tags.expected.toHex(), keys.tagReceiver);
  assert.equal(sender.proof.local.toHex(), keys.proofSender);
  assert.equal(sender.proof.expected.toHex(), keys.proofReceiver);
  assert.deepEqual(receiver.path, { send: sender.path.receive, receive: sender.path.send });
  assert.deepEqual(receiver.tags, { local: sender.tags.expected, expected: sender.tags.local });
  assert.deepEqual(receiver.proof, { local: sender.proof.expected, expected: sender.proof.local });
  assert.equal(new Set([...Object.values(keys)]).size, Object.values(keys).length);
});

Deno.test("records are those of the vectors", () => {
  const secret = fromHex(vectors.secret);
  const { nonces, key, records } = vectors.record;
  const derived = recordKey(streamKeys(secret, "sender").records, fromHex(nonces));
  assert.equal(derived.toHex(), key);
  const sealer = new RecordSealer(derived);
  const seal = (text: string, last: boolean) => {
    const out = new Uint8Array(text.length / 2 + 20);
    sealer.seal(fromHex(text), last, out);
    return out.toHex();
  };
  assert.deepEqual([seal("00010203", false), seal("", true)], records);
});

Deno.test("streamKeys() refuses a secret of another size", () => {
  assert.throws(() => streamKeys(new Uint8Array(16), "sender"), { code: "bad-stream-secret" });
});
