import { join } from "node:path";
import { fromBase64, SimppdError } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { importIdentity } from "../simpp/mod.ts";
import {
  Contacts,
  damaged,
  KeyMaterial,
  longTransaction,
  Messages,
  openFile,
  Settings,
  type StateDirectory,
} from "../store/mod.ts";
import {
  type BackupRecord,
  CONTENT,
  KIND,
  readRecord,
  recordsOf,
  shapes,
} from "./backup_content.ts";
import { RestoredGroups } from "./restore_groups.ts";
import { AppSettings } from "./settings.ts";

/** The largest backup taken, in bytes. */
export const BACKUP_LIMIT = 256 * 1024 * 1024;

/** Keeps an upload in a file. @throws SimppdError `too-large` */
export async function keepUpload(upload: ReadableStream<Uint8Array>, path: string): Promise<void> {
  const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  try {
    let size = 0;
    for await (const part of upload) {
      size += part.length;
      if (size > BACKUP_LIMIT) {
        throw new SimppdError(
          "too-large",
          `A backup may have ${BACKUP_LIMIT / 2 ** 20} MiB at most.`,
        );
      }
      for (let rest = part; rest.length > 0;) rest = rest.subarray(await file.write(rest));
    }
  } finally {
    file.close();
  }
}

/**
 * Puts what a backup holds into an empty state directory: all of it, or nothing. Nothing else may
 * use the directory meanwhile.
 *
 * @param options.scratch an empty folder on the same file system
 * @throws SimppdError `wrong-passphrase`, `not-a-backup`, `backup-newer`, `backup-damaged`
 */
export async function restoreBackup(
  state: StateDirectory,
  options: { path: string; passphrase: string; lost: boolean; scratch: string },
): Promise<void> {
  const { path, passphrase, lost, scratch } = options;
  const database = join(scratch, "server.db");
  const restored = new Restored(state, database, lost);
  await longTransaction(state.db, async () => {
    const file = await Deno.open(path);
    try {
      for await (const each of recordsOf(openFile(file.readable, passphrase))) {
        restored.take(each);
      }
    } finally {
      restored.end();
    }
    restored.requireWhole();
    await restored.groups.finish(scratch);
    if (!restored.hasServer) return;
    for (const name of ["server.db-wal", "server.db-shm"]) {
      await Deno.remove(state.file(name)).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
    // Before what names it is committed: a database that nothing names is removed at the next start.
    await Deno.rename(database, state.file("server.db"));
  });
}

/** Takes records one after another and stores what they say. */
class Restored {
  hasServer = false;
  readonly groups: RestoredGroups;
  readonly #state: StateDirectory;
  readonly #settings: AppSettings;
  readonly #contacts: Contacts;
  readonly #keys: KeyMaterial;
  readonly #messages: Messages;
  readonly #lost: boolean;
  readonly #path: string;
  #database: Deno.FsFile | undefined;
  #known = false;
  #person = false;

  constructor(state: StateDirectory, path: string, lost: boolean) {
    this.#state = state;
    this.#settings = new AppSettings(state);
    this.#contacts = new Contacts(state.db);
    this.#keys = new KeyMaterial(state.db, state.vault);
    this.#messages = new Messages(state.db, state.vault);
    this.groups = new RestoredGroups(state);
    this.#path = path;
    this.#lost = lost;
  }

  take({ kind, body }: BackupRecord): void {
    if (!this.#known && kind !== KIND.about) throw damaged();
    switch (kind) {
      case KIND.about:
        return this.#about(readRecord(shapes.about, body).content);
      case KIND.person:
        return this.#takePerson(body);
      case KIND.contact:
        return this.#contacts.put(readRecord(shapes.contact, body));
      case KIND.trust: {
        const { account, list, offered, ...rest } = readRecord(shapes.trust, body);
        const keys = { account: fromBase64(account), list: fromBase64(list) };
        const other = offered === null ? null : fromBase64(offered);
        return this.#keys.setTrust({ ...rest, ...keys, offered: other });
      }
      case KIND.message: {
        const { message, unread, revision } = readRecord(shapes.message, body);
        this.#messages.add(message, unread, revision);
        return;
      }
      case KIND.group:
        return this.groups.take(body);
      case KIND.keyServer:
        return this.groups.takeKeyServer(body);
      case KIND.server:
        if (this.hasServer) throw damaged();
        this.hasServer = true;
        this.#settings.server = readRecord(shapes.server, body);
        this.#database = Deno.openSync(this.#path, { write: true, createNew: true, mode: 0o600 });
        return;
      case KIND.serverDatabase: {
        if (this.#database === undefined) throw damaged();
        for (let rest: Uint8Array = body; rest.length > 0;) {
          rest = rest.subarray(this.#database.writeSync(rest));
        }
        return;
      }
      default:
        throw damaged();
    }
  }

  end(): void {
    this.#database?.syncSync();
    this.#database?.close();
  }

  requireWhole(): void {
    if (!this.#person) throw damaged();
  }

  #about(content: number): void {
    this.#known = true;
    if (content <= CONTENT) return;
    throw new SimppdError(
      "backup-newer",
      `This backup has content ${content}, and this simppd knows content ${CONTENT}. Restore it ` +
        "with the simppd that made it, or a newer one.",
    );
  }

  #takePerson(body: BackupRecord["body"]): void {
    const { account, identity, expected, calls } = readRecord(shapes.person, body);
    if (this.#person) throw damaged();
    this.#person = true;
    this.#keys.clear();
    const settings = new Settings(this.#state.db, this.#state.vault);
    try {
      importIdentity(settings, identity, this.#lost ? "instead" : "beside", systemRandom);
    } catch (error) {
      throw damaged(error);
    }
    const { password, login, ...place } = account;
    if (login !== undefined) this.#settings.account = { ...place, login };
    else if (password !== undefined) this.#settings.account = { ...place, password };
    else throw damaged();
    this.#settings.expected = expected;
    this.#settings.calls = calls ?? "any";
  }
}
