import assert from "node:assert/strict";
import vectors from "../../tests/vectors/sframe_f001.json" with { type: "json" };
import { type Bytes, concat, fromHex, toHex, utf8 } from "../base/mod.ts";
import { hmacSha256, OpenError } from "../crypto/mod.ts";
import {
  AES_128_CBC_HMAC_SHA256_256,
  cbcHmac,
  deriveKeySalt,
  SFrameReceiver,
  SFrameSender,
  suiteById,
} from "./mod.ts";

const suite = AES_128_CBC_HMAC_SHA256_256;
const baseKey = new Uint8Array(64).map((_, i) => i);

async function pair() {
  const sender = await SFrameSender.create(suite, 3, baseKey);
  const receiver = new SFrameReceiver();
  await receiver.addKey(3, suite, baseKey);
  return { sender, receiver };
}

Deno.test("suite 0xF001 seals and opens what its vectors say", async () => {
  assert.equal(suiteById(vectors.suite), suite);
  assert.ok(vectors.cases.length > 0);
  for (const { kid, counter, base_key, metadata, plaintext, iv, key, frame } of vectors.cases) {
    const fixed = cbcHmac((length) => {
      assert.equal(length, 16);
      return fromHex(iv);
    });
    assert.equal(toHex((await deriveKeySalt(suite, BigInt(kid), fromHex(base_key))).key), key);
    const sender = await SFrameSender.create(fixed, kid, fromHex(base_key), counter);
    assert.equal(toHex(await sender.seal(fromHex(plaintext), fromHex(metadata))), frame);
    const receiver = new SFrameReceiver();
    await receiver.addKey(kid, suite, fromHex(base_key));
    const opened = await receiver.open(fromHex(frame), fromHex(metadata));
    assert.deepEqual(opened, { kid, counter, plaintext: fromHex(plaintext) });
  }
});

Deno.test("open() rejects a 0xF001 frame with any one bit flipped, or cut", async () => {
  const { sender, receiver } = await pair();
  const metadata = utf8("from Alice");
  const sealed = await sender.seal(new Uint8Array(40).fill(7), metadata);
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = sealed.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    await assert.rejects(receiver.open(changed, metadata), OpenError, `bit ${bit}`);
  }
  for (let length = 0; length < sealed.length; length++) {
    await assert.rejects(receiver.open(sealed.slice(0, length), metadata), OpenError);
  }
  for (let bit = 0; bit < metadata.length * 8; bit++) {
    const changed = metadata.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    await assert.rejects(receiver.open(sealed, changed), OpenError);
  }
  assert.equal((await receiver.open(sealed, metadata)).counter, 0);
});

Deno.test("a byte cannot wander between header, metadata and ciphertext of a 0xF001 frame", async () => {
  const { sender, receiver } = await pair();
  const sealed = await sender.seal(utf8("frame"), utf8("ab"));
  await assert.rejects(receiver.open(sealed, utf8("a")), OpenError);
  await assert.rejects(receiver.open(concat(sealed.subarray(0, 1), utf8("a"), sealed.subarray(1))));
});

Deno.test("wrong padding under a right 0xF001 tag fails like everything else", async () => {
  const { receiver } = await pair();
  const { key } = await deriveKeySalt(suite, 3n, baseKey);
  const header = Uint8Array.of(0x30);
  const body = new Uint8Array(16).fill(9);
  const iv = new Uint8Array(16).fill(1);
  const part = (bytes: Bytes) => concat(Uint8Array.of(0, 0, 0, bytes.length), bytes);
  const tag = hmacSha256(key.subarray(16), part(header), part(iv), part(body));
  await assert.rejects(receiver.open(concat(header, iv, body, tag)), OpenError);
});

Deno.test("no IV of suite 0xF001 comes twice, and equal frames do not look alike", async () => {
  const { sender } = await pair();
  const frames = await Promise.all(Array.from({ length: 64 }, () => sender.seal(utf8("same"))));
  const starts = frames.map((frame) => toHex(frame.subarray(frame.length - 64, frame.length - 32)));
  assert.equal(new Set(starts).size, 64);
});
