import { SimppdError, toBase64Url, utf8 } from "../base/mod.ts";
import type { StatusView } from "../views/mod.ts";
import { LocalApi } from "./local_api.ts";
import { newPassphrase } from "./passphrase.ts";
import { expectWords, type Verb } from "./verb.ts";

export const backup: Verb = {
  name: "backup",
  summary: "Write account, contacts and messages into one file, sealed under a passphrase",
  usage: [
    "backup FILE [--no-server]                    --no-server leaves the carried server out",
    "                  the file's own passphrase comes from standard input (typed: twice)",
  ],
  options: { "no-server": { type: "boolean" } },
  async run({ words, state, io, options }) {
    const [path] = expectWords(words, "FILE") as [string];
    const api = await LocalApi.open(state);
    const passphrase = await newPassphrase(io);
    const server = options["no-server"] !== true;
    const bytes = await writeWhole(path, await api.download("/api/backup", { passphrase, server }));
    return { value: { file: path, bytes }, text: `${path}: ${bytes} bytes\n${NO_FILES}` };
  },
};

export const restore: Verb = {
  name: "restore",
  summary: "Restore a backup into an empty state directory, as a new device",
  usage: [
    "restore FILE [--lost]                        --lost: the devices before it are lost",
    "                  (they are taken off the list; they can still log in where they could before)",
    "                  the file's passphrase comes from standard input",
  ],
  options: { lost: { type: "boolean" } },
  async run({ words, state, io, options }) {
    const [path] = expectWords(words, "FILE") as [string];
    const api = await LocalApi.open(state);
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path);
    } catch (error) {
      throw new SimppdError("bad-input", `${path} cannot be read.`, error);
    }
    const passphrase = await io.secret("Passphrase of the backup: ");
    const status = await api.upload<StatusView>(
      `/api/setup/restore${options.lost === true ? "?lost=1" : ""}`,
      { "simppd-passphrase": toBase64Url(utf8(passphrase)) },
      file.readable,
    );
    const lines = [`${status.account?.jid} is restored on this device`];
    if (status.server !== null) lines.push(ONE_SERVER);
    return { value: status, text: lines.join("\n") };
  },
};

/** A backup is of what is said; files are as large as disks. */
const NO_FILES = "Files that were sent or fetched are not in it: save those you need.";

/** Two servers of one name and key take each other's clients, and neither has all messages. */
const ONE_SERVER = "The server was restored too and runs here now: do not run it on the old " +
  "machine any more, or messages go astray between the two.";

/** Writes a file that is there whole or not at all, and overwrites none. */
export async function writeWhole(path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const part = `${path}.part`;
  let size = 0;
  let file: Deno.FsFile;
  try {
    await Deno.lstat(path).then(() => Promise.reject(new Deno.errors.AlreadyExists()), () => {});
    file = await Deno.open(part, { write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    throw new SimppdError(
      "bad-input",
      `${path} (or ${part}) is there already, or cannot be written; name another file.`,
      error,
    );
  }
  try {
    for await (const each of bytes) {
      size += each.length;
      for (let rest = each; rest.length > 0;) rest = rest.subarray(await file.write(rest));
    }
    await file.sync();
    await Deno.rename(part, path);
    return size;
  } catch (error) {
    await Deno.remove(part);
    if (error instanceof SimppdError) throw error;
    throw new SimppdError(
      "no-answer",
      `simppd did not finish the backup; ${path} was not made.`,
      error,
    );
  } finally {
    file.close();
  }
}
