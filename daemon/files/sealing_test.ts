import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, concat, fromHex, toHex } from "../base/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import vectors from "../../tests/vectors/files.json" with { type: "json" };
import { SealedSource } from "./sealed_reader.ts";
import { sealFile } from "./sealed_writer.ts";
import {
  CHUNK,
  decodeHeader,
  encodeHeader,
  FileCipher,
  type FileSuite,
  HEADER_LENGTH,
  sealedLength,
} from "./sealing.ts";
import { pattern, source } from "./testing.ts";

const SUITES: FileSuite[] = ["chacha20-poly1305", "aes-128-cbc-hmac"];
const KEY = pattern(32, 3);
const SALT = pattern(32, 4);

function cipherOf(suite: FileSuite, size: number, key = KEY): FileCipher {
  return new FileCipher(key, { suite, size, salt: SALT });
}

async function sealed(suite: FileSuite, plain: Uint8Array, piece?: number): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  const cipher = cipherOf(suite, plain.length);
  for await (const part of sealFile(source(plain, piece).bytes, cipher)) parts.push(part.slice());
  return concat(...parts);
}

/** Opens sealed bytes as from the disk. */
async function opened<T>(
  bytes: Uint8Array,
  cipher: FileCipher,
  use: (file: SealedSource) => Promise<T>,
  key = KEY,
): Promise<T> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    const file = await SealedSource.open(path, {
      suite: cipher.header.suite,
      size: cipher.header.size,
      commitment: cipher.commitment,
      key,
    });
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  } finally {
    await Deno.remove(path);
  }
}

async function all(file: SealedSource): Promise<Bytes> {
  return concat(...await Array.fromAsync(file.chunks()));
}

Deno.test("a file opens as it was, whatever its length and the pieces it came in", async () => {
  const sizes = [0, 1, 15, 16, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 17 * CHUNK + 5, 32 * CHUNK];
  for (const suite of SUITES) {
    for (const size of sizes) {
      const plain = pattern(size);
      for (const piece of [10_007, CHUNK, 1 << 20]) {
        const bytes = await sealed(suite, plain, piece);
        assert.equal(bytes.length, sealedLength(suite, size));
        const back = await opened(bytes, cipherOf(suite, size), all);
        assert.deepEqual(sha256(back), sha256(plain), `${suite} ${size} by ${piece}`);
      }
    }
  }
});

Deno.test("SealedSource.read() gives any part, and opens only what it touches", async () => {
  for (const suite of SUITES) {
    const plain = pattern(5 * CHUNK + 1234);
    const bytes = await sealed(suite, plain);
    // The fourth chunk is broken: who reads elsewhere does not notice.
    const cipher = cipherOf(suite, plain.length);
    bytes[cipher.place(3).offset + 5]! ^= 1;
    await opened(bytes, cipher, async (file) => {
      const part = fc.tuple(fc.nat(plain.length + 10), fc.nat(3 * CHUNK));
      await fc.assert(
        fc.asyncProperty(part, async ([offset, length]) => {
          const wanted = plain.subarray(offset, offset + length);
          const touched = wanted.length > 0 && offset < 4 * CHUNK && offset + length > 3 * CHUNK;
          if (touched) await assert.rejects(file.read(offset, length), { code: "open-failed" });
          else assert.deepEqual(await file.read(offset, length), wanted);
        }),
        { numRuns: 150 },
      );
      assert.throws(() => file.read(-1, 5), RangeError);
      assert.throws(() => file.read(0, Infinity), RangeError);
      const reads = [0, CHUNK - 3, 10].map((at) => file.read(at, 6));
      const found = await Promise.all(reads);
      assert.deepEqual(found, [0, CHUNK - 3, 10].map((at) => plain.subarray(at, at + 6)));
    });
  }
});

/** A sealed file in pieces: the header, then its chunks. */
function pieces(bytes: Uint8Array, cipher: FileCipher): Uint8Array[] {
  const chunks = Array.from({ length: cipher.chunks }, (_, index) => {
    const { offset, length } = cipher.place(index);
    return bytes.subarray(offset, offset + length);
  });
  return [bytes.subarray(0, HEADER_LENGTH), ...chunks];
}

Deno.test("a sealed file with a chunk flipped, swapped, dropped, doubled or appended does not open", async () => {
  for (const suite of SUITES) {
    const size = 3 * CHUNK;
    const cipher = cipherOf(suite, size);
    const bytes = await sealed(suite, pattern(size));
    const [head, one, two, three] = pieces(bytes, cipher) as [Bytes, Bytes, Bytes, Bytes];
    const changed: Record<string, Bytes> = {
      swapped: concat(head, two, one, three),
      "swapped with the last": concat(head, one, three, two),
      dropped: concat(head, one, three),
      "cut at a chunk": concat(head, one, two),
      doubled: concat(head, one, one, two, three),
      replaced: concat(head, one, one, three),
      appended: concat(head, one, two, three, three),
      "a byte appended": concat(bytes, Uint8Array.of(0)),
      "a byte cut": bytes.subarray(0, -1) as Bytes,
    };
    for (let bit = 0; bit < 60; bit++) {
      const flipped = bytes.slice();
      flipped[Math.floor(bit * bytes.length / 60)]! ^= 1 << bit % 8;
      changed[`bit ${bit} flipped`] = flipped;
    }
    for (const [name, other] of Object.entries(changed)) {
      await assert.rejects(opened(other, cipher, all), { code: "open-failed" }, `${suite} ${name}`);
    }
    assert.equal((await opened(bytes, cipher, all)).length, size);
  }
});

Deno.test("a header says its file's length: another header opens nothing", async () => {
  for (const suite of SUITES) {
    const bytes = await sealed(suite, pattern(2 * CHUNK));
    // As short as one chunk says it is: that chunk was not the last when it was sealed.
    const shorter = encodeHeader({ suite, size: CHUNK, salt: SALT });
    const cut = concat(shorter, bytes.subarray(HEADER_LENGTH, sealedLength(suite, CHUNK)));
    await assert.rejects(opened(cut, cipherOf(suite, CHUNK), all), { code: "open-failed" });
  }
});

Deno.test("decodeHeader() takes one spelling of a header alone", () => {
  const header = encodeHeader({ suite: "chacha20-poly1305", size: 5, salt: SALT });
  assert.deepEqual(decodeHeader(header), { suite: "chacha20-poly1305", size: 5, salt: SALT });
  for (const at of [0, 7, 8, 9, 10, 11, 12, 52, 63]) {
    const other = header.slice();
    other[at] = 0xff;
    assert.throws(() => decodeHeader(other), { code: "open-failed" }, `byte ${at}`);
  }
  assert.throws(() => decodeHeader(header.subarray(1)), { code: "open-failed" });
  assert.throws(() => decodeHeader(concat(header, header)), { code: "open-failed" });
  for (const size of [-1, 1.5, NaN, 2 ** 53]) {
    assert.throws(() => encodeHeader({ suite: "chacha20-poly1305", size, salt: SALT }), RangeError);
  }
});

Deno.test("a file opens under one key: the commitment is another's for any other", async () => {
  const cipher = cipherOf("chacha20-poly1305", 10);
  const bytes = await sealed("chacha20-poly1305", pattern(10));
  const other = pattern(32, 9);
  await assert.rejects(opened(bytes, cipher, all, other), { code: "open-failed" });
  assert.notDeepEqual(cipherOf("chacha20-poly1305", 10, other).commitment, cipher.commitment);
  await assert.rejects(opened(bytes, cipher, all, other.subarray(1)), { code: "open-failed" });
});

Deno.test("the same key and file sealed again have another salt and nothing in common", async () => {
  const plain = pattern(100);
  const seal = async (seed: number) => {
    const cipher = FileCipher.create(KEY, "chacha20-poly1305", 100, (n) => pattern(n, seed));
    const parts = await Array.fromAsync(sealFile(source(plain).bytes, cipher), (p) => p.slice());
    return concat(...parts).subarray(HEADER_LENGTH);
  };
  const [a, b] = [await seal(1), await seal(2)];
  assert.ok(a.filter((byte, i) => byte === b[i]).length < 10);
});

Deno.test("sealFile() says so when not as much comes as was said", async () => {
  for (const came of [0, 99, 101, CHUNK * 40]) {
    const pieces = sealFile(source(pattern(came)).bytes, cipherOf("chacha20-poly1305", 100));
    await assert.rejects(Array.fromAsync(pieces), { code: "file-changed" });
  }
});

Deno.test("sealed files are byte for byte those of the vectors", async () => {
  for (const { suite, key, salt, size, commitment, sealedSize, hash, first } of vectors) {
    const cipher = new FileCipher(fromHex(key), {
      suite: suite as FileSuite,
      size,
      salt: fromHex(salt),
    });
    const plain = Uint8Array.from({ length: size }, (_, i) => 7 * i + (i >> 8));
    const parts = sealFile(source(plain).bytes, cipher);
    const bytes = concat(...await Array.fromAsync(parts, (part) => part.slice()));
    assert.equal(toHex(cipher.commitment), commitment);
    assert.equal(bytes.length, sealedSize);
    assert.equal(toHex(sha256(bytes)), hash);
    assert.equal(toHex(bytes.subarray(0, 128)), first);
  }
});
