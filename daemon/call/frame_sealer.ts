import type { Bytes } from "../base/mod.ts";
import { nextBaseKey, SFrameSender, type Suite } from "../sframe/mod.ts";
import { FRAMES_A_KEY } from "./limits.ts";

/**
 * Seals one sender's frames and rotates its key: after `rotate` milliseconds or 2^20 frames the next
 * base key takes over, with its generation as key id, and the one before is forgotten.
 */
export class FrameSealer {
  readonly #suite: Suite;
  readonly #rotate: number;
  readonly #framesAKey: number;
  #baseKey: Bytes;
  #generation = 0;
  #sender: SFrameSender | undefined;
  #since = 0;

  /** @param rotate milliseconds a key is used */
  constructor(suite: Suite, baseKey: Bytes, rotate: number, framesAKey = FRAMES_A_KEY) {
    this.#suite = suite;
    this.#baseKey = baseKey;
    this.#rotate = rotate;
    this.#framesAKey = framesAKey;
  }

  /** Steps the key was rotated. */
  get generation(): number {
    return this.#generation;
  }

  /** Not to be called again before it resolved: one sender seals one frame after the other. */
  async seal(plaintext: Bytes, now: number): Promise<Bytes> {
    const sender = await this.#current(now);
    return await sender.seal(plaintext);
  }

  async #current(now: number): Promise<SFrameSender> {
    let sender = this.#sender;
    if (sender === undefined) {
      this.#since = now;
    } else if (now - this.#since >= this.#rotate || sender.counter >= this.#framesAKey) {
      this.#baseKey = await nextBaseKey(this.#baseKey, this.#suite.hash);
      this.#generation++;
      this.#since = now;
      sender = undefined;
    }
    return this.#sender = sender ??
      await SFrameSender.create(this.#suite, this.#generation, this.#baseKey);
  }
}
