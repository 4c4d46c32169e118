import type { AppApi } from "../app/mod.ts";
import { utf8 } from "../base/mod.ts";

/** What a client may leave unread, in bytes, before it is cut off. */
const QUEUE = 256 * 1024;

/**
 * The app's events as server-sent events: `event:` is the type, `data:` its JSON; a `status` first,
 * a comment every `heartbeat` ms. A client that does not keep up is cut off rather than queued for:
 * EventSource comes back by itself and asks for the state anew.
 *
 * @param signal ends the stream
 * @param ended called once, however it ends
 */
export function eventStream(
  app: AppApi,
  signal: AbortSignal,
  heartbeat: number,
  ended: () => void,
): ReadableStream<Uint8Array> {
  const over = new AbortController();
  let timer: ReturnType<typeof setInterval> | undefined;
  const stop = () => {
    if (over.signal.aborted) return;
    over.abort();
    clearInterval(timer);
    signal.removeEventListener("abort", close);
    ended();
  };
  let close = stop;

  return new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string) => {
        if (over.signal.aborted) return;
        if ((controller.desiredSize ?? 0) <= 0) {
          stop();
          controller.error(new Error("an event client did not keep up"));
          return;
        }
        controller.enqueue(utf8(text));
      };
      const sendEvent = (type: string, data: unknown) =>
        send(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
      close = () => {
        stop();
        controller.close();
      };
      send("retry: 2000\n\n");
      sendEvent("status", app.status());
      app.watch(over.signal);
      app.events.on(({ type, data }) => sendEvent(type, data), over.signal);
      timer = setInterval(() => send(": here\n\n"), heartbeat);
      signal.addEventListener("abort", close, { once: true });
      if (signal.aborted) close();
    },
    cancel: stop,
  }, new ByteLengthQueuingStrategy({ highWaterMark: QUEUE }));
}
