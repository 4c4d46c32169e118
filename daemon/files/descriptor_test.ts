import assert from "node:assert/strict";
import fc from "fast-check";
import { fromHex } from "../base/mod.ts";
import { el, LIMITS_AFTER_AUTH, parseElement, serialise } from "../xmpp/core/mod.ts";
import vectors from "../../tests/vectors/file_descriptor.json" with { type: "json" };
import { type FileDescriptor, readDescriptor, writeDescriptor } from "./descriptor.ts";
import { safeName } from "./names.ts";
import { sealedLength } from "./sealing.ts";
import { inOrder } from "./sources.ts";
import { pattern } from "./testing.ts";
import { type Source, WAY_KINDS } from "./ways.ts";

const SIZE = 123_456;
const PLAIN: FileDescriptor = {
  id: "00112233445566778899aabbccddeeff",
  name: "Grüße & mehr.jpg",
  type: "image/jpeg",
  size: SIZE,
  suite: "chacha20-poly1305",
  key: pattern(32, 1),
  commitment: pattern(32, 2),
  hash: pattern(32, 3),
  sealedSize: sealedLength("chacha20-poly1305", SIZE),
  sources: [
    { kind: "direct", params: { token: "a b", port: "" } },
    { kind: "upload", url: "https://upload.test/x/y?z=1&a" },
  ],
  width: 640,
  height: 480,
  thumbnail: pattern(200, 4),
  display: true,
};

/** As it comes out of the XML that was sent. */
function sent(descriptor: FileDescriptor): FileDescriptor {
  return readDescriptor(parseElement(serialise(writeDescriptor(descriptor)), LIMITS_AFTER_AUTH));
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const source: fc.Arbitrary<Source> = fc.oneof(
  fc.webUrl({ validSchemes: ["https"] }).map((url) => ({ kind: "upload", url }) as const),
  fc.tuple(
    fc.constantFrom("direct" as const, "ibb" as const, "group" as const),
    fc.dictionary(
      fc.stringMatching(/^[a-z][a-z-]{0,10}$/),
      fc.string({ unit: "grapheme-ascii", maxLength: 50 }),
      { maxKeys: 4 },
    ),
  ).map(([kind, params]) => ({ kind, params: { ...params } })),
);
const descriptor = fc.record({
  id: bytes(16).map((id) => id.toHex()),
  name: fc.string({ unit: "grapheme" }).map(safeName),
  type: fc.constantFrom("image/png", "text/plain", "application/octet-stream"),
  size: fc.maxSafeNat().filter((size) => size < 2 ** 47),
  suite: fc.constantFrom("chacha20-poly1305", "aes-128-cbc-hmac"),
  key: bytes(32),
  commitment: bytes(32),
  hash: bytes(32),
  sources: fc.array(source, { maxLength: 8 }),
  width: fc.integer({ min: 1, max: 65_535 }),
  height: fc.integer({ min: 1, max: 65_535 }),
  thumbnail: fc.uint8Array({ minLength: 1, maxLength: 8192 }),
  display: fc.boolean(),
}, {
  requiredKeys: ["id", "name", "type", "size", "suite", "commitment", "hash", "sources", "display"],
}).map((made) => ({ ...made, sealedSize: sealedLength(made.suite, made.size) }) as FileDescriptor);

Deno.test("a descriptor is read as it was written", () => {
  assert.deepEqual(sent(PLAIN), PLAIN);
  fc.assert(fc.property(descriptor, (made) => {
    assert.deepEqual(sent(made), made);
  }));
});

Deno.test("descriptors are those of the vectors", () => {
  for (const { xml, fields } of vectors) {
    const read = readDescriptor(parseElement(xml, LIMITS_AFTER_AUTH));
    const { key, commitment, hash, ...rest } = fields;
    assert.deepEqual(read, {
      ...rest,
      ...(key === undefined ? {} : { key: fromHex(key) }),
      commitment: fromHex(commitment),
      hash: fromHex(hash),
    });
    assert.equal(serialise(writeDescriptor(read)), xml);
  }
});

Deno.test("readDescriptor() makes another's name safe, and overlooks what it does not know", () => {
  const xml = serialise(writeDescriptor(PLAIN))
    .replace(/<name>.*<\/name>/, "<name>../../evil&#x202e;gpj.exe</name>")
    .replace("<size>", "<desc>more</desc><new xmlns='urn:x'/><size>")
    .replace("<url-data", "<jinglepub xmlns='urn:xmpp:jinglepub:1'/><url-data")
    .replace(`disposition="inline"`, "");
  const read = readDescriptor(parseElement(xml, LIMITS_AFTER_AUTH));
  assert.equal(read.name, "evilgpj.exe");
  assert.deepEqual(read.sources, PLAIN.sources);
});

Deno.test("readDescriptor() refuses what is malformed", () => {
  const xml = serialise(writeDescriptor(PLAIN));
  const key = /<key>.*?<\/key>/;
  const changes: [string | RegExp, string][] = [
    [PLAIN.id, "../../../etc"],
    [PLAIN.id, PLAIN.id.toUpperCase()],
    ["<size>123456", "<size>-1"],
    ["<size>123456", "<size>1e9"],
    ["<size>123456", "<size>99999999999999999999"],
    ["<size>123456", "<size>1</size><size>123456"],
    ["<size>123456</size>", ""],
    ["image/jpeg</media-type>", "image/jpeg;x</media-type>"],
    ["image/jpeg</media-type>", `${"a".repeat(200)}/b</media-type>`],
    [key, "<key>AAAA</key>"],
    [key, "<key>!</key>"],
    [/algo="sha-256"/, `algo="md5"`],
    [/cipher="[^"]*"/, `cipher="urn:xmpp:ciphers:aes-256-gcm-nopadding:0"`],
    [/<commitment.*?<\/commitment>/, ""],
    ["https://", "http://"],
    ["https://", "file://"],
    [/<width>640/, "<width>0"],
    [/<width>640/, "<width>70000"],
    [/base64,/, `base64,${"A".repeat(12_000)}`],
    [`name="token"`, `name="__proto__"`],
    [`name="token"`, `name="${"a".repeat(40)}"`],
    [/<url-data[^>]*>/, "<url-data xmlns='http://jabber.org/protocol/url-data' target='x'/>"],
  ];
  for (const [from, to] of changes) {
    const changed = xml.replace(from, to);
    assert.notEqual(changed, xml, String(from));
    const element = parseElement(changed, LIMITS_AFTER_AUTH);
    assert.throws(() => readDescriptor(element), { code: "bad-descriptor" }, `${from} ${to}`);
  }
  assert.throws(() => readDescriptor(el("file-sharing")), { code: "bad-descriptor" });
  const many = Array.from({ length: 9 }, () => PLAIN.sources[1]!);
  assert.throws(() => sent({ ...PLAIN, sources: many }), { code: "bad-descriptor" });
});

const LARGEST: Source = { kind: "ibb", params: { a: "x".repeat(1024), b: "x".repeat(1022) } };

Deno.test("a descriptor's sources have 8,192 characters at most, and four parameters each", () => {
  const largest = { ...PLAIN, sources: Array.from({ length: 4 }, () => LARGEST) };
  assert.deepEqual(sent(largest), largest);
  const text = serialise(writeDescriptor({ ...PLAIN, sources: [LARGEST] }));
  const way = /<way .*<\/way>/.exec(text)![0];
  const param = /<param .*?<\/param>/.exec(way)![0];
  const more = ["c", "d", "e", "f"].map((name) => `<param name="${name}">x</param>`).join("");
  for (const hostile of [way.repeat(5), way.replace(param, more)]) {
    const element = parseElement(text.replace(way, hostile), LIMITS_AFTER_AUTH);
    assert.throws(() => readDescriptor(element), { code: "bad-descriptor" });
  }
});

Deno.test("writeDescriptor() writes nothing that cannot be read", () => {
  const wrong: Partial<FileDescriptor>[] = [
    { id: "x" },
    { name: "a/b" },
    { sealedSize: 1 },
    { key: new Uint8Array(31) },
    { thumbnail: new Uint8Array(8193) },
    { sources: [{ kind: "upload", url: "http://upload.test/" }] },
    { sources: [{ kind: "ibb", params: { "": "x" } }] },
    { sources: [{ kind: "ibb", params: { a: "", b: "", c: "", d: "", e: "" } }] },
    { sources: Array.from({ length: 8 }, () => LARGEST) },
  ];
  for (const part of wrong) {
    assert.throws(() => writeDescriptor({ ...PLAIN, ...part }), RangeError, JSON.stringify(part));
  }
});

Deno.test("inOrder() sorts sources by what is tried first, without those not allowed", () => {
  const [direct, upload] = PLAIN.sources as [Source, Source];
  assert.deepEqual(inOrder([upload, direct], WAY_KINDS), [direct, upload]);
  assert.deepEqual(inOrder([upload, direct], ["upload"]), [upload]);
});
