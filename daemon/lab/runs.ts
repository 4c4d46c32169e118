/** Shortest run of bytes that counts as a piece of a picture. */
export const RUN = 16;
/** Every run of {@link RUN} bytes holds one block of this size at a multiple of it. */
const BLOCK = 8;

/**
 * Finds pieces of known pictures in anything: runs of {@link RUN} bytes that stand in one of them.
 */
export class KnownRuns {
  readonly #pictures: readonly Uint8Array[];
  /** Where a block stands: by its value, picture and offset. */
  readonly #blocks = new Map<number, { picture: number; at: number }[]>();

  constructor(pictures: readonly Uint8Array[]) {
    this.#pictures = pictures;
    for (const [picture, bytes] of pictures.entries()) {
      const view = viewOf(bytes);
      for (let at = 0; at + BLOCK <= bytes.length; at += BLOCK) {
        const key = keyAt(view, at);
        const places = this.#blocks.get(key);
        if (places === undefined) this.#blocks.set(key, [{ picture, at }]);
        // Blocks that stand everywhere (empty areas) are kept a few times: one is enough to find them.
        else if (places.length < 8) places.push({ picture, at });
      }
    }
  }

  /** Offset of the first run in `bytes` that stands in a picture; −1 when there is none. */
  find(bytes: Uint8Array): number {
    const view = viewOf(bytes);
    for (let at = 0; at + BLOCK <= bytes.length; at++) {
      for (const place of this.#blocks.get(keyAt(view, at)) ?? []) {
        const start = this.#runAround(bytes, at, place);
        if (start >= 0) return start;
      }
    }
    return -1;
  }

  #runAround(bytes: Uint8Array, at: number, place: { picture: number; at: number }): number {
    const picture = this.#pictures[place.picture]!;
    let [before, after] = [0, BLOCK];
    while (
      before < at && before < place.at && bytes[at - before - 1] === picture[place.at - before - 1]
    ) before++;
    while (
      at + after < bytes.length && place.at + after < picture.length &&
      bytes[at + after] === picture[place.at + after]
    ) after++;
    if (before + after < RUN) return -1;
    return at - before;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** 52 of a block's 64 bits as one number; a hit is compared byte by byte anyway. */
function keyAt(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 20 + (view.getUint32(at + 4) & 0xfffff);
}
