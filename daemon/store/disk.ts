import { dirname } from "node:path";
import { type Bytes, concat } from "../base/mod.ts";

/** What is done to the few files that must survive a crash at any moment. */
export interface Disk {
  /** @returns the file's bytes; null when there is none */
  read(path: string): Promise<Bytes | null>;
  exists(path: string): Promise<boolean>;
  /** Writes a file of mode 0600 and waits until it is on the disk. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Puts one file in another's place, and waits until the directory says so on the disk. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** The disk itself. */
export const disk: Disk = {
  async read(path) {
    try {
      return concat(await Deno.readFile(path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  },
  async exists(path) {
    try {
      return (await Deno.lstat(path)).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  },
  async write(path, bytes) {
    // No O_TRUNC: what is overwritten should be overwritten in its place.
    const file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
    try {
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
      await file.truncate(bytes.length);
      await file.sync();
    } finally {
      file.close();
    }
  },
  async rename(from, to) {
    await Deno.rename(from, to);
    await syncDirectory(dirname(to));
  },
  async remove(path) {
    await Deno.remove(path);
    await syncDirectory(dirname(path));
  },
};

/** Replaces a file at once and whole: after a crash there is the old one or the new one. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  await disk.write(`${path}.new`, bytes);
  await disk.rename(`${path}.new`, path);
}

/**
 * Overwrites a file, then deletes it. File systems that copy on write and flash memory may keep the
 * old bytes somewhere all the same.
 */
export async function destroyFile(disk: Disk, path: string): Promise<void> {
  const old = await disk.read(path);
  if (old === null) return;
  await disk.write(path, crypto.getRandomValues(new Uint8Array(old.length)));
  await disk.remove(path);
}

async function syncDirectory(path: string): Promise<void> {
  if (Deno.build.os === "windows") return; // directories cannot be opened there
  const directory = await Deno.open(path, { read: true });
  try {
    await directory.sync();
  } finally {
    directory.close();
  }
}
