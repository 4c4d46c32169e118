import assert from "node:assert/strict";
import fc from "fast-check";
import { utf8 } from "../base/mod.ts";
import {
  DatagramReader,
  DatagramType,
  DatagramWriter,
  HEADER_BYTES,
  MAC_BYTES,
  MAX_BODY,
  MAX_DATAGRAM,
} from "./datagram.ts";
import { pathDirections, selectorOf } from "./keys.ts";
import { random } from "./link_for_tests.ts";

function sides() {
  const callId = random(8);
  const { send, receive } = pathDirections({ send: random(32), receive: random(32) }, callId);
  const selector = selectorOf(callId);
  return {
    writer: new DatagramWriter(send, selector),
    reader: () => new DatagramReader(send, selector),
    ownReader: new DatagramReader(receive, selector),
  };
}

Deno.test("read() gives back what clear() and sealed() made", () => {
  const { writer, reader } = sides();
  const types = fc.constantFrom(...Object.values(DatagramType));
  const receiver = reader();
  fc.assert(fc.property(
    types,
    fc.uint8Array({ maxLength: MAX_BODY - 16 }),
    fc.boolean(),
    (type, body, seal) => {
      const datagram = seal ? writer.sealed(type, body) : writer.clear(type, body);
      assert.ok(datagram.length <= MAX_DATAGRAM);
      const read = receiver.read(datagram);
      assert.ok(typeof read === "object");
      assert.equal(read.type, type);
      assert.deepEqual(new Uint8Array(seal ? receiver.open(read) : read.body), body);
    },
  ));
});

Deno.test("read() refuses a datagram with any one bit changed", () => {
  const { writer, reader } = sides();
  const datagram = writer.clear(DatagramType.fragment, random(50));
  const receiver = reader();
  for (let bit = 0; bit < datagram.length * 8; bit++) {
    const changed = datagram.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(receiver.read(changed), "stray", `bit ${bit}`);
  }
  assert.ok(typeof receiver.read(datagram) === "object", "the strays have not used its number up");
});

Deno.test("read() refuses every cut and every lengthening", () => {
  const { writer, reader } = sides();
  const datagram = writer.clear(DatagramType.fragment, random(60));
  const receiver = reader();
  for (let length = 0; length < datagram.length; length++) {
    assert.equal(receiver.read(datagram.subarray(0, length)), "stray");
  }
  for (const more of [1, 8, 2_000]) {
    const longer = new Uint8Array(datagram.length + more);
    longer.set(datagram);
    assert.equal(receiver.read(longer), "stray");
  }
});

Deno.test("read() refuses random bytes", () => {
  const { reader } = sides();
  const receiver = reader();
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1_300 }), (bytes) => {
    assert.equal(receiver.read(bytes), "stray");
  }));
});

Deno.test("read() takes a datagram once", () => {
  const { writer, reader } = sides();
  const receiver = reader();
  const datagram = writer.clear(DatagramType.nack, random(10));
  assert.ok(typeof receiver.read(datagram) === "object");
  assert.equal(receiver.read(datagram), "replay");
});

Deno.test("read() refuses our own datagram sent back to us", () => {
  const { writer, ownReader } = sides();
  assert.equal(ownReader.read(writer.clear(DatagramType.ping, random(8))), "stray");
});

Deno.test("a sealed body is not in the datagram, and two of the same differ", () => {
  const { writer } = sides();
  const tag = utf8("a camera's name that nobody else should read");
  const [one, two] = [writer.sealed(DatagramType.tag, tag), writer.sealed(DatagramType.tag, tag)];
  assert.equal(one.toHex().includes(tag.toHex()), false);
  const body = (it: Uint8Array) => it.subarray(HEADER_BYTES, it.length - MAC_BYTES).toHex();
  assert.notEqual(body(one), body(two));
});

Deno.test("begin() refuses a body that does not fit", () => {
  const { writer } = sides();
  assert.equal(writer.clear(DatagramType.fragment, random(MAX_BODY)).length, MAX_DATAGRAM);
  assert.throws(() => writer.begin(DatagramType.fragment, MAX_BODY + 1), RangeError);
});
