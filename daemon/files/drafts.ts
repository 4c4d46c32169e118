import { toHex } from "../base/mod.ts";
import type { Random } from "../crypto/mod.ts";
import type { FileDescriptor } from "./descriptor.ts";
import { safeName } from "./names.ts";
import type { PlainFile } from "./plain_file.ts";
import { FILE_KEY_LENGTH, sealedLength } from "./sealing.ts";
import { cleanThumbnail } from "./thumbnail.ts";
import type { Receiving, Sending } from "./sending.ts";
import type { Transfer } from "./transfer.ts";

const ID = 16;

/**
 * A file of one's own before anything was done to it: its key is made, the rest of what its
 * descriptor vouches for comes of sealing it.
 */
export function draftOutgoing(
  sending: Sending,
  size: number,
  file: PlainFile | null,
  now: number,
  random: Random,
): Transfer {
  const { peer, suite, name } = sending;
  const thumbnail = sending.thumbnail && cleanThumbnail(sending.thumbnail);
  return {
    id: sending.id ?? toHex(random(ID)),
    mine: true,
    peer,
    sender: "",
    senderKey: null,
    state: "waiting",
    at: now,
    descriptor: {
      id: toHex(random(ID)),
      name: safeName(name),
      type: "application/octet-stream",
      size,
      suite,
      key: random(FILE_KEY_LENGTH),
      commitment: new Uint8Array(32),
      hash: new Uint8Array(32),
      sealedSize: sealedLength(suite, size),
      sources: [],
      ...(thumbnail === undefined ? {} : { thumbnail }),
      display: sending.display ?? false,
    },
    kept: true,
    sealed: false,
    type: null,
    pixels: null,
    problem: null,
    file,
    ways: sending.ways ?? null,
    announced: false,
    keyOnRequest: sending.keyOnRequest ?? false,
    asked: true,
    held: 0,
  };
}

/** Another's file, of which the descriptor is here and nothing else. */
export function draftIncoming(
  descriptor: FileDescriptor,
  { peer, sender, senderKey, problem, ways }: Receiving,
  now: number,
  random: Random,
): Transfer {
  return {
    id: toHex(random(ID)),
    mine: false,
    peer,
    sender,
    senderKey: senderKey ?? null,
    state: problem === undefined ? "offered" : "failed",
    at: now,
    descriptor,
    kept: false,
    sealed: true,
    type: null,
    pixels: null,
    problem: problem ?? null,
    file: null,
    ways: ways ?? null,
    announced: true,
    keyOnRequest: descriptor.key === undefined,
    asked: false,
    held: 0,
  };
}
