import { statfs } from "node:fs/promises";
import { logOf, SimppdError } from "../../../base/mod.ts";

/** What the operating system says when a disk, or our part of it, is full. */
const FULL = /ENOSPC|EDQUOT|EFBIG|No space left|quota|too large/i;
const NAME = /^[0-9a-f]{32}$/;

/** The folder of uploaded files, under names that say nothing. */
export class UploadFolder {
  readonly #path: string;

  /** Makes the folder when there is none. */
  constructor(path: string) {
    this.#path = path;
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  /** A name no file has. */
  newName(): string {
    return crypto.getRandomValues(new Uint8Array(16)).toHex();
  }

  /** Bytes that may still be written. */
  async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#path);
    return bavail * bsize;
  }

  /**
   * Writes a file; when this resolves it is on the disk.
   * @throws SimppdError `disk-full`; and what reading `source` throws. The file is gone then.
   */
  async write(name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      // What an earlier attempt left, cut off by the end of the process, is written over.
      using file = await Deno.open(this.#file(name), {
        create: true,
        truncate: true,
        write: true,
        mode: 0o600,
      });
      for await (const bytes of source) {
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      }
      await file.syncData();
    } catch (error) {
      await this.remove([name]);
      if (error instanceof Error && FULL.test(`${(error as { code?: string }).code} ${error}`)) {
        throw new SimppdError("disk-full", "The disk of the server is full.", error);
      }
      throw error;
    }
  }

  open(name: string): Promise<Deno.FsFile> {
    return Deno.open(this.#file(name));
  }

  /** Removes these; those that are not there do not matter. */
  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      try {
        await Deno.remove(this.#file(name));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) continue;
        logOf("xmpp-server").warn("a file could not be removed: {error}", { error });
      }
    }
  }

  /** Removes the files of ours that are not `known`. */
  removeOthers(known: ReadonlySet<string>): void {
    for (const { name } of Deno.readDirSync(this.#path)) {
      if (NAME.test(name) && !known.has(name)) Deno.removeSync(this.#file(name));
    }
  }

  #file(name: string): string {
    return `${this.#path}/${name}`;
  }
}
