import { SimppdError } from "../base/mod.ts";
import type { HttpUpload } from "../xmpp/client/mod.ts";
import type { OnProgress, OutgoingFile, Source, WantedFile, Way } from "./ways.ts";

/** What a file is called at the server, to which its own name is nothing. */
const NAME = "sealed.bin";
const TYPE = "application/octet-stream";

/** What of an account's connection this way needs. */
export type Uploader = Pick<HttpUpload, "find" | "upload" | "download">;

/** How this way is told to behave. */
export interface UploadWayOptions {
  /** A server that moves nothing for so long is given up. */
  readonly stallMs?: number;
}

/** By the upload service of the account's server (XEP-0363): there even when the sender is gone. */
export class UploadWay implements Way {
  readonly kind = "upload";
  readonly #uploader: () => Uploader | undefined;
  readonly #options: UploadWayOptions;

  /** @param uploader of the connection there is now; undefined when there is none */
  constructor(uploader: () => Uploader | undefined, options: UploadWayOptions = {}) {
    this.#uploader = uploader;
    this.#options = options;
  }

  async usable(): Promise<boolean> {
    return await this.#uploader()?.find() !== undefined;
  }

  /** 0 where the server takes no files at all. */
  async largest(): Promise<number | undefined> {
    const uploader = this.#uploader();
    if (uploader === undefined) return undefined;
    const service = await uploader.find();
    return service === undefined ? 0 : service.maxBytes;
  }

  async offer(file: OutgoingFile, signal: AbortSignal, onProgress: OnProgress): Promise<Source> {
    const sealed = { name: NAME, type: TYPE, size: file.sealedSize, bytes: file.read(0) };
    const url = await this.#need().upload(sealed, { ...this.#options, signal, onProgress });
    return { kind: "upload", url };
  }

  /** What is at the server stays until the server forgets it: it is sealed. */
  withdraw(): void {}

  async fetch(
    source: Source,
    file: WantedFile,
    offset: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<void> {
    if (source.kind !== "upload") throw new RangeError(`a source of ${source.kind}`);
    const options = { ...this.#options, offset, signal, onProgress };
    await this.#need().download(source.url, file.sealedSize, sink, options);
  }

  #need(): Uploader {
    const uploader = this.#uploader();
    if (uploader !== undefined) return uploader;
    throw new SimppdError("offline", "There is no connection to your server at the moment.");
  }
}

/**
 * Whether a URL leads to the server of who named it: the only one that is asked by itself, so that
 * nobody learns who reads what by having files lie elsewhere.
 * @param domain of the sender's address
 */
export function isAtServerOf(domain: string, url: string): boolean {
  const host = URL.parse(url)?.hostname;
  const own = URL.parse(`https://${domain}`)?.hostname;
  return host !== undefined && own !== undefined && (host === own || host.endsWith(`.${own}`));
}
