/**
 * What draws a PDF, in a frame without an origin, without the network, by pdf.js: the dashboard hands
 * the bytes in. A worker of its own reads the file and is ended when it takes too long. No script of
 * the file's runs: what would run them (pdf.js's sandbox) is not here.
 */
import { getDocument, PDFWorker } from "pdfjs-dist/build/pdf.min.mjs";
// A classic script: Chromium starts no module as a worker where there is no origin.
import workerText from "../dist/pdf_worker.js" with { type: "text" };
import type { PdfReport, PdfTask } from "./pdf_messages.ts";
import { PDF_LIMITS } from "./pdf_messages.ts";

// The one way into the network that no policy of Chromium's closes.
for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) {
  Reflect.deleteProperty(globalThis, name);
}

type Document = Awaited<ReturnType<typeof getDocument>["promise"]>;

let words: PdfTask["words"] | undefined;
let thread: Worker | undefined;
let open: Document | undefined;
let shown = 1;
/** The one drawing that counts; an older one that ends late does nothing. */
let drawing = 0;

const root = document.querySelector<HTMLElement>("#pdf")!;
const sheet = document.createElement("div");
sheet.id = "page";
const bar = document.createElement("nav");
const back = button(() => turn(-1));
const on = button(() => turn(1));
const count = document.createElement("span");
count.setAttribute("aria-live", "polite");
bar.append(back, count, on);
bar.hidden = true;
root.append(sheet, bar);

function button(act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function report(what: PdfReport): void {
  parent.postMessage(what, "*"); // nothing of the file is in it
}

class TooSlow extends Error {}

function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlow()), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Ends all that the file had going, and says why. */
function fail(error: unknown): void {
  drawing++;
  thread?.terminate();
  thread = open = undefined;
  bar.hidden = true;
  const message = document.createElement("p");
  message.setAttribute("role", "status");
  const reason = error instanceof TooSlow
    ? "slow"
    : error instanceof Error && error.name === "PasswordException"
    ? "password"
    : "damaged";
  message.textContent = words![reason];
  sheet.replaceChildren(message);
  report({ state: "failed", reason });
}

async function begin(task: PdfTask): Promise<void> {
  words = task.words;
  document.documentElement.lang = task.lang;
  back.textContent = "‹";
  on.textContent = "›";
  back.setAttribute("aria-label", words.back);
  on.setAttribute("aria-label", words.next);
  try {
    const blob = new Blob([workerText], { type: "text/javascript" });
    const url = URL.createObjectURL(blob);
    thread = new Worker(url);
    thread.addEventListener("error", () => fail(new Error("the worker did not start")));
    const loading = getDocument({
      data: new Uint8Array(task.bytes),
      worker: PDFWorker.create({ port: thread }),
      maxImageSize: PDF_LIMITS.imagePixels,
      canvasMaxAreaInBytes: PDF_LIMITS.canvasPixels * 4,
      isEvalSupported: false,
      enableXfa: false,
      disableAutoFetch: true,
      disableStream: true,
      disableRange: true,
      useWasm: false,
      useWorkerFetch: false,
      stopAtErrors: false,
      verbosity: 0,
    });
    open = await within(loading.promise, PDF_LIMITS.openMs);
    URL.revokeObjectURL(url);
    await draw();
  } catch (error) {
    fail(error);
  }
}

function turn(by: number): void {
  if (open === undefined) return;
  const wanted = Math.min(Math.max(shown + by, 1), open.numPages);
  if (wanted === shown) return;
  shown = wanted;
  void draw().catch(fail);
}

async function draw(): Promise<void> {
  const mine = ++drawing;
  const file = open!;
  const canvas = document.createElement("canvas");
  const work = async () => {
    const page = await file.getPage(shown);
    if (mine !== drawing) return;
    const natural = page.getViewport({ scale: 1 });
    const room = { width: sheet.clientWidth || 800, height: sheet.clientHeight || 600 };
    const fit = Math.min(room.width / natural.width, room.height / natural.height);
    const most = Math.sqrt(PDF_LIMITS.canvasPixels / (natural.width * natural.height));
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const scale = Math.min(fit * ratio, most);
    const viewport = page.getViewport({ scale });
    canvas.width = Math.max(1, Math.floor(viewport.width));
    canvas.height = Math.max(1, Math.floor(viewport.height));
    canvas.style.width = `${canvas.width / ratio}px`;
    canvas.style.height = "auto";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", pageLine(file.numPages));
    await page.render({ canvas, viewport, annotationMode: 0 }).promise;
    page.cleanup();
  };
  await within(work(), PDF_LIMITS.drawMs);
  if (mine !== drawing) return;
  sheet.replaceChildren(canvas);
  count.textContent = pageLine(file.numPages);
  back.disabled = shown === 1;
  on.disabled = shown === file.numPages;
  bar.hidden = file.numPages === 1;
  report({ state: "shown", page: shown, pages: file.numPages });
}

/** Words cross the border of frames as text alone. */
function pageLine(pages: number): string {
  return words!.page.replace("{page}", `${shown}`).replace("{pages}", `${pages}`);
}

let resizing: ReturnType<typeof setTimeout> | undefined;
addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => {
    if (open !== undefined) void draw().catch(fail);
  }, 150);
});
addEventListener("keydown", (event) => {
  if (["ArrowRight", "PageDown", " "].includes(event.key)) turn(1);
  if (["ArrowLeft", "PageUp"].includes(event.key)) turn(-1);
});
addEventListener("message", (event: MessageEvent<PdfTask>) => {
  if (event.source === parent && words === undefined) void begin(event.data);
});
report({ state: "ready" });
