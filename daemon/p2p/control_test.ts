import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodePong,
  decodeReport,
  decodeTag,
  encodePong,
  encodeReport,
  encodeTag,
  MAX_TAG,
} from "./control.ts";
import { random } from "./link_for_tests.ts";

Deno.test("decodeTag() reads what encodeTag() wrote, and every tag has one size", () => {
  for (const length of [32, 45, MAX_TAG]) {
    const tag = random(length);
    assert.equal(encodeTag(tag).length, MAX_TAG + 2);
    assert.deepEqual(decodeTag(encodeTag(tag)), tag);
  }
  assert.throws(() => encodeTag(random(MAX_TAG + 1)), RangeError);
  assert.throws(() => decodeTag(random(40)), RangeError);
  assert.throws(() => decodeTag(new Uint8Array(MAX_TAG + 2).fill(0xff)), RangeError);
});

Deno.test("decodePong() reads what encodePong() wrote", () => {
  const pong = {
    token: random(8),
    receivedAt: 1_795_308_595_532.267,
    sentAt: 1_795_308_595_532.3,
    tagVerified: true,
    observed: "[fd00::2]:4000",
  };
  assert.deepEqual(decodePong(encodePong(pong)), pong);
});

Deno.test("decodePong() refuses a text that is no address", () => {
  const pong = { token: random(8), receivedAt: 1, sentAt: 2, tagVerified: false, observed: "" };
  for (const observed of ["", "<b>home</b>", "1".repeat(65)]) {
    assert.throws(() => decodePong(encodePong({ ...pong, observed })), RangeError);
  }
  assert.throws(() => decodePong(random(12)));
});

Deno.test("decodeReport() reads what encodeReport() wrote; wild figures are held", () => {
  const report = {
    received: 900,
    dropped: 3,
    bytes: 24_000_000_000,
    opened: 899,
    openFailures: 1,
    fps: 29.97,
    latencyMs: { p50: 7.125, p95: 19.5 },
  };
  assert.deepEqual(decodeReport(encodeReport(report)), report);
  const none = { ...report, latencyMs: null };
  assert.deepEqual(decodeReport(encodeReport(none)), none);
  fc.assert(fc.property(fc.double(), (figure) => {
    const held = decodeReport(encodeReport({ ...report, fps: figure, opened: figure }));
    assert.ok(held.fps >= 0 && held.opened >= 0);
  }));
  assert.throws(() => decodeReport(random(10)), RangeError);
  assert.throws(() => decodeReport(random(37)), RangeError);
});
