import { type Bytes, concat, SimppdError, utf8, WireReader, WireWriter } from "../base/mod.ts";
import {
  aesGcmOpen,
  aesGcmSeal,
  checkCost,
  hkdf,
  OpenError,
  passphraseKey,
  type Random,
  SCRYPT_COST,
  type ScryptCost,
} from "../crypto/mod.ts";
import { wrongPassphrase } from "./attempts.ts";

const MAGIC = utf8("SIMPPDBK");
const VERSION = 1;
const HEADER = 28;
const TAG = 16;
/** Plain bytes in every chunk but the last. */
const CHUNK = 65_536;

/**
 * Seals a stream into a backup file (docs/protocol.md "Backup file"): a header, then chunks that
 * cannot be changed, cut, reordered or extended (STREAM, Hoang et al. 2015).
 */
export async function* sealFile(
  plain: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  passphrase: string,
  random: Random,
  cost: ScryptCost = SCRYPT_COST,
): AsyncGenerator<Bytes, void, void> {
  const salt = random(16);
  const header = new WireWriter().raw(MAGIC).u8(VERSION)
    .u8(cost.logN).u8(cost.r).u8(cost.p).raw(salt).finish();
  const key = fileKey(await passphraseKey(passphrase, salt, cost), header);
  yield header;
  let number = 0;
  for await (const { chunk, last } of chunksOf(plain, CHUNK)) {
    yield aesGcmSeal(key, nonceOf(number++, last), chunk, new Uint8Array());
  }
}

/**
 * Opens what {@link sealFile} made. What it yields is authentic, but only once it has ended without
 * an error is it known to be all.
 *
 * @throws SimppdError `not-a-backup`, `backup-newer`, `wrong-passphrase`, `backup-damaged`
 */
export async function* openFile(
  sealed: AsyncIterable<Uint8Array>,
  passphrase: string,
): AsyncGenerator<Bytes, void, void> {
  let key: Bytes | undefined;
  let number = 0;
  for await (const { chunk, last } of chunksOf(sealed, CHUNK + TAG, HEADER)) {
    if (key === undefined) {
      const { salt, cost } = readHeader(chunk);
      if (last) throw damaged();
      key = fileKey(await passphraseKey(passphrase, salt, cost), chunk);
      continue;
    }
    const opened = tryOpen(key, nonceOf(number, last), chunk);
    if (opened === null) {
      // A first chunk that opens as what it is not tells that the passphrase is right.
      const cut = number > 0 || tryOpen(key, nonceOf(number, !last), chunk) !== null;
      throw cut ? damaged() : wrongPassphrase();
    }
    number++;
    yield opened;
  }
}

function tryOpen(key: Bytes, nonce: Bytes, chunk: Bytes): Bytes | null {
  try {
    return aesGcmOpen(key, nonce, chunk, new Uint8Array());
  } catch (error) {
    if (error instanceof OpenError) return null;
    throw error;
  }
}

/** The header is bound by being part of the key. */
function fileKey(stretched: Bytes, header: Bytes): Bytes {
  return hkdf(stretched, header, utf8("simppd backup 1"), 32);
}

/** Seven zero bytes, the chunk's number in four, 1 for the last chunk. */
function nonceOf(number: number, last: boolean): Bytes {
  return new WireWriter().raw(new Uint8Array(7)).u32(number).u8(last ? 1 : 0).finish();
}

function readHeader(header: Uint8Array): { salt: Bytes; cost: ScryptCost } {
  try {
    const reader = new WireReader(header);
    if (!reader.raw(MAGIC.length).every((byte, at) => byte === MAGIC[at])) throw new RangeError();
    const version = reader.u8();
    if (version !== VERSION) {
      throw new SimppdError(
        "backup-newer",
        `This backup has format ${version}, and this simppd knows format ${VERSION}. Restore it ` +
          "with the simppd that made it, or a newer one.",
      );
    }
    const cost = { logN: reader.u8(), r: reader.u8(), p: reader.u8() };
    checkCost(cost);
    return { cost, salt: reader.raw(16) };
  } catch (error) {
    if (error instanceof SimppdError) throw error;
    throw new SimppdError("not-a-backup", "This file is no backup made by simppd.", error);
  }
}

/** What is wrong with a backup that the passphrase opens in part. */
export function damaged(cause?: unknown): SimppdError {
  return new SimppdError(
    "backup-damaged",
    "The backup is damaged or not whole; nothing was restored. Take another copy of it.",
    cause,
  );
}

/**
 * Cuts a stream into pieces of `size` bytes (the first of `first`), the last one shorter; even an
 * empty stream has a last one.
 */
async function* chunksOf(
  stream: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  size: number,
  first = size,
): AsyncGenerator<{ chunk: Bytes; last: boolean }, void, void> {
  let parts: Uint8Array[] = [];
  let held = 0;
  let wanted = first;
  for await (const part of stream) {
    parts.push(part);
    held += part.length;
    if (held <= wanted) continue; // one byte more tells that a full piece is not the last
    let all = concat(...parts);
    for (; all.length > wanted; wanted = size) {
      yield { chunk: all.slice(0, wanted), last: false };
      all = all.slice(wanted);
    }
    parts = [all];
    held = all.length;
  }
  yield { chunk: concat(...parts), last: true };
}
