import type { Bytes } from "../base/mod.ts";
import { OpenError } from "../crypto/mod.ts";
import { decodeHeader, nextBaseKey, SFrameReceiver, type Suite } from "../sframe/mod.ts";
import { KEY_LOOK_AHEAD } from "./limits.ts";

/**
 * Opens one sender's frames and follows its key rotation. Keys up to {@link KEY_LOOK_AHEAD}
 * generations ahead are tried; the generation moves on only when a frame opened under the new key,
 * and `overlap` milliseconds later the keys before are forgotten.
 */
export class FrameOpener {
  readonly #suite: Suite;
  readonly #overlap: number;
  readonly #receiver = new SFrameReceiver();
  #generation = 0;
  /** Base key of the newest generation that was made ready, and its number. */
  #ahead: { generation: number; baseKey: Bytes };
  #oldest = 0;
  #forget: { below: number; at: number }[] = [];
  #ready: Promise<void>;

  constructor(suite: Suite, baseKey: Bytes, overlap: number) {
    this.#suite = suite;
    this.#overlap = overlap;
    this.#ahead = { generation: 0, baseKey };
    this.#ready = this.#receiver.addKey(0, suite, baseKey);
  }

  /** Newest generation a frame opened under. */
  get generation(): number {
    return this.#generation;
  }

  /** @throws OpenError whatever is wrong with the frame */
  async open(frame: Bytes, now: number): Promise<Bytes> {
    this.#forgetOld(now);
    const { kid } = decodeHeader(frame);
    if (kid > BigInt(this.#generation + KEY_LOOK_AHEAD)) throw new OpenError();
    const generation = Number(kid);
    this.#ready = this.#ready.then(() => this.#prepare(generation));
    await this.#ready;
    const { plaintext } = await this.#receiver.open(frame);
    if (generation > this.#generation) {
      this.#generation = generation;
      this.#forget.push({ below: generation, at: now + this.#overlap });
    }
    return plaintext;
  }

  async #prepare(generation: number): Promise<void> {
    while (this.#ahead.generation < generation) {
      const baseKey = await nextBaseKey(this.#ahead.baseKey, this.#suite.hash);
      this.#ahead = { generation: this.#ahead.generation + 1, baseKey };
      await this.#receiver.addKey(this.#ahead.generation, this.#suite, baseKey);
    }
  }

  #forgetOld(now: number): void {
    while (this.#forget[0] !== undefined && now >= this.#forget[0].at) {
      const { below } = this.#forget.shift()!;
      while (this.#oldest < below) this.#receiver.removeKey(this.#oldest++);
    }
  }
}
