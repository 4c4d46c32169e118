import type { Bytes } from "../../../base/mod.ts";
import type { Database } from "./database.ts";

/** A file, or a slot that waits for one. */
export interface Upload {
  readonly secret_hash: Bytes;
  /** Its name in the folder. */
  readonly file: string;
  /** What it is called in its URL. */
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly state: "slot" | "receiving" | "stored";
  /** Milliseconds since 1970: when the slot was given, or the file was complete. */
  readonly since: number;
}

/** What an account, or all of them, take up; open slots as if their files were there. */
export interface Taken {
  readonly files: number;
  readonly bytes: number;
}

/** Uploaded files by the SHA-256 of their paths: who reads the database learns no URL. */
export class Uploads {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = statements(db);
  }

  get(path: Bytes): Upload | undefined {
    return this.#statements.get.get(path);
  }

  /** What `account` takes up, or all accounts together. */
  taken(account?: string): Taken {
    const { taken, takenInAll } = this.#statements;
    return account === undefined ? takenInAll.get()! : taken.get(account)!;
  }

  /** Open slots of `account`, and when the oldest was given. */
  slots(account: string): { readonly open: number; readonly oldest: number | null } {
    return this.#statements.slots.get(account)!;
  }

  /** Bytes that slots were promised and that are not on the disk yet. */
  promised(): number {
    return this.#statements.promised.get()!.bytes;
  }

  /** When the oldest file of `account` was complete. */
  oldest(account: string): number | null {
    return this.#statements.oldest.get(account)!.since;
  }

  kept(): { uploads: number; uploadBytes: number } {
    const { files, bytes } = this.#statements.stored.get()!;
    return { uploads: files, uploadBytes: bytes };
  }

  addSlot(path: Bytes, account: string, slot: Omit<Upload, "state">): void {
    const { secret_hash, file, name, type, size, since } = slot;
    this.#statements.add.run(path, secret_hash, account, file, name, type, size, since);
  }

  /** Takes the slot for a file that comes. @returns false when another one took it */
  claim(path: Bytes): boolean {
    return this.#statements.claim.run(path).changes === 1;
  }

  /** The file did not come after all: the slot is open as before. */
  release(path: Bytes): void {
    this.#statements.release.run(path);
  }

  /** The file is complete. @returns false when its slot is there no more */
  complete(path: Bytes, now: number): boolean {
    return this.#statements.complete.run(path, now).changes === 1;
  }

  /** Removes some of the slots and files that are older than these times. @returns their files */
  removeOld(slotsBefore: number, filesBefore: number): string[] {
    return this.#remove([
      ...this.#statements.old.all("slot", slotsBefore),
      ...this.#statements.old.all("stored", filesBefore),
    ]);
  }

  /** @returns the files of `account`, which are no longer known */
  removeOf(account: string): string[] {
    return this.#remove(this.#statements.of.all(account));
  }

  /**
   * After a start: nothing is on its way, and what is of no account any more goes.
   * @returns the files that are known
   */
  begin(): Set<string> {
    this.#statements.releaseAll.run();
    this.#statements.removeOrphans.run();
    return new Set(this.#statements.files.all().map(({ file }) => file));
  }

  #remove(rows: { path_hash: Bytes; file: string }[]): string[] {
    for (const { path_hash } of rows) this.#statements.remove.run(path_hash);
    return rows.map(({ file }) => file);
  }
}

/** Rows that one call of {@link Uploads.removeOld} removes of each kind. */
const BATCH = 100;

function statements(db: Database) {
  return {
    get: db.prepare((q, path: Bytes) =>
      q.selectFrom("upload")
        .select(["secret_hash", "file", "name", "type", "size", "state", "since"])
        .where("path_hash", "=", path)
    ),
    taken: db.prepare((q, account: string) =>
      q.selectFrom("upload").where("account", "=", account).select(({ fn, lit }) => [
        fn.countAll<number>().as("files"),
        fn.coalesce(fn.sum<number>("size"), lit(0)).as("bytes"),
      ])
    ),
    takenInAll: db.prepare((q) =>
      q.selectFrom("upload").select(({ fn, lit }) => [
        fn.countAll<number>().as("files"),
        fn.coalesce(fn.sum<number>("size"), lit(0)).as("bytes"),
      ])
    ),
    stored: db.prepare((q) =>
      q.selectFrom("upload").where("state", "=", "stored").select(({ fn, lit }) => [
        fn.countAll<number>().as("files"),
        fn.coalesce(fn.sum<number>("size"), lit(0)).as("bytes"),
      ])
    ),
    slots: db.prepare((q, account: string) =>
      q.selectFrom("upload").where("account", "=", account).where("state", "!=", "stored")
        .select(({ fn }) => [
          fn.countAll<number>().as("open"),
          fn.min<number | null>("since").as("oldest"),
        ])
    ),
    promised: db.prepare((q) =>
      q.selectFrom("upload").where("state", "!=", "stored")
        .select(({ fn, lit }) => fn.coalesce(fn.sum<number>("size"), lit(0)).as("bytes"))
    ),
    oldest: db.prepare((q, account: string) =>
      q.selectFrom("upload").where("account", "=", account)
        .select(({ fn }) => fn.min<number | null>("since").as("since"))
    ),
    add: db.prepare((
      q,
      path_hash: Bytes,
      secret_hash: Bytes,
      account: string,
      file: string,
      name: string,
      type: string,
      size: number,
      since: number,
    ) =>
      q.insertInto("upload")
        .values({ path_hash, secret_hash, account, file, name, type, size, since, state: "slot" })
    ),
    claim: db.prepare((q, path: Bytes) =>
      q.updateTable("upload").set({ state: "receiving" })
        .where("path_hash", "=", path).where("state", "=", "slot")
    ),
    release: db.prepare((q, path: Bytes) =>
      q.updateTable("upload").set({ state: "slot" })
        .where("path_hash", "=", path).where("state", "=", "receiving")
    ),
    complete: db.prepare((q, path: Bytes, since: number) =>
      q.updateTable("upload").set({ state: "stored", since })
        .where("path_hash", "=", path).where("state", "=", "receiving")
    ),
    old: db.prepare((q, state: "slot" | "stored", before: number) =>
      q.selectFrom("upload").select(["path_hash", "file"])
        .where("state", "=", state).where("since", "<", before).limit(BATCH)
    ),
    of: db.prepare((q, account: string) =>
      q.selectFrom("upload").select(["path_hash", "file"]).where("account", "=", account)
    ),
    remove: db.prepare((q, path: Bytes) => q.deleteFrom("upload").where("path_hash", "=", path)),
    releaseAll: db.prepare((q) =>
      q.updateTable("upload").set({ state: "slot" }).where("state", "=", "receiving")
    ),
    removeOrphans: db.prepare((q) =>
      q.deleteFrom("upload").where("account", "not in", q.selectFrom("account").select("name"))
    ),
    files: db.prepare((q) => q.selectFrom("upload").select("file")),
  };
}
