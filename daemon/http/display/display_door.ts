import type { AppApi } from "../../app/mod.ts";
import { logOf, SimppdError } from "../../base/mod.ts";
import type { AppEvent, DisplayItemView, DisplayUrlView } from "../../views/mod.ts";
import { Listener } from "../listener.ts";
import { refusal } from "../refusal.ts";
import { IDLE, Opening } from "./opening.ts";
import { decoded, framePage, PDF_SCRIPT, SANDBOX, TEXT_SHOWN } from "./page.ts";
import { partOf } from "./range.ts";

/** Frames that show something at the same time; the oldest ends for a new one. */
const OPENINGS = 16;
/** How often what ran out is looked for, in ms. */
const SWEEP = 30_000;

const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), fullscreen=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
};

/**
 * The second listener: files that are shown come from an origin of their own, which knows no cookie
 * and no API. It listens on a random port of 127.0.0.1 while something is open in a frame.
 * docs/threat-model.md "Display"
 */
export class DisplayDoor {
  readonly #app: AppApi;
  readonly #dashboards: readonly string[];
  readonly #script: Uint8Array<ArrayBuffer>;
  readonly #now: () => number;
  readonly #openings = new Set<Opening>();
  readonly #over = new AbortController();
  #listener: Listener | undefined;
  /** Aborts when nothing is open any more: no timer runs and nothing is heard until then alone. */
  #busy: AbortController | undefined;
  /** Listeners that end. */
  #closing: Promise<unknown> = Promise.resolve();

  /**
   * @param dashboards origins of the dashboard, which alone may frame what is shown
   * @param script pdf.js for its frame, gzipped
   */
  constructor(
    input: {
      app: AppApi;
      dashboards: readonly string[];
      script: Uint8Array<ArrayBuffer>;
      now: () => number;
    },
  ) {
    this.#app = input.app;
    this.#dashboards = input.dashboards;
    this.#script = input.script;
    this.#now = input.now;
  }

  /** The listener's port; undefined while nothing is open. */
  get port(): number | undefined {
    return this.#listener?.port;
  }

  /**
   * Opens one file for one frame.
   * @param life ends it: what the asking page was let in by
   * @throws SimppdError `unknown-display`, `display-gone`, `display-…`
   */
  async open(id: string, life: AbortSignal): Promise<DisplayUrlView> {
    this.#shown(id);
    const source = await this.#app.displaySource(id);
    let opening: Opening;
    try {
      // Much may have ended while the file was opened.
      if (life.aborted || this.#over.signal.aborted) throw gone();
      opening = new Opening(this.#shown(id), source, this.#now());
    } catch (error) {
      await source.close?.();
      throw error;
    }
    const { port } = this.#listen();
    this.#openings.add(opening);
    life.addEventListener("abort", () => void this.#end(opening), { signal: opening.ended });
    for (const oldest of [...this.#openings].slice(0, -OPENINGS)) void this.#end(oldest);
    return {
      url: `http://127.0.0.1:${port}/page/${opening.pageSecret}`,
      kind: opening.kind,
      sandbox: SANDBOX[opening.kind],
      handle: opening.handle,
    };
  }

  /** All bytes of an opened file, for the dashboard itself. @throws SimppdError `display-gone` */
  bytes(handle: string): { size: number; stream: ReadableStream<Uint8Array> } {
    const opening = this.#find((one) => one.handle === handle);
    if (opening === undefined) throw gone();
    return { size: opening.size, stream: opening.stream(0, opening.size) };
  }

  /** Ends one opening; its URLs are good for nothing from now on. */
  async shut(handle: string): Promise<void> {
    const opening = this.#find((one) => one.handle === handle);
    if (opening !== undefined) await this.#end(opening);
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#endAll();
    await this.#closing;
  }

  /** @throws SimppdError when it is not on the stage */
  #shown(id: string): DisplayItemView {
    const item = this.#app.displays().items.find((one) => one.id === id);
    if (item === undefined || item.state !== "showing") throw gone();
    return item;
  }

  #find(is: (opening: Opening) => boolean): Opening | undefined {
    const now = this.#now();
    for (const opening of this.#openings) {
      if (is(opening) && now < opening.expiry) return opening;
    }
    return undefined;
  }

  #listen(): Listener {
    if (this.#busy === undefined) {
      this.#busy = new AbortController();
      const { signal } = this.#busy;
      const sweeping = setInterval(() => this.#sweep(), SWEEP);
      signal.addEventListener("abort", () => clearInterval(sweeping));
      this.#app.events.on((event) => this.#hear(event), signal);
    }
    // Whoever listened in our place heard the secrets of URLs.
    this.#listener ??= new Listener(
      0,
      false,
      (request) => this.#answer(request),
      () => this.#endAll(),
    );
    return this.#listener;
  }

  /** What is not shown any more, or known by a locked daemon, has no URL. */
  #hear({ type, data }: AppEvent): void {
    if (type === "status" && data.locked) void this.#endAll();
    if (type !== "displays") return;
    const showing = new Set(
      data.items.filter(({ state }) => state === "showing").map(({ id }) => id),
    );
    for (const opening of this.#openings) {
      if (!showing.has(opening.item)) void this.#end(opening);
    }
  }

  #sweep(): void {
    const now = this.#now();
    for (const opening of this.#openings) if (now >= opening.expiry) void this.#end(opening);
  }

  async #endAll(): Promise<void> {
    await Promise.all([...this.#openings].map((opening) => this.#end(opening)));
  }

  async #end(opening: Opening): Promise<void> {
    if (!this.#openings.delete(opening)) return;
    const ended = opening.end().catch((error) =>
      logOf("http").warn("a shown file could not be closed: {error}", { error })
    );
    if (this.#openings.size === 0) {
      this.#busy?.abort();
      this.#busy = undefined;
      const listener = this.#listener;
      this.#listener = undefined;
      this.#closing = Promise.all([this.#closing, listener?.close()]);
    }
    await ended;
  }

  async #answer(request: Request): Promise<Response> {
    let response: Response;
    try {
      response = await this.#route(request);
    } catch (error) {
      response = refusal(error);
    }
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    return response;
  }

  /** @throws SimppdError */
  async #route(request: Request): Promise<Response> {
    const listener = this.#listener;
    if (listener === undefined) throw gone();
    const host = `127.0.0.1:${listener.port}`;
    const url = new URL(request.url);
    if (request.headers.get("host") !== host || url.host !== host) {
      throw new SimppdError("wrong-host", `Shown files are at ${host} alone.`);
    }
    if (request.method !== "GET") {
      throw new SimppdError("method-not-allowed", "Shown files can be got, and nothing else.");
    }
    const [, part = "", secret = "", ...more] = url.pathname.split("/");
    if (more.length > 0 || url.search !== "") throw gone();
    if (url.pathname === PDF_SCRIPT) {
      requireNoOrigin(request, "script");
      return new Response(this.#script, {
        headers: {
          "content-type": "text/javascript; charset=utf-8",
          "content-encoding": "gzip",
          "access-control-allow-origin": "null",
        },
      });
    }
    if (part === "page") return await this.#page(request, secret, `http://${host}`);
    if (part === "file") return this.#file(request, secret);
    throw gone();
  }

  async #page(request: Request, secret: string, at: string): Promise<Response> {
    const of = (name: string) => request.headers.get(`sec-fetch-${name}`);
    const site = of("site");
    if (of("dest") !== "iframe" || of("mode") !== "navigate" || site === null || site === "none") {
      throw foreign();
    }
    const opening = this.#find((one) => one.pageSecret === secret);
    if (opening?.takePage(this.#now()) !== true) throw gone();
    const head = opening.kind === "text"
      ? await opening.read(0, Math.min(opening.size, TEXT_SHOWN))
      : new Uint8Array();
    const { html, policy } = framePage({
      kind: opening.kind,
      at,
      file: `/file/${opening.fileSecret}`,
      dashboards: this.#dashboards,
      text: decoded(head, opening.kind === "text" ? opening.size : 0),
    });
    return new Response(html, {
      headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy },
    });
  }

  #file(request: Request, secret: string): Response {
    const opening = this.#find((one) => one.fileSecret === secret);
    const dest = opening === undefined ? undefined : FETCHED_AS[opening.kind];
    if (opening === undefined || dest === undefined) throw gone();
    requireNoOrigin(request, dest);
    opening.expiry = this.#now() + IDLE;
    const part = partOf(request.headers.get("range"), opening.size);
    if (part === "unsatisfiable") {
      return new Response(null, {
        status: 416,
        headers: { "content-range": `bytes */${opening.size}` },
      });
    }
    const { offset, length } = part ?? { offset: 0, length: opening.size };
    return new Response(opening.stream(offset, length), {
      status: part === null ? 200 : 206,
      headers: {
        "content-type": opening.type,
        "content-length": String(length),
        "accept-ranges": "bytes",
        "access-control-allow-origin": "null",
        ...(part === null
          ? {}
          : { "content-range": `bytes ${offset}-${offset + length - 1}/${opening.size}` }),
      },
    });
  }
}

/** By which element a file's bytes are asked for; a text's and a PDF's are never asked for. */
const FETCHED_AS: Readonly<Record<string, string>> = {
  picture: "image",
  audio: "audio",
  video: "video",
};

/** What an element of a page without an origin says; no page with one can. */
function requireNoOrigin(request: Request, dest: string): void {
  const { headers } = request;
  const site = headers.get("sec-fetch-site");
  if (
    headers.get("origin") !== "null" || headers.get("sec-fetch-dest") !== dest ||
    headers.get("sec-fetch-mode") !== "cors" || site === null || site === "none"
  ) throw foreign();
}

function gone(): SimppdError {
  return new SimppdError("unknown-display", "This is not shown, or not any more.");
}

function foreign(): SimppdError {
  return new SimppdError("foreign-request", "Only a frame of the simppd dashboard may ask this.");
}
