import { createHash, type Hash } from "node:crypto";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { type Bytes, SimppdError } from "../base/mod.ts";

/** What the operating system says when a disk, or our part of it, is full. */
const FULL = /ENOSPC|EDQUOT|EFBIG|No space left|quota|too large/i;
const NAME = /^[0-9a-f]{32}(\.part)?$/;
const PIECE = 1 << 20;

/**
 * The folder of sealed files, under names that say nothing: 32 hex digits, with `.part` behind while
 * not all of it is there.
 */
export class FileFolder {
  readonly #path: string;

  /** Makes the folder, private, when there is none. @throws SimppdError `state-unusable` */
  constructor(path: string) {
    this.#path = path;
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    // What lies there and is not known is removed: nowhere else, then.
    if (Deno.lstatSync(path).isSymlink) {
      throw new SimppdError("state-unusable", `${path} is a link; it must be a folder itself.`);
    }
    if (Deno.build.os !== "windows") Deno.chmodSync(path, 0o700);
  }

  /** Where a file lies. @throws RangeError when it is no name of ours */
  file(name: string): string {
    if (!NAME.test(name)) throw new RangeError(`${name} is no name of a file here`);
    return join(this.#path, name);
  }

  /** Bytes that may still be written to the disk. */
  async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#path);
    return bavail * bsize;
  }

  /** Bytes a file has; 0 when there is none. */
  async size(name: string): Promise<number> {
    try {
      return (await Deno.stat(this.file(name))).size;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return 0;
      throw error;
    }
  }

  /** Opens a new and empty file for writing. */
  create(name: string): Promise<Deno.FsFile> {
    const path = this.file(name);
    return Deno.open(path, { create: true, truncate: true, write: true, mode: 0o600 });
  }

  /** Opens a file, which may not be there yet, for reading and writing. */
  continue(name: string): Promise<Deno.FsFile> {
    return Deno.open(this.file(name), { create: true, read: true, write: true, mode: 0o600 });
  }

  /** Makes a part the whole: what was written must be on the disk already. */
  async complete(name: string): Promise<void> {
    await Deno.rename(this.file(`${name}.part`), this.file(name));
  }

  /** The bytes of a file from `offset` on, in pieces of 1 MiB, each good until the next. */
  async *read(name: string, offset = 0, length = Infinity): AsyncGenerator<Bytes, void, void> {
    using file = await Deno.open(this.file(name));
    if (offset > 0) await file.seek(offset, Deno.SeekMode.Start);
    const buffer = new Uint8Array(PIECE);
    for (let left = length; left > 0;) {
      const got = await file.read(buffer.subarray(0, Math.min(PIECE, left)));
      if (got === null) return;
      left -= got;
      yield buffer.subarray(0, got);
    }
  }

  /** SHA-256 of the first `length` bytes of a file, to be gone on with. */
  async hash(name: string, length: number): Promise<Hash> {
    const hash = createHash("sha256");
    for await (const piece of this.read(name, 0, length)) hash.update(piece);
    return hash;
  }

  /** Removes a file and its part; those that are not there do not matter. */
  async remove(name: string): Promise<void> {
    for (const file of [name, `${name}.part`]) {
      try {
        await Deno.remove(this.file(file));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  /** Removes the files of ours that are not `known`. */
  removeOthers(known: ReadonlySet<string>): void {
    for (const { name } of Deno.readDirSync(this.#path)) {
      if (NAME.test(name) && !known.has(name.slice(0, 32))) Deno.removeSync(this.file(name));
    }
  }
}

/** The error itself, or what is said when the disk is full and the system says so. */
export function diskFull(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SimppdError) return error;
  if (!FULL.test(`${(error as { code?: string }).code} ${error.message}`)) return error;
  return diskIsFull(error);
}

/** What is said when the disk is full, or nearly. */
export function diskIsFull(cause?: unknown): SimppdError {
  return new SimppdError(
    "disk-full",
    "The disk is full. Make room on it, then let the transfer go on.",
    cause,
  );
}
