import type { Picture } from "../app/mod.ts";
import { logOf } from "../base/mod.ts";

/** What a viewer says when it has drawn a picture and may get another. */
const CREDIT = "next";
/** RFC 6455 close codes. */
const DONE = 1000;
const MISBEHAVED = 1008;
const FAILED = 1011;

/**
 * Sends pictures over a WebSocket with credit: one is in flight, the next leaves once the viewer
 * answered `next`. A slow viewer so sees fewer pictures, but never old ones, whatever the kernel's
 * socket buffers could hold.
 *
 * @param ended called once, when the pictures end or the viewer leaves
 */
export function sendPictures(
  socket: WebSocket,
  pictures: AsyncIterable<Picture>,
  signal: AbortSignal,
  ended: () => void,
): void {
  let answered: (() => void) | undefined;
  let gone = false;
  const wake = () => answered?.();
  const leave = () => {
    gone = true;
    signal.removeEventListener("abort", wake);
    wake();
    ended();
  };
  signal.addEventListener("abort", wake);
  socket.onclose = leave;
  socket.onerror = () => {}; // a close always follows
  socket.onmessage = ({ data }) => {
    if (data === CREDIT && answered !== undefined) answered();
    else socket.close(MISBEHAVED, "only `next`, once a picture, is expected");
  };
  socket.onopen = async () => {
    try {
      for await (const picture of pictures) {
        if (gone) return;
        const credit = Promise.withResolvers<void>();
        answered = credit.resolve;
        socket.send(picture.data as Uint8Array<ArrayBuffer>);
        await credit.promise;
        answered = undefined;
        if (gone) return;
      }
      socket.close(DONE, "the call is over");
    } catch (error) {
      logOf("http").error("pictures failed: {error}", { error });
      socket.close(FAILED, "the pictures failed");
    }
  };
}
