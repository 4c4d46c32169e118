import type { Bytes } from "../base/mod.ts";

/** One picture of a camera. */
export interface Frame {
  codec: "mjpeg";
  /** True when the frame shows without another one: always so in MJPEG. */
  keyFrame: boolean;
  /** Counts a camera's frames from 0, "no signal" pictures included. */
  sequence: number;
  /** steadyNow() at which the frame's first byte came from the camera. */
  capturedAt: number;
  /** Pixels, read from the picture itself. */
  width: number;
  height: number;
  /** A whole JPEG picture that {@link validateJpeg} accepts. */
  data: Bytes;
}

/** What a source hands to its camera: a valid JPEG and when it came. */
export interface Picture {
  data: Bytes;
  width: number;
  height: number;
  capturedAt: number;
}
