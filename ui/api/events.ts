/** The daemon's events: SSE read through fetch, since EventSource cannot show the page's token. */
import { pageHeader } from "./page.ts";
import type { AppEvent } from "./views.ts";

export interface EventsOptions {
  /** Each time the stream opens, the first time included: what was missed must be loaded anew. */
  onOpen(): void;
  onEvent(event: AppEvent): void;
  /** The stream broke; it is being opened again. */
  onLost(): void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

/** Follows `/api/events` until the returned function is called. */
export function followEvents(options: EventsOptions): () => void {
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT_MS;

  const open = async () => {
    try {
      const answer = await fetch("/api/events", {
        headers: pageHeader(),
        cache: "no-store",
        signal: over.signal,
      });
      if (!answer.ok || answer.body === null) throw new Error(`${answer.status}`);
      wait = FIRST_WAIT_MS;
      options.onOpen();
      await readEvents(answer.body, options.onEvent);
    } catch { /* told below, as an end without an error is */ }
    if (over.signal.aborted) return;
    options.onLost();
    if (over.signal.aborted) return;
    timer = setTimeout(open, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  };
  void open();

  return () => {
    over.abort();
    clearTimeout(timer);
  };
}

/** Reads server-sent events as the daemon writes them: an `event` and one line of `data` each. */
async function readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  onEvent: (event: AppEvent) => void,
): Promise<void> {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      const [, type, data] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? [];
      if (data !== undefined) onEvent({ type, data: JSON.parse(data) as unknown } as AppEvent);
    }
  }
}
