import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, concat, SimppdError, utf8 } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { openFile, sealFile } from "./sealed_file.ts";

const cost = { logN: 15, r: 8, p: 1 };
const HEADER = 28;
const CHUNK = 65_536 + 16;
const refused = (...codes: string[]) => (error: unknown) =>
  error instanceof SimppdError && codes.includes(error.code);

async function whole(parts: AsyncIterable<Uint8Array>): Promise<Bytes> {
  return concat(...await Array.fromAsync(parts));
}
async function* cutAt(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}
const seal = (plain: Uint8Array) => whole(sealFile([plain], "a passphrase", systemRandom, cost));
const open = (sealed: Uint8Array, passphrase = "a passphrase") =>
  whole(openFile(cutAt(sealed, 50_000), passphrase));

Deno.test("a sealed file opens to what was sealed, at every size around a chunk's", async () => {
  for (const size of [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]) {
    const plain = new Uint8Array(size).map((_, at) => at * 31);
    const sealed = await seal(plain);
    assert.equal(sealed.length, HEADER + size + 16 * Math.max(1, Math.ceil(size / 65_536)));
    assert.deepEqual(await open(sealed), plain);
  }
});

Deno.test("a sealed file that was cut, extended or put in another order is refused", async () => {
  const sealed = await seal(new Uint8Array(3 * 65_536).map((_, at) => at * 31));
  const chunk = (at: number) => sealed.subarray(HEADER + at * CHUNK, HEADER + (at + 1) * CHUNK);
  const header = sealed.subarray(0, HEADER);
  const forged: Record<string, Uint8Array> = {
    "without its last chunk": sealed.subarray(0, HEADER + 2 * CHUNK),
    "cut in a chunk": sealed.subarray(0, HEADER + 2 * CHUNK + 40),
    "header only": header,
    "with a byte more": concat(sealed, Uint8Array.of(0)),
    "with its last chunk twice": concat(sealed, chunk(2)),
    "in another order": concat(header, chunk(1), chunk(0), chunk(2)),
    "without a chunk in the middle": concat(header, chunk(0), chunk(2)),
  };
  for (const [what, bytes] of Object.entries(forged)) {
    await assert.rejects(open(bytes), refused("backup-damaged", "wrong-passphrase"), what);
  }
});

Deno.test("a wrong passphrase, another version and another file are told apart", async () => {
  const sealed = await seal(utf8("content"));
  await assert.rejects(open(sealed, "another passphrase"), refused("wrong-passphrase"));
  await assert.rejects(open(sealed.with(8, 2)), refused("backup-newer"));
  await assert.rejects(
    open(utf8("PK something else entirely, long enough")),
    refused("not-a-backup"),
  );
  await assert.rejects(open(new Uint8Array()), refused("not-a-backup"));
  // A file may not ask for more memory than we want to give.
  await assert.rejects(open(sealed.with(9, 30)), refused("not-a-backup"));
});

Deno.test("no flipped bit of a sealed file goes unnoticed", async () => {
  const sealed = await seal(utf8("content"));
  await fc.assert(
    fc.asyncProperty(fc.nat(sealed.length * 8 - 1), async (bit) => {
      const at = bit >> 3;
      await assert.rejects(open(sealed.with(at, sealed[at]! ^ 1 << (bit & 7))), SimppdError);
    }),
    { numRuns: 12 },
  );
});
