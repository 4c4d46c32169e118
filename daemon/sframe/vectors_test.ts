import assert from "node:assert/strict";
import { fromHex, toHex } from "../base/mod.ts";
import {
  aesCtrHmac,
  decodeHeader,
  deriveKeySalt,
  encodeHeader,
  FrameKey,
  SFrameReceiver,
  SFrameSender,
  suiteById,
} from "./mod.ts";

interface CipherVector {
  cipher_suite: number;
  key: string;
  nonce: string;
  aad: string;
  pt: string;
  ct: string;
}
interface FrameVector {
  cipher_suite: number;
  kid: string;
  ctr: string;
  base_key: string;
  sframe_key: string;
  sframe_salt: string;
  metadata: string;
  nonce: string;
  pt: string;
  ct: string;
}
interface Vectors {
  header: { kid: string; ctr: string; encoded: string }[];
  aes_ctr_hmac: CipherVector[];
  aes_256_ctr_hmac?: CipherVector[];
  sframe: FrameVector[];
}

/** The working group's whole file when it stands beside the checkout; numbers past 2^53 as text. */
async function wholeFile(): Promise<Vectors | undefined> {
  const url = new URL("../../../shared/vectors/sframe_rfc9605.json", import.meta.url);
  try {
    return parse(await Deno.readTextFile(url));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}

function parse(text: string): Vectors {
  return JSON.parse(text.replace(/"(kid|ctr)": *(\d+)/g, '"$1": "$2"'));
}

function checkHeaders(vectors: Vectors): void {
  for (const { kid, ctr, encoded } of vectors.header) {
    const header = { kid: BigInt(kid), counter: BigInt(ctr), length: encoded.length / 2 };
    assert.equal(toHex(encodeHeader(header.kid, header.counter)), encoded);
    assert.deepEqual(decodeHeader(fromHex(encoded)), header);
  }
}

async function checkCtrHmac(list: CipherVector[]): Promise<void> {
  for (const vector of list) {
    const wide = vector.cipher_suite > 5;
    const tagLength = fromHex(vector.ct).length - fromHex(vector.pt).length;
    const cipher = await aesCtrHmac(
      fromHex(vector.key),
      wide ? "SHA-512" : "SHA-256",
      wide ? 32 : 16,
      tagLength,
    );
    const [nonce, aad] = [fromHex(vector.nonce), fromHex(vector.aad)];
    assert.equal(toHex(await cipher.seal(nonce, aad, fromHex(vector.pt))), vector.ct);
    assert.equal(toHex(await cipher.open(nonce, aad, fromHex(vector.ct))), vector.pt);
  }
}

async function checkFrames(list: FrameVector[]): Promise<void> {
  assert.deepEqual(list.map((vector) => vector.cipher_suite), [1, 2, 3, 4, 5]);
  for (const vector of list) {
    const suite = suiteById(vector.cipher_suite);
    assert.ok(suite);
    const [kid, counter] = [Number(vector.kid), Number(vector.ctr)];
    const [baseKey, metadata] = [fromHex(vector.base_key), fromHex(vector.metadata)];
    const { key, salt } = await deriveKeySalt(suite, BigInt(kid), baseKey);
    assert.equal(toHex(key), vector.sframe_key);
    assert.equal(toHex(salt), vector.sframe_salt);
    const frameKey = await FrameKey.derive(suite, kid, baseKey);
    assert.equal(toHex(frameKey.nonce(counter)), vector.nonce);
    const sender = await SFrameSender.create(suite, kid, baseKey, counter);
    assert.equal(toHex(await sender.seal(fromHex(vector.pt), metadata)), vector.ct);
    const receiver = new SFrameReceiver();
    await receiver.addKey(kid, suite, baseKey);
    const opened = await receiver.open(fromHex(vector.ct), metadata);
    assert.deepEqual(opened, { kid, counter, plaintext: fromHex(vector.pt) });
  }
}

Deno.test("values of RFC 9605: headers, AES-CTR with HMAC, whole frames of all suites", async () => {
  // Read as text: JSON numbers past 2^53 would be rounded.
  const url = new URL("../../tests/vectors/sframe_rfc9605.json", import.meta.url);
  const vectors = parse(await Deno.readTextFile(url));
  assert.ok(vectors.header.length >= 10);
  checkHeaders(vectors);
  await checkCtrHmac(vectors.aes_ctr_hmac);
  await checkFrames(vectors.sframe);
});

Deno.test("every vector of the SFrame working group", async (t) => {
  const vectors = await wholeFile();
  if (vectors === undefined) {
    await t.step({
      name: "skipped: ../shared/vectors/sframe_rfc9605.json is absent",
      ignore: true,
      fn: () => {},
    });
    return;
  }
  assert.equal(vectors.header.length, 289);
  checkHeaders(vectors);
  await checkCtrHmac(vectors.aes_ctr_hmac);
  await checkCtrHmac(vectors.aes_256_ctr_hmac ?? []);
  await checkFrames(vectors.sframe);
});
