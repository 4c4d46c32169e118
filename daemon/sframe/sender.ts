import { type Bytes, concat, SimppdError } from "../base/mod.ts";
import { encodeHeader } from "./header.ts";
import { FrameKey } from "./key_schedule.ts";
import type { Suite } from "./suite.ts";

const NO_METADATA = new Uint8Array(0);

/**
 * Seals one sender's frames under one base key. The counter lives here and nowhere else: no two
 * frames ever share a nonce, however many seals are under way at once.
 */
export class SFrameSender {
  readonly #key: FrameKey;
  #counter: number;

  private constructor(key: FrameKey, counter: number) {
    this.#key = key;
    this.#counter = counter;
  }

  /**
   * @param kid key id, 0…2^53 − 1
   * @param baseKey at least 16 bytes, this sender's alone: a second sender with the same base key
   *   and key id would repeat its nonces
   * @param firstCounter where counting starts, when a part of the range was used before
   * @throws SimppdError `bad-key`
   */
  static async create(
    suite: Suite,
    kid: number,
    baseKey: Bytes,
    firstCounter = 0,
  ): Promise<SFrameSender> {
    if (!Number.isSafeInteger(firstCounter) || firstCounter < 0) {
      throw new SimppdError("bad-key", "A counter is a whole number from 0 to 2^53 − 1.");
    }
    return new SFrameSender(await FrameKey.derive(suite, kid, baseKey), firstCounter);
  }

  /** The counter the next frame gets. */
  get counter(): number {
    return this.#counter;
  }

  /**
   * Header, ciphertext and tag of one frame (RFC 9605 section 4.4.3).
   * @param metadata authenticated with the frame but not carried in it
   * @throws SimppdError `key-exhausted` when every counter below 2^53 has been used
   */
  async seal(plaintext: Bytes, metadata: Bytes = NO_METADATA): Promise<Bytes> {
    const counter = this.#counter;
    if (!Number.isSafeInteger(counter)) {
      throw new SimppdError("key-exhausted", "This media key has sealed all it may: rotate it.");
    }
    this.#counter++;
    const header = encodeHeader(this.#key.kid, BigInt(counter));
    const aad = metadata.length === 0 ? header : concat(header, metadata);
    return concat(header, await this.#key.cipher.seal(this.#key.nonce(counter), aad, plaintext));
  }
}
