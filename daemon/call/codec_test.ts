import assert from "node:assert/strict";
import fc from "fast-check";
import type { Bytes } from "../base/mod.ts";
import { el, LIMITS_AFTER_AUTH, parseElement, serialise } from "../xmpp/core/mod.ts";
import { decodeSignal, encodeSignal, isCallContent } from "./codec.ts";
import { CALL_NS, type Signal } from "./signal.ts";
import { isTag, makeTag, showTag, TAG_NAME_LIMIT } from "./tag.ts";

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => bytes.toHex());
const bytes = (least: number, most: number) =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((it) => it as Bytes);
const id = hex(16);
const time = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const tag = fc.tuple(fc.string({ unit: "grapheme" }), bytes(32, 32)).map(([name, random]) =>
  makeTag(name, () => random)
);
const candidates = fc.array(
  record({
    kind: fc.constantFrom("host", "loopback", "relay"),
    host: fc.oneof(fc.ipV4(), fc.ipV6()),
    port: fc.nat(0xffff),
    priority: fc.nat(0xffff),
  }),
  { maxLength: 16 },
);
const side = {
  id,
  time,
  dh: bytes(1, 64),
  kem: fc.option(bytes(1, 1184)),
  tag,
  candidates,
};
const signal: fc.Arbitrary<Signal> = fc.oneof(
  record({
    kind: fc.constant("propose" as const),
    id,
    time,
    suites: fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 8 }),
    codecs: fc.array(fc.nat(0xff), { minLength: 1, maxLength: 8 }),
  }),
  record({
    kind: fc.constant("accept" as const),
    suite: fc.nat(0xffff),
    codec: fc.nat(0xff),
    ...side,
  }),
  record({ kind: fc.constant("reply" as const), ...side }),
  record({ kind: fc.constant("ringing" as const), id }),
  record({
    kind: fc.constant("reject" as const),
    id,
    reason: fc.constantFrom("declined" as const, "busy" as const, "failed" as const),
  }),
  record({ kind: fc.constant("retract" as const), id, reason: fc.constant("glare" as const) }),
  record({ kind: fc.constant("finish" as const), id, reason: fc.constant("lost" as const) }),
  record({ kind: fc.constant("taken" as const), id, device: hex(8) }),
  record({ kind: fc.constant("missed" as const), id, time }),
  record({
    kind: fc.constant("camera" as const),
    id,
    state: fc.constantFrom("live" as const, "off" as const, "no-signal" as const),
    number: fc.nat(0xffff_ffff),
  }),
);

Deno.test("every signal survives its way through XML", () => {
  fc.assert(
    fc.property(signal, (signal) => {
      const element = parseElement(serialise(encodeSignal(signal)), LIMITS_AFTER_AUTH);
      assert(isCallContent(element));
      assert.deepEqual(decodeSignal(element), signal);
    }),
    { numRuns: 200 },
  );
});

Deno.test("decodeSignal() refuses what passes a bound or lacks a part", () => {
  const good = encodeSignal({
    kind: "reply",
    id: "0".repeat(32),
    time: 1,
    dh: new Uint8Array(32),
    kem: null,
    tag: new Uint8Array(40),
    candidates: [],
  });
  decodeSignal(good);
  const spoilt = (change: (copy: typeof good) => void) => {
    const copy = parseElement(serialise(good), LIMITS_AFTER_AUTH);
    change(copy);
    assert.throws(() => decodeSignal(copy), { code: "bad-signal" });
  };
  spoilt((it) => it.attrs.id = "0".repeat(31));
  spoilt((it) => it.attrs.time = "-1");
  spoilt((it) => it.attrs.time = "99999999999999999999");
  spoilt((it) => it.attrs.xmlns = "urn:simpp:call:1");
  spoilt((it) => it.remove(it.getChild("key", CALL_NS)!));
  spoilt((it) => it.remove(it.getChild("tag", CALL_NS)!));
  spoilt((it) => it.append(el("tag", {}, "AAAA")));
  spoilt((it) => it.append(el("kem", {}, "not base64!")));
  spoilt((it) => it.append(el("kem", {}, new Uint8Array(4096).toBase64())));
  spoilt((it) => it.append(el("candidate", { kind: "host" })));
  spoilt((it) => {
    for (let i = 0; i < 17; i++) {
      it.append(el("candidate", { kind: "host", host: "::1", port: "1", priority: "1" }));
    }
  });
});

Deno.test("a tag holds the camera's name, cut between characters, and 32 random bytes", () => {
  const long = makeTag("é".repeat(300), (length) => new Uint8Array(length).fill(7));
  assert.equal(long.length, TAG_NAME_LIMIT + 32);
  assert(isTag(long));
  assert.equal(
    showTag(makeTag("HD Webcam", (n) => new Uint8Array(n).fill(7))),
    "HD Webcam #07070707",
  );
  assert(!isTag(new Uint8Array(31)));
  assert(!isTag(new Uint8Array(33).fill(0xff)));
  assert(!isTag(new Uint8Array(TAG_NAME_LIMIT + 33)));
});
