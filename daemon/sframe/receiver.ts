import { type Bytes, concat, SimppdError } from "../base/mod.ts";
import { OpenError } from "../crypto/mod.ts";
import { decodeHeader } from "./header.ts";
import { FrameKey } from "./key_schedule.ts";
import { ReplayWindow } from "./replay_window.ts";
import type { Suite } from "./suite.ts";

/** A frame that opened. */
export interface OpenedFrame {
  kid: number;
  counter: number;
  plaintext: Bytes;
}

interface ReceiverKey {
  key: FrameKey;
  window: ReplayWindow | undefined;
}

/**
 * Opens frames under the base keys it was given, each with its own replay window. Every failure
 * (unknown key, short, changed, replayed) is the same OpenError.
 */
export class SFrameReceiver {
  readonly #keys = new Map<number, ReceiverKey>();
  readonly #replayWidth: number;

  /** @param options.replayWidth width of each key's window; 0 when the caller sees to replays */
  constructor(options: { replayWidth?: number } = {}) {
    this.#replayWidth = options.replayWidth ?? 8192;
  }

  /**
   * Frames under `kid` can be opened once this has resolved. A base key that was removed must not
   * be added again: its replay window is gone.
   * @throws SimppdError `bad-key` when the key id is in use, or key id or base key are out of range
   */
  async addKey(kid: number, suite: Suite, baseKey: Bytes): Promise<void> {
    const key = await FrameKey.derive(suite, kid, baseKey);
    if (this.#keys.has(kid)) throw new SimppdError("bad-key", `Key id ${kid} is in use.`);
    const window = this.#replayWidth === 0 ? undefined : new ReplayWindow(this.#replayWidth);
    this.#keys.set(kid, { key, window });
  }

  /** Frames under `kid` no longer open, those under way included. */
  removeKey(kid: number): void {
    this.#keys.delete(kid);
  }

  /**
   * Opens one frame (RFC 9605 section 4.4.4).
   * @param metadata what the sender authenticated with it
   * @throws OpenError whatever is wrong
   */
  async open(bytes: Bytes, metadata?: Bytes): Promise<OpenedFrame> {
    const header = decodeHeader(bytes);
    const kid = Number(header.kid);
    const counter = Number(header.counter);
    const held = this.#keys.get(kid);
    const sealed = bytes.subarray(header.length);
    if (
      held === undefined || held.key.kid !== header.kid || !Number.isSafeInteger(counter) ||
      sealed.length < held.key.suite.tagLength || held.window?.fresh(counter) === false
    ) {
      throw new OpenError();
    }
    const clear = bytes.subarray(0, header.length);
    const aad = metadata === undefined || metadata.length === 0 ? clear : concat(clear, metadata);
    let plaintext: Bytes;
    try {
      plaintext = await held.key.cipher.open(held.key.nonce(counter), aad, sealed);
    } catch {
      throw new OpenError();
    }
    // Two copies of a frame may have been opening at once, and the key may have gone meanwhile.
    if (this.#keys.get(kid) !== held || held.window?.commit(counter) === false) {
      throw new OpenError();
    }
    return { kid, counter, plaintext };
  }
}
