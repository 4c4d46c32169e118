/** What dashboard and PDF frame say to each other. */

/** Bounds on what a PDF may cost; each is far beyond what is written to be read. */
export const PDF_LIMITS = {
  /** Until its pages are known, and for one page to be drawn, in ms. */
  openMs: 20_000,
  drawMs: 15_000,
  /** Without a word from the frame so long after the file was handed in, the frame is taken away. */
  silenceMs: 40_000,
  /** Of a page as it is drawn, and of one picture in it: others are left out. */
  canvasPixels: 16_777_216,
  imagePixels: 16_777_216,
} as const;

/** To the frame, once: the file and what it may have to say. */
export interface PdfTask {
  readonly bytes: ArrayBuffer;
  readonly lang: string;
  readonly words: {
    readonly back: string;
    readonly next: string;
    readonly slow: string;
    readonly damaged: string;
    readonly password: string;
    /** With `{page}` and `{pages}` in it. */
    readonly page: string;
  };
}

/** From the frame: how it stands. */
export type PdfReport =
  | { state: "ready" }
  | { state: "shown"; page: number; pages: number }
  | { state: "failed"; reason: "slow" | "damaged" | "password" };

/** What came, if it has the shape of a report: the frame is not believed. */
export function pdfReport(data: unknown): PdfReport | undefined {
  const { state, page, pages, reason } = (data ?? {}) as Record<string, unknown>;
  if (state === "ready") return { state };
  if (state === "shown" && typeof page === "number" && typeof pages === "number") {
    return { state, page, pages };
  }
  if (state === "failed" && (reason === "slow" || reason === "damaged" || reason === "password")) {
    return { state, reason };
  }
  return undefined;
}
