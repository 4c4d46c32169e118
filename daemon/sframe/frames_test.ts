import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv } from "node:crypto";
import fc from "fast-check";
import { type Bytes, concat, utf8 } from "../base/mod.ts";
import { equal, hmacSha256, OpenError } from "../crypto/mod.ts";
import {
  AES_128_CTR_HMAC_SHA256_32,
  AES_128_CTR_HMAC_SHA256_80,
  AES_128_GCM_SHA256_128,
  AES_256_GCM_SHA512_128,
  nextBaseKey,
  registerSuite,
  SFrameReceiver,
  SFrameSender,
  type Suite,
  suiteById,
} from "./mod.ts";

const baseKey = new Uint8Array(32).map((_, i) => i);
const suites = [1, 2, 3, 4, 5].map((id) => suiteById(id) as Suite);
const metadata = utf8("from Alice");

async function pair(suite: Suite, kid = 9, replayWidth = 8192) {
  const sender = await SFrameSender.create(suite, kid, baseKey, 200);
  const receiver = new SFrameReceiver({ replayWidth });
  await receiver.addKey(kid, suite, baseKey);
  return { sender, receiver };
}

Deno.test("open() gives back what seal() took, for any bytes, metadata and suite", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...suites),
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 30 }),
      fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      async (suite, plain, meta, kid) => {
        const { sender, receiver } = await pair(suite, kid);
        const plaintext = plain as Bytes;
        for (const counter of [200, 201]) {
          const sealed = await sender.seal(plaintext, meta as Bytes);
          const opened = await receiver.open(sealed, meta as Bytes);
          assert.deepEqual(opened, { kid, counter, plaintext: new Uint8Array(plaintext) });
        }
      },
    ),
    { numRuns: 60 },
  );
});

for (const suite of [AES_128_GCM_SHA256_128, AES_128_CTR_HMAC_SHA256_80]) {
  Deno.test(`open() rejects a frame with any one bit flipped: ${suite.name}`, async () => {
    const { sender, receiver } = await pair(suite);
    const sealed = await sender.seal(new Uint8Array(60).fill(7), metadata);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await assert.rejects(receiver.open(changed, metadata), OpenError, `bit ${bit}`);
    }
    // None of them moved the replay window: the true frame still opens.
    assert.equal((await receiver.open(sealed, metadata)).counter, 200);
  });
}

Deno.test("open() rejects other metadata, a cut frame, an unknown key, another suite", async () => {
  const { sender, receiver } = await pair(AES_256_GCM_SHA512_128);
  const sealed = await sender.seal(utf8("frame"), metadata);
  await assert.rejects(receiver.open(sealed), OpenError);
  await assert.rejects(receiver.open(sealed, utf8("from Mallory")), OpenError);
  for (let length = 0; length < sealed.length; length++) {
    await assert.rejects(receiver.open(sealed.slice(0, length), metadata), OpenError);
  }
  await assert.rejects(new SFrameReceiver().open(sealed, metadata), OpenError);
  const other = new SFrameReceiver();
  await other.addKey(9, AES_128_GCM_SHA256_128, baseKey);
  await assert.rejects(other.open(sealed, metadata), OpenError);
  assert.ok(await receiver.open(sealed, metadata));
});

Deno.test("open() rejects a replay, also when both copies are opening at once", async () => {
  const { sender, receiver } = await pair(AES_128_GCM_SHA256_128);
  const sealed = await sender.seal(utf8("frame"));
  const results = await Promise.allSettled([receiver.open(sealed), receiver.open(sealed)]);
  assert.deepEqual(results.map((result) => result.status).sort(), ["fulfilled", "rejected"]);
  await assert.rejects(receiver.open(sealed), OpenError);
});

Deno.test("open() leaves replays to the caller when told so", async () => {
  const { sender, receiver } = await pair(AES_128_GCM_SHA256_128, 1, 0);
  const sealed = await sender.seal(utf8("frame"));
  assert.deepEqual(await receiver.open(sealed), await receiver.open(sealed));
});

Deno.test("removeKey() stops a frame that was already opening", async () => {
  const { sender, receiver } = await pair(AES_128_GCM_SHA256_128);
  const opening = receiver.open(await sender.seal(utf8("frame")));
  receiver.removeKey(9);
  await assert.rejects(opening, OpenError);
});

Deno.test("seals under way at once get counters of their own", async () => {
  const { sender, receiver } = await pair(AES_128_GCM_SHA256_128);
  const sealed = await Promise.all(Array.from({ length: 50 }, () => sender.seal(utf8("same"))));
  const opened = await Promise.all(sealed.map((frame) => receiver.open(frame)));
  assert.equal(new Set(opened.map((frame) => frame.counter)).size, 50);
});

Deno.test("seal() ends at the last counter, for good", async () => {
  const last = Number.MAX_SAFE_INTEGER;
  const sender = await SFrameSender.create(AES_128_GCM_SHA256_128, 1, baseKey, last);
  await sender.seal(utf8("last"));
  for (let i = 0; i < 2; i++) {
    await assert.rejects(sender.seal(utf8("more")), { code: "key-exhausted" });
  }
});

Deno.test("keys out of range and key ids in use are refused", async () => {
  const receiver = new SFrameReceiver();
  const add = (kid: number, key: Bytes) => receiver.addKey(kid, AES_128_GCM_SHA256_128, key);
  await add(1, baseKey);
  await assert.rejects(add(1, baseKey), { code: "bad-key" });
  await assert.rejects(add(-1, baseKey), { code: "bad-key" });
  await assert.rejects(add(2 ** 53, baseKey), { code: "bad-key" });
  await assert.rejects(add(2, new Uint8Array(15)), { code: "bad-key" });
});

Deno.test("nextBaseKey() steps sender and receiver alike, and never back to the same", async () => {
  const next = await nextBaseKey(baseKey);
  assert.equal(next.length, 32);
  assert.notDeepEqual(next, baseKey);
  assert.deepEqual(next, await nextBaseKey(baseKey));
  const sender = await SFrameSender.create(AES_128_GCM_SHA256_128, 1, next);
  const receiver = new SFrameReceiver();
  await receiver.addKey(0, AES_128_GCM_SHA256_128, baseKey);
  await receiver.addKey(1, AES_128_GCM_SHA256_128, next);
  assert.equal((await receiver.open(await sender.seal(utf8("frame")))).kid, 1);
  assert.equal((await nextBaseKey(baseKey, "SHA-512")).length, 64);
});

Deno.test("a suite for private use is added as a value: AES-128-CBC, then HMAC", async () => {
  const cbc: Suite = {
    id: 0xf123,
    name: "AES_128_CBC_HMAC_SHA256",
    hash: "SHA-256",
    keyLength: 48,
    nonceLength: 16,
    tagLength: 32,
    importKey: (material) => {
      const [aes, mac] = [material.slice(0, 16), material.slice(16)];
      return Promise.resolve({
        seal(iv, aad, plaintext) {
          const cipher = createCipheriv("aes-128-cbc", aes, iv);
          const ciphertext = concat(cipher.update(plaintext), cipher.final());
          const tag = hmacSha256(mac, iv, Uint8Array.of(aad.length), aad, ciphertext);
          return Promise.resolve(concat(ciphertext, tag));
        },
        open(iv, aad, sealed) {
          const ciphertext = sealed.subarray(0, sealed.length - 32);
          const tag = hmacSha256(mac, iv, Uint8Array.of(aad.length), aad, ciphertext);
          if (!equal(tag, sealed.subarray(sealed.length - 32))) throw new OpenError();
          const decipher = createDecipheriv("aes-128-cbc", aes, iv);
          return Promise.resolve(concat(decipher.update(ciphertext), decipher.final()));
        },
      });
    },
  };
  registerSuite(cbc);
  assert.equal(suiteById(0xf123), cbc);
  const { sender, receiver } = await pair(cbc);
  const sealed = await sender.seal(utf8("frame"), metadata);
  assert.deepEqual((await receiver.open(sealed, metadata)).plaintext, utf8("frame"));
  sealed[10] = (sealed[10] ?? 0) ^ 1;
  await assert.rejects(receiver.open(sealed, metadata), OpenError);
  assert.throws(() => registerSuite(cbc), { code: "bad-suite" });
  assert.throws(() => registerSuite(AES_128_CTR_HMAC_SHA256_32), { code: "bad-suite" });
  assert.throws(() => registerSuite({ ...cbc, id: 0xf124, nonceLength: 4 }), { code: "bad-suite" });
});
