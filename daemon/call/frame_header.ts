import { type Bytes, concat, WireReader, WireWriter } from "../base/mod.ts";

/** Codecs a frame can have, by their number on the wire. */
export const CODEC_MJPEG = 1;
/** Every codec this simppd can show, as offered in a proposal. */
export const CODECS: readonly number[] = [CODEC_MJPEG];

/** Bytes of a frame's header. */
export const FRAME_HEADER = 14;

const KEY_FRAME = 0b1;
const MICROSECONDS = 1000;

/** What stands before the picture inside the SFrame plaintext (docs/protocol.md "Frame header"). */
export interface FrameHeader {
  codec: number;
  /** Whether the picture can be decoded on its own. */
  keyFrame: boolean;
  /** Counts the frames of this sender's camera; a gap is one that was dropped. */
  sequence: number;
  /** Milliseconds from the sender's start (the time in its accept or reply) to the capture. */
  sinceStart: number;
}

/** The header and the picture as one plaintext. */
export function encodeFrame(header: FrameHeader, picture: Uint8Array): Bytes {
  const head = new WireWriter()
    .u8(header.codec)
    .u8(header.keyFrame ? KEY_FRAME : 0)
    .u32(header.sequence)
    .u64(Math.max(0, Math.round(header.sinceStart * MICROSECONDS)))
    .finish();
  return concat(head, picture);
}

/** Undefined when the header is cut short, has unknown flags, or there is no picture behind it. */
export function decodeFrame(
  plaintext: Bytes,
): { header: FrameHeader; picture: Bytes } | undefined {
  if (plaintext.length <= FRAME_HEADER) return undefined;
  try {
    const reader = new WireReader(plaintext.subarray(0, FRAME_HEADER));
    const codec = reader.u8();
    const flags = reader.u8();
    const sequence = reader.u32();
    const sinceStart = reader.u64() / MICROSECONDS;
    if ((flags & ~KEY_FRAME) !== 0) return undefined;
    return {
      header: { codec, keyFrame: flags === KEY_FRAME, sequence, sinceStart },
      picture: plaintext.subarray(FRAME_HEADER),
    };
  } catch {
    return undefined;
  }
}
