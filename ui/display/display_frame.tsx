/** One shown file, in a frame of another origin that may do nothing. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { displayApi } from "../api/display_routes.ts";
import type { DisplayItemView, DisplayUrlView } from "../api/views.ts";
import { sentence } from "../store/notices.ts";
import { text } from "../text/mod.ts";
import { PDF_LIMITS, pdfReport, type PdfTask } from "./pdf_messages.ts";

/** @param dark whatever the colours of the system are */
export function DisplayFrame({ item, dark = false }: { item: DisplayItemView; dark?: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  const problem = useSignal<string | null>(null);
  const ready = useSignal(false);
  const tries = useSignal(0);
  const { id, name } = item;

  // Not after the next drawing of the page: the file is wanted before the bar around it.
  useLayoutEffect(() => {
    const over = new AbortController();
    ready.value = false;
    problem.value = null;
    displayApi.open(id).then(
      (url) => {
        const end = () => void displayApi.shut(url.handle).catch(() => {}); // it ends by itself, too
        if (over.signal.aborted) return end();
        over.signal.addEventListener("abort", end);
        const frame = frameOf(dark ? { ...url, url: `${url.url}#dark` } : url, name);
        frame.addEventListener("load", () => ready.value = true, { once: true });
        endMute(frame, over.signal, () => fail(text.display.slow));
        const fail = (message: string) => {
          frame.remove();
          problem.value = message;
        };
        if (url.kind === "pdf") handPdf(frame, url.handle, over.signal, fail);
        if (url.kind === "audio" || url.kind === "video") hearMedia(frame, over.signal, fail);
        place.current!.append(frame);
        over.signal.addEventListener("abort", () => frame.remove());
      },
      (error) => {
        if (!over.signal.aborted) problem.value = sentence(error);
      },
    );
    return () => over.abort();
  }, [id, tries.value]);

  return (
    <div class="display-frame" ref={place}>
      {!ready.value && problem.value === null && <p role="status">{text.display.loading}</p>}
      {problem.value !== null && (
        <div class="display-problem" role="alert">
          <p>{text.display.failed} {problem.value}</p>
          <button type="button" class="button" onClick={() => tries.value++}>
            {text.common.retry}
          </button>
        </div>
      )}
    </div>
  );
}

/** The attribute that takes everything away is there before there is anything to take it from. */
function frameOf({ url, sandbox }: DisplayUrlView, name: string): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", sandbox);
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.setAttribute("allow", "autoplay");
  frame.title = text.display.frame(name);
  frame.src = url;
  return frame;
}

/** Takes a frame away whose page is not there after a time that is enough for any file. */
function endMute(frame: HTMLIFrameElement, signal: AbortSignal, fail: () => void): void {
  const watch = setTimeout(fail, PDF_LIMITS.silenceMs);
  const end = () => clearTimeout(watch);
  frame.addEventListener("load", end, { once: true });
  signal.addEventListener("abort", end, { once: true });
}

/** The page of a sound or video says one thing: that it cannot be played. */
function hearMedia(
  frame: HTMLIFrameElement,
  signal: AbortSignal,
  fail: (message: string) => void,
): void {
  addEventListener("message", ({ source, data }: MessageEvent) => {
    if (source === frame.contentWindow && data === "unplayable") fail(text.display.unplayable);
  }, { signal });
}

/** Hands the bytes into the frame once it says that it is there, and takes it away when it is mute. */
function handPdf(
  frame: HTMLIFrameElement,
  handle: string,
  signal: AbortSignal,
  fail: (message: string) => void,
): void {
  let handed = false;
  let watch: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    clearTimeout(watch);
    watch = setTimeout(() => fail(text.display.pdf.slow), PDF_LIMITS.silenceMs);
  };
  signal.addEventListener("abort", () => clearTimeout(watch));
  addEventListener("message", async ({ source, data }: MessageEvent) => {
    const report = source === frame.contentWindow ? pdfReport(data) : undefined;
    if (report === undefined) return;
    if (report.state !== "ready") return clearTimeout(watch);
    if (handed) return; // one file, once, whatever it asks for
    handed = true;
    try {
      const bytes = await displayApi.bytes(handle);
      if (signal.aborted) return;
      const { page, back, next, slow, damaged, password } = text.display.pdf;
      const task: PdfTask = {
        bytes,
        lang: document.documentElement.lang,
        words: { page, back, next, slow, damaged, password },
      };
      // It has no origin that could be named; what is there came from our own second listener.
      frame.contentWindow?.postMessage(task, "*", [bytes]);
    } catch (error) {
      if (!signal.aborted) fail(sentence(error));
    }
  }, { signal });
  wait();
}
