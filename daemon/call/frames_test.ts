import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, utf8 } from "../base/mod.ts";
import { AES_256_GCM_SHA512_128, decodeHeader } from "../sframe/mod.ts";
import { decodeFrame, encodeFrame, FRAME_HEADER } from "./frame_header.ts";
import { FrameOpener } from "./frame_opener.ts";
import { FrameSealer } from "./frame_sealer.ts";
import { KEY_LOOK_AHEAD } from "./limits.ts";

const suite = AES_256_GCM_SHA512_128;
const KEY = new Uint8Array(64).fill(3);
const picture = utf8("picture");

function flipped(frame: Bytes): Bytes {
  const copy = frame.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
}

Deno.test("a frame's header survives, to the microsecond", () => {
  fc.assert(fc.property(
    fc.record({
      codec: fc.nat(255),
      keyFrame: fc.boolean(),
      sequence: fc.nat(0xffff_ffff),
      sinceStart: fc.nat(1e10).map((us) => us / 1000),
    }, { noNullPrototype: true }),
    fc.uint8Array({ minLength: 1, maxLength: 50 }),
    (header, picture) => {
      const frame = decodeFrame(encodeFrame(header, picture));
      assert.deepEqual(frame?.header, header);
      assert.deepEqual(frame?.picture, picture);
    },
  ));
});

Deno.test("decodeFrame() refuses unknown flags, a cut header and an empty picture", () => {
  const frame = encodeFrame({ codec: 1, keyFrame: true, sequence: 1, sinceStart: 1 }, picture);
  for (let length = 0; length <= FRAME_HEADER; length++) {
    assert.equal(decodeFrame(frame.slice(0, length)), undefined);
  }
  frame[1] = 3;
  assert.equal(decodeFrame(frame), undefined);
  frame[1] = 1;
  frame[6] = 0xff;
  assert.equal(decodeFrame(frame), undefined, "a time past 2^53 microseconds");
});

Deno.test("keys rotate by time and by frames, and every frame opens", async () => {
  const sealer = new FrameSealer(suite, KEY, 100, 5);
  const opener = new FrameOpener(suite, KEY, 50);
  const kids: number[] = [];
  for (let i = 0; i < 24; i++) {
    const now = i < 12 ? i * 30 : 330 + i;
    const frame = await sealer.seal(picture, now);
    kids.push(Number(decodeHeader(frame).kid));
    assert.deepEqual(await opener.open(frame, now), picture);
  }
  assert.deepEqual(kids.slice(0, 12), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  assert.deepEqual(kids.slice(12), [3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5]);
  assert.equal(opener.generation, sealer.generation);
});

Deno.test("an old key opens frames for the overlap, then no more", async () => {
  const sealer = new FrameSealer(suite, KEY, 100);
  const opener = new FrameOpener(suite, KEY, 50);
  const [late, tooLate] = [await sealer.seal(picture, 0), await sealer.seal(picture, 1)];
  await opener.open(await sealer.seal(picture, 100), 100);
  assert.deepEqual(await opener.open(late, 149), picture);
  await assert.rejects(opener.open(tooLate, 150), { code: "open-failed" });
});

Deno.test("a forged frame of a later generation moves nothing", async () => {
  const sealer = new FrameSealer(suite, KEY, 100);
  const opener = new FrameOpener(suite, KEY, 0);
  const first = await sealer.seal(picture, 0);
  const second = await sealer.seal(picture, 100);
  await assert.rejects(opener.open(flipped(second), 100), { code: "open-failed" });
  assert.equal(opener.generation, 0);
  assert.deepEqual(await opener.open(first, 100), picture);
  assert.deepEqual(await opener.open(second, 100), picture);
  await assert.rejects(opener.open(second, 100), { code: "open-failed" }, "a replay");
});

Deno.test("lost generations are caught up with, within the look-ahead", async () => {
  const sealer = new FrameSealer(suite, KEY, 1);
  const opener = new FrameOpener(suite, KEY, 0);
  let frame = await sealer.seal(picture, 0);
  for (let i = 1; i <= KEY_LOOK_AHEAD; i++) frame = await sealer.seal(picture, i);
  assert.deepEqual(await opener.open(frame, 9), picture);
  for (let i = 10; i <= 10 + KEY_LOOK_AHEAD; i++) frame = await sealer.seal(picture, i);
  assert.equal(sealer.generation, opener.generation + KEY_LOOK_AHEAD + 1);
  await assert.rejects(opener.open(frame, 9), { code: "open-failed" });
  await assert.rejects(opener.open(new Uint8Array(0), 9), { code: "open-failed" });
});
