/** The daemon's events, over SSE, with reconnection of our own where EventSource gives up. */
import type { AppEvent } from "./views.ts";

export interface EventsOptions {
  /** Each time the stream opens, the first time included: what was missed must be loaded anew. */
  onOpen(): void;
  onEvent(event: AppEvent): void;
  /** The stream broke; it is being opened again. */
  onLost(): void;
}

const NAMES: readonly AppEvent["type"][] = [
  "status",
  "contact",
  "contact-removed",
  "chat-forgotten",
  "message",
  "call",
  "security",
];
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

/** Follows `/api/events` until the returned function is called. */
export function followEvents(options: EventsOptions): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT_MS;
  let closed = false;

  const open = () => {
    timer = undefined;
    source = new EventSource("/api/events");
    source.onopen = () => {
      wait = FIRST_WAIT_MS;
      options.onOpen();
    };
    for (const name of NAMES) {
      source.addEventListener(name, (event) => {
        const data: unknown = JSON.parse((event as MessageEvent<string>).data);
        options.onEvent({ type: name, data } as AppEvent);
      });
    }
    // EventSource reopens by itself after some errors and never after others (a refused port, a
    // 401): closing it and opening a new one makes every case alike.
    source.onerror = () => {
      source?.close();
      source = null;
      options.onLost();
      if (closed || timer !== undefined) return;
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
  };
  open();

  return () => {
    closed = true;
    clearTimeout(timer);
    source?.close();
  };
}
