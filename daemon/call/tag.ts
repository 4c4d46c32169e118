import { type Bytes, concat, fromUtf8, toHex, utf8 } from "../base/mod.ts";
import type { Random } from "../crypto/mod.ts";

/** Random bytes at the end of every device tag. */
export const TAG_RANDOM = 32;
/** Longest camera name in a tag, in bytes of UTF-8; a longer one is cut between characters. */
export const TAG_NAME_LIMIT = 200;

/**
 * The device tag of one side of one call: camera name ‖ 32 random bytes (the paper's "webcam device
 * information and a verify tag of random").
 */
export function makeTag(cameraName: string, random: Random): Bytes {
  let name = "";
  for (const character of cameraName) {
    if (utf8(name + character).length > TAG_NAME_LIMIT) break;
    name += character;
  }
  return concat(utf8(name), random(TAG_RANDOM));
}

/** Whether bytes have the shape of a tag: a name within its limit, then the random bytes. */
export function isTag(bytes: Uint8Array): boolean {
  if (bytes.length < TAG_RANDOM || bytes.length > TAG_NAME_LIMIT + TAG_RANDOM) return false;
  try {
    fromUtf8(bytes.subarray(0, bytes.length - TAG_RANDOM));
    return true;
  } catch {
    return false;
  }
}

/** A tag for people: the camera's name and the first four random bytes. */
export function showTag(tag: Uint8Array): string {
  const name = fromUtf8(tag.subarray(0, tag.length - TAG_RANDOM));
  return `${name} #${toHex(tag.subarray(tag.length - TAG_RANDOM, tag.length - TAG_RANDOM + 4))}`;
}
