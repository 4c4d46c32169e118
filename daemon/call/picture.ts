/** One picture ready to be shown: a whole JPEG. */
export interface Picture {
  data: Uint8Array;
  /** steadyNow() at which it was taken, on this machine's clock. */
  capturedAt: number;
  /** Rises from picture to picture; a gap is one that was dropped. */
  sequence: number;
}
