import { type Bytes, logOf, steadyNow, toBase64Url, utf8 } from "../../../base/mod.ts";
import { sha256 } from "../../../crypto/mod.ts";
import { ClockWatch } from "../clock_watch.ts";
import type { ServerLimits } from "../limits.ts";
import type { Storage } from "../storage/storage.ts";
import type { Web } from "../web/web.ts";
import type { UploadFolder } from "./folder.ts";

/** Old slots and files are looked for each time deadlines were looked at so often. */
const SWEEPS = 10;

/** Where a file goes, and what allows to put it there (XEP-0363 section 4). */
export interface Slot {
  /** For PUT and GET both. */
  readonly url: string;
  /** The value of `Authorization` for the PUT. */
  readonly authorization: string;
}

/** All that uploads share: their rows, their folder, their bounds. */
export class Uploads {
  readonly limits: ServerLimits;
  readonly rows: Storage["uploads"];
  readonly folder: UploadFolder;
  readonly #web: Web;
  readonly #clock = new ClockWatch(Date.now(), steadyNow());
  #sweeps = 0;

  constructor(
    { limits, storage, web }: { limits: ServerLimits; storage: Storage; web: Web },
    folder: UploadFolder,
  ) {
    this.limits = limits;
    this.rows = storage.uploads;
    this.folder = folder;
    this.#web = web;
    folder.removeOthers(this.rows.begin());
  }

  /** Makes a slot; whether there is room for it was looked at. @param name is safe */
  makeSlot(account: string, name: string, type: string, size: number): Slot {
    const path = toBase64Url(crypto.getRandomValues(new Uint8Array(24)));
    const authorization = `Bearer ${toBase64Url(crypto.getRandomValues(new Uint8Array(24)))}`;
    this.rows.addSlot(pathHash(path), account, {
      secret_hash: sha256(utf8(authorization)),
      file: this.folder.newName(),
      name,
      type,
      size,
      since: Date.now(),
    });
    return { url: `${this.#web.url}/upload/${path}/${encodeURIComponent(name)}`, authorization };
  }

  /** The hash and the name of a path of {@link makeSlot}; undefined when it is none. */
  static read(path: string): { hash: Bytes; name: string } | undefined {
    const [, secret, encoded] = /^\/upload\/([A-Za-z0-9_-]{32})\/([^/]+)$/.exec(path) ?? [];
    if (secret === undefined) return undefined;
    try {
      return { hash: pathHash(secret), name: decodeURIComponent(encoded!) };
    } catch {
      return undefined;
    }
  }

  /** Every now and then removes what is too old. @param steady ms of the steady clock */
  sweep(steady: number): void {
    const now = Date.now();
    if (!this.#clock.calm(now, steady) || this.#sweeps++ % SWEEPS !== 0) return;
    const { uploadSlotMs, uploadAgeMs } = this.limits;
    this.#forget(() => this.rows.removeOld(now - uploadSlotMs, now - uploadAgeMs));
  }

  removeOf(account: string): void {
    this.#forget(() => this.rows.removeOf(account));
  }

  #forget(remove: () => string[]): void {
    try {
      void this.folder.remove(remove());
    } catch (error) {
      logOf("xmpp-server").error("old uploads could not be removed: {error}", { error });
    }
  }
}

function pathHash(path: string): Bytes {
  return sha256(utf8(path));
}
