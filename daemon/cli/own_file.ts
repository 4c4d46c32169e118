import { SimppdError } from "../base/mod.ts";

/** A file of this machine that is read. */
export interface OwnFile {
  readonly size: number;
  /** An ordinary one, whose length is known. */
  readonly isFile: boolean;
  readonly bytes: ReadableStream<Uint8Array>;
  close(): void;
}

/** Opens what somebody named on the command line. @throws SimppdError `bad-input`, `not-a-file` */
export async function openOwn(path: string): Promise<OwnFile> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    throw new SimppdError("bad-input", `${path} cannot be read: ${whyNot(error)}.`, error);
  }
  const { size, isFile, isDirectory } = await file.stat();
  if (isDirectory) {
    file.close();
    throw new SimppdError("not-a-file", `${path} is a folder; name a file.`);
  }
  return { size, isFile, bytes: file.readable, close: () => file.close() };
}

/** Why the system does not open a file, as a person would say it. */
export function whyNot(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file or folder";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.NotADirectory) return "a part of its path is no folder";
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "you may not";
  }
  return error instanceof Error ? error.message : String(error);
}
