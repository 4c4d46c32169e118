import { concat, fromBase64, utf8 } from "../base/mod.ts";
import { cameraName, parseCameraSpec, validateJpeg } from "../capture/mod.ts";
import { CAMERA } from "./film.ts";
import { DOMAIN } from "./person.ts";
import { play } from "./player.ts";
import { carve, frames } from "./reassembly.ts";
import { KnownRuns } from "./runs.ts";
import type { Tapped } from "./tap.ts";

/** What an attacker got out of one call. */
export interface Loot {
  packets: number;
  /** Bytes of the packets, UDP payload only. */
  bytes: number;
  smallest: number;
  largest: number;
  /** From the first packet to the last. */
  seconds: number;
  /** Frames put together from packets, whatever is in them. */
  frames: number;
  /**
   * Pictures of the size that was sent: those ffmpeg played, or without ffmpeg those that stand
   * whole between JPEG markers.
   */
  pictures: number;
  judged_by: "ffmpeg" | "JPEG markers";
  /** The player's first complaint; null when it had none. */
  player_said: string | null;
  /** Whole pictures between JPEG markers. */
  jpegs: number;
  /** Did any 16 bytes of a sent picture stand anywhere? */
  picture_bytes: boolean;
  camera_name: boolean;
  jid: boolean;
}

/**
 * Goes through all an attacker caught.
 * @param signalling messages between the two, as they crossed: text in clear or sealed elements
 * @param film what was really sent
 * @returns what was found, and the newest picture that was made of it
 */
export async function search(
  taken: readonly Tapped[],
  signalling: readonly string[],
  film: readonly Uint8Array[],
): Promise<{ loot: Loot; picture: Uint8Array | undefined }> {
  const payloads = taken.map(({ bytes }) => bytes);
  const put = (["alice", "bob"] as const).flatMap((name) =>
    frames(taken.filter(({ from }) => from === name).map(({ bytes }) => bytes))
  );
  const jpegs = put.flatMap(carve);
  const played = await play(concat(...put));
  const sizes = new Set(film.map(sizeOf));
  // A player that guesses its way through noise may paint some; a picture has the size it was sent in.
  const pictures = (played?.pictures ?? jpegs).filter((picture) => sizes.has(sizeOf(picture)));
  const known = new KnownRuns(film);
  const everything = [...payloads, ...put, ...signalling.flatMap(decoded)];
  const holds = (text: string) => everything.some((bytes) => indexOf(bytes, utf8(text)) >= 0);
  const lengths = payloads.map(({ length }) => length);
  return {
    loot: {
      packets: taken.length,
      bytes: lengths.reduce((sum, size) => sum + size, 0),
      smallest: lengths.reduce((least, size) => Math.min(least, size), Infinity),
      largest: lengths.reduce((most, size) => Math.max(most, size), 0),
      seconds: Math.round((taken.at(-1)?.at ?? 0) - (taken[0]?.at ?? 0)) / 1000,
      frames: put.length,
      pictures: pictures.length,
      judged_by: played === undefined ? "JPEG markers" : "ffmpeg",
      player_said: played?.said ?? null,
      jpegs: jpegs.length,
      picture_bytes: everything.some((bytes) => known.find(bytes) >= 0),
      camera_name: holds(cameraName(parseCameraSpec(CAMERA.camera))),
      jid: holds(`@${DOMAIN}`),
    },
    picture: pictures.at(-1),
  };
}

function sizeOf(picture: Uint8Array): string {
  const size = validateJpeg(picture);
  return size === undefined ? "none" : `${size.width}x${size.height}`;
}

/** A message as it is, and what is in it behind base64. */
function decoded(message: string): Uint8Array[] {
  return [
    utf8(message),
    ...(message.match(/[A-Za-z0-9+/]{24,}={0,2}/g) ?? []).flatMap((text) => {
      try {
        return [fromBase64(text)];
      } catch {
        return [];
      }
    }),
  ];
}

/** Where `part` begins in `bytes`; −1 when it does not. */
export function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = bytes.indexOf(part[0]!); at >= 0; at = bytes.indexOf(part[0]!, at + 1)) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
