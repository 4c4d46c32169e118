import type { DisplaySource } from "../../app/mod.ts";
import { type Bytes, SimppdError, toBase64Url } from "../../base/mod.ts";
import type { DisplayItemView, DisplayKind } from "../../views/mod.ts";

/** How long the page of an opening may take to be loaded, in ms; it is loaded once. */
export const PAGE_LIFE = 30_000;
/** How long an opening stays good without use, in ms: a paused video is not lost. */
export const IDLE = 3600_000;
/** How much is read at a time, in bytes. */
const PIECE = 256 * 1024;
/** Streams of one opening; the oldest ends for a new one, as when somebody seeks and seeks. */
const STREAMS = 4;

const secret = () => toBase64Url(crypto.getRandomValues(new Uint8Array(32)));

/** One file that is shown in one frame: the secrets in its URLs, and the file, open. */
export class Opening {
  readonly item: string;
  readonly kind: DisplayKind;
  readonly type: string;
  readonly size: number;
  /** Ends it; of no use at the second listener. */
  readonly handle: string = secret();
  /** In the URL of the page for the frame, once. */
  readonly pageSecret: string = secret();
  /** In the URL that the page has its bytes from. */
  readonly fileSecret: string = secret();
  /** When it is over, in ms of the caller's clock. */
  expiry: number;
  readonly #source: DisplaySource;
  readonly #streams = new Set<AbortController>();
  readonly #over = new AbortController();
  /** One read at a time: a source has one place in its file. */
  #reads: Promise<unknown> = Promise.resolve();
  readonly #madeAt: number;
  #pageUsed = false;

  constructor(item: DisplayItemView, source: DisplaySource, now: number) {
    this.item = item.id;
    this.kind = item.kind!; // what can be opened has one
    this.type = item.type;
    this.size = source.size;
    this.#source = source;
    this.#madeAt = now;
    this.expiry = now + IDLE;
  }

  /** Aborts when it ends. */
  get ended(): AbortSignal {
    return this.#over.signal;
  }

  /** True the first time within the page's life. */
  takePage(now: number): boolean {
    if (this.#pageUsed || now >= this.#madeAt + PAGE_LIFE) return false;
    this.#pageUsed = true;
    return true;
  }

  /** Bytes from `offset` on. @throws SimppdError `display-gone` */
  read(offset: number, length: number): Promise<Bytes> {
    const read = this.#reads.then(() => {
      if (this.#over.signal.aborted) throw over();
      return this.#source.read(offset, length);
    });
    this.#reads = read.catch(() => {});
    return read;
  }

  /** The bytes of a part as they are taken; nothing is read ahead. */
  stream(offset: number, length: number): ReadableStream<Uint8Array> {
    const oldest = this.#streams.size < STREAMS ? undefined : [...this.#streams][0];
    oldest?.abort();
    const stop = new AbortController();
    this.#streams.add(stop);
    const { signal } = stop;
    let at = offset;
    const end = offset + length;
    const done = () => void this.#streams.delete(stop);
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        signal.addEventListener("abort", () => {
          done();
          controller.error(over());
        }, { once: true });
      },
      pull: async (controller) => {
        try {
          const piece = await this.read(at, Math.min(PIECE, end - at));
          if (signal.aborted) return;
          if (piece.length === 0) throw over();
          at += piece.length;
          controller.enqueue(piece);
          if (at < end) return;
          done();
          controller.close();
        } catch (error) {
          done();
          if (!signal.aborted) controller.error(error);
        }
      },
      cancel: done,
    }, { highWaterMark: 0 });
  }

  /** Ends its streams and closes the file. */
  async end(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    for (const stream of this.#streams) stream.abort();
    await this.#reads;
    await this.#source.close?.();
  }
}

function over(): SimppdError {
  return new SimppdError("display-gone", "This is not shown any more.");
}
