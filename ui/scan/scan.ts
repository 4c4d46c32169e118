/** Opens the browser's camera and looks for one QR code. */

const FILE = "/scanner.js";
const EVERY_MS = 120;
/** Longer sides are drawn smaller: a code held to a camera is large, and decoding is not cheap. */
const LONGEST_SIDE = 640;

/** The browser's own decoder (Shape Detection API), where there is one. */
interface BarcodeDetector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
interface BarcodeDetectorClass {
  new (options: { formats: string[] }): BarcodeDetector;
  getSupportedFormats(): Promise<string[]>;
}

type Look = (video: HTMLVideoElement) => Promise<string | null>;

/** Looks with what the browser has, else with our own file, fetched now. */
async function looker(): Promise<Look> {
  const Detector = (globalThis as { BarcodeDetector?: BarcodeDetectorClass }).BarcodeDetector;
  if (Detector !== undefined && (await Detector.getSupportedFormats()).includes("qr_code")) {
    const detector = new Detector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const { decode } = await import(FILE) as typeof import("./decode.ts");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  return (video) => {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    return Promise.resolve(decode(context.getImageData(0, 0, canvas.width, canvas.height)));
  };
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Shows the camera in `video` until a code that begins with `prefix` is seen or `signal` aborts; the
 * camera is let go at once in either case. Other codes are passed over: a poster is no warning.
 * @returns the code's text; null when aborted
 * @throws Error when the browser gives no camera
 */
export async function scan(
  video: HTMLVideoElement,
  prefix: string,
  signal: AbortSignal,
): Promise<string | null> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment" },
    audio: false,
  });
  const stop = () => release(stream);
  signal.addEventListener("abort", stop);
  try {
    if (signal.aborted) return null;
    video.srcObject = stream;
    const [look] = await Promise.all([looker(), video.play()]);
    while (!signal.aborted) {
      const seen = video.videoWidth === 0 ? null : await look(video);
      if (seen?.startsWith(prefix)) return seen;
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    return null;
  } catch (error) {
    if (signal.aborted) return null; // play() rejects when its picture is taken away
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    video.srcObject = null;
  }
}
