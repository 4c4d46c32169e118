/** A moving picture drawn here, as the multipart stream the daemon sends. */
import { encode } from "jpeg-js";

const WIDTH = 320;
const HEIGHT = 240;
const FRAMES = 12;
const BOUNDARY = "picture";

/** A bar that wanders over a gradient; the tint tells the two sides apart. */
function draw(frame: number, tint: [number, number, number]): Uint8Array {
  const data = new Uint8Array(WIDTH * HEIGHT * 4);
  const bar = Math.floor(frame * WIDTH / FRAMES);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const at = (y * WIDTH + x) * 4;
      const light = Math.abs(x - bar) < 14 ? 1.7 : 0.55 + 0.5 * y / HEIGHT;
      tint.forEach((value, channel) => data[at + channel] = Math.min(255, value * light));
      data[at + 3] = 255;
    }
  }
  return encode({ data, width: WIDTH, height: HEIGHT }, 70).data;
}

const drawn = new Map<string, Uint8Array[]>();

function frames(side: "local" | "remote"): Uint8Array[] {
  let found = drawn.get(side);
  if (found === undefined) {
    const tint: [number, number, number] = side === "remote" ? [74, 124, 150] : [150, 110, 84];
    found = Array.from({ length: FRAMES }, (_, frame) => draw(frame, tint));
    drawn.set(side, found);
  }
  return found;
}

export function stillPicture(): Response {
  return new Response(frames("remote")[0] as Uint8Array<ArrayBuffer>, {
    headers: { "Content-Type": "image/jpeg" },
  });
}

/** Streams until the viewer leaves or `signal` aborts. */
export function movingPicture(side: "local" | "remote", signal: AbortSignal): Response {
  const text = new TextEncoder();
  const pictures = frames(side);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      let index = 0;
      controller.enqueue(text.encode(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`));
      timer = setInterval(() => {
        try {
          controller.enqueue(pictures[index++ % FRAMES]!);
          // The next part's headers go ahead: a browser shows a picture when they arrive.
          controller.enqueue(
            text.encode(`\r\n--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`),
          );
        } catch {
          clearInterval(timer); // the viewer left between two pictures
        }
      }, 80);
      signal.addEventListener("abort", () => {
        clearInterval(timer);
        try {
          controller.close();
        } catch {
          // The viewer left before.
        }
      });
    },
    cancel: () => clearInterval(timer),
  });
  return new Response(body, {
    headers: { "Content-Type": `multipart/x-mixed-replace; boundary=${BOUNDARY}` },
  });
}
