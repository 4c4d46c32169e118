import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../base/mod.ts";
import vectors from "../../tests/vectors/stun.json" with { type: "json" };
import fc from "fast-check";
import { random } from "./link_for_tests.ts";
import {
  decodeStun,
  decodeXorAddress,
  encodeStun,
  encodeXorAddress,
  looksLikeStun,
  MAX_STUN,
  StunAttribute,
  type StunAttributeValue,
  StunClass,
  stunError,
  StunMethod,
  verifyStun,
} from "./stun.ts";
import { longTermKey } from "./stun_credentials.ts";

type Vector = typeof vectors.messages[number];

function keyOf({ username = "", password, realm, sha256 = false }: Vector) {
  const key = realm === undefined
    ? utf8(password)
    : longTermKey({ username, password }, realm, sha256);
  return { key, sha256 };
}

for (const vector of vectors.messages) {
  Deno.test(`decodeStun() and verifyStun() take the message of ${vector.name}`, () => {
    const bytes = Uint8Array.fromHex(vector.bytes);
    const message = decodeStun(bytes)!;
    assert.equal(message.method, StunMethod.binding);
    assert.equal(message.class, vector.class);
    assert.equal(verifyStun(message, keyOf(vector)), true);
    assert.equal(verifyStun(message, { ...keyOf(vector), key: utf8("another") }), false);
    const { attributes, transaction } = message;
    if (vector.mapped !== undefined) {
      const mapped = decodeXorAddress(attributes.get(StunAttribute.xorMappedAddress), transaction);
      assert.deepEqual(mapped, vector.mapped);
    }
    if (vector.nonce !== undefined) {
      assert.equal(fromUtf8(attributes.get(StunAttribute.nonce)!), vector.nonce);
    }
    // Each byte counts; the fingerprint's own could be an attribute after the integrity.
    const end = vector.bytes.slice(-16, -8) === "80280004" ? bytes.length - 8 : bytes.length;
    for (let at = 8; at < end; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      const read = decodeStun(changed);
      assert.ok(read === undefined || !verifyStun(read, keyOf(vector)), `byte ${at}`);
    }
  });
}

Deno.test("encodeStun() writes the long-term requests of RFC 5769 and RFC 8489 to the byte", () => {
  for (const vector of vectors.messages.filter(({ realm }) => realm !== undefined)) {
    const bytes = Uint8Array.fromHex(vector.bytes);
    const message = decodeStun(bytes)!;
    const written = encodeStun(message, [...message.attributes], {
      key: keyOf(vector),
      fingerprint: false,
    });
    assert.deepEqual(written, bytes);
  }
});

const attributes = fc.array(
  fc.tuple(
    fc.constantFrom(
      ...Object.values(StunAttribute).filter((type) =>
        type !== StunAttribute.fingerprint && type !== StunAttribute.messageIntegrity &&
        type !== StunAttribute.messageIntegritySha256
      ),
    ),
    fc.uint8Array({ maxLength: 40 }),
  ),
  { maxLength: 8 },
);

Deno.test("decodeStun() reads what encodeStun() wrote, and no part or prolongation of it", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(StunMethod)),
      fc.constantFrom(...Object.values(StunClass)),
      attributes,
      fc.boolean(),
      fc.nat(),
      (method, kind, values, sha256, cut) => {
        const transaction = random(12);
        const key = { key: random(16), sha256 };
        const bytes = encodeStun({ method, class: kind, transaction }, values, { key });
        const message = decodeStun(bytes)!;
        assert.equal(message.method, method);
        assert.equal(message.class, kind);
        assert.deepEqual(message.transaction, transaction);
        assert.equal(verifyStun(message, key), true);
        for (const [type, value] of values.toReversed()) {
          const first = values.find(([other]) => other === type)!;
          if (first[1] === value) assert.deepEqual([...message.attributes.get(type)!], [...value]);
        }
        assert.equal(decodeStun(bytes.subarray(0, cut % bytes.length)), undefined);
        assert.equal(decodeStun(new Uint8Array([...bytes, 0, 0, 0, 0])), undefined);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("decodeStun() takes any bytes at all without a throw", () => {
  const header = new Uint8Array([1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, framed) => {
      const bytes = framed ? new Uint8Array([...header, ...noise]) : noise;
      if (framed && bytes.length >= 20) {
        bytes[2] = bytes.length - 20 >> 8;
        bytes[3] = bytes.length - 20 & 0xff;
      }
      const message = decodeStun(bytes);
      if (message === undefined) return;
      stunError(message);
      for (const value of message.attributes.values()) {
        decodeXorAddress(value, message.transaction);
      }
      assert.equal(verifyStun(message, { key: utf8("key"), sha256: framed }), false);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("decodeStun() refuses too many attributes, too many bytes and a wrong fingerprint", () => {
  const head = { method: 1, class: StunClass.success, transaction: random(12) };
  const many = (count: number): StunAttributeValue[] =>
    Array.from({ length: count }, () => [0x8022, new Uint8Array(0)]);
  assert.notEqual(decodeStun(encodeStun(head, many(31))), undefined);
  assert.equal(decodeStun(encodeStun(head, many(32))), undefined);
  assert.throws(() => encodeStun(head, [[0x8022, new Uint8Array(MAX_STUN)]]), RangeError);
  const bytes = encodeStun(head, []);
  bytes[bytes.length - 1]! ^= 1;
  assert.equal(looksLikeStun(bytes), true);
  assert.equal(decodeStun(bytes), undefined);
});

Deno.test("what follows the integrity of a message does not count", () => {
  const key = { key: random(16), sha256: false };
  const head = { method: 1, class: StunClass.success, transaction: random(12) };
  const genuine = encodeStun(head, [], { key, fingerprint: false });
  const forged = encodeXorAddress("192.0.2.66", 9, head.transaction);
  const bytes = new Uint8Array([...genuine, 0, 0x20, 0, 8, ...forged]);
  bytes[3] = bytes.length - 20;
  const message = decodeStun(bytes)!;
  assert.equal(verifyStun(message, key), true);
  assert.equal(message.attributes.size, 0);
});

Deno.test("an attribute that must be understood and is not makes a message strange", () => {
  const head = { method: 1, class: StunClass.success, transaction: random(12) };
  assert.equal(decodeStun(encodeStun(head, [[0x7ffe, random(4)]]))!.strange, true);
  assert.equal(decodeStun(encodeStun(head, [[0x8ffe, random(4)]]))!.strange, false);
});

Deno.test("XORed addresses come back as they were; none that cannot be sent to is read", () => {
  const transaction = random(12);
  for (
    const host of ["192.0.2.1", "127.0.0.1", "2001:db8::1", "::1", "fd00::a:0:0:1", "2001:db8::"]
  ) {
    const value = encodeXorAddress(host, 4711, transaction);
    assert.deepEqual(decodeXorAddress(value, transaction), { host, port: 4711 });
    assert.notDeepEqual(decodeXorAddress(value, random(12)), {
      host,
      port: host.includes(":") ? 4711 : 0,
    });
  }
  for (const host of ["0.0.0.0", "224.0.0.1", "255.255.255.255", "ff02::1", "::"]) {
    assert.equal(decodeXorAddress(encodeXorAddress(host, 9, transaction), transaction), undefined);
  }
  assert.equal(
    decodeXorAddress(encodeXorAddress("192.0.2.1", 0, transaction), transaction),
    undefined,
  );
});
