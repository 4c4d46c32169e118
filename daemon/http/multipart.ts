import type { Picture } from "../app/mod.ts";
import { concat, utf8 } from "../base/mod.ts";

const BOUNDARY = "simppd-picture";
const OPENING = utf8(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`);
const NEXT = utf8(`\r\n--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`);

/** The Content-Type of {@link multipartPictures}. */
export const MULTIPART = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;

/**
 * Pictures as `multipart/x-mixed-replace`. A browser shows a part only once the next one's headers
 * are there, so these follow each picture at once, without Content-Length. Nothing queues: the next
 * picture is asked for when the socket has taken the last, and `pictures` gives the newest then.
 *
 * @param first shown at once, when there is a picture already
 * @param ended called once, when the pictures end or the viewer leaves
 */
export function multipartPictures(
  pictures: AsyncIterable<Picture>,
  first: Picture | undefined,
  ended: () => void,
): ReadableStream<Uint8Array> {
  const iterator = pictures[Symbol.asyncIterator]();
  let waiting = first;
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    ended();
  };
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(OPENING),
    async pull(controller) {
      try {
        let picture = waiting;
        waiting = undefined;
        while (picture === undefined) {
          const { done, value } = await iterator.next();
          if (over) return;
          if (done) {
            end();
            controller.close();
            return;
          }
          // `first` may come again from the iterator; showing it twice would only cost.
          if (value.sequence !== first?.sequence) picture = value;
          first = undefined;
        }
        controller.enqueue(concat(picture.data, NEXT));
      } catch (error) {
        end();
        throw error;
      }
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
