import { toBase64, utf8 } from "../../base/mod.ts";
import { sha256 } from "../../crypto/mod.ts";
import type { DisplayKind } from "../../views/mod.ts";
import { textBlocks } from "./text_blocks.ts";

/** A page for a frame, and what it may do. */
export interface FramePage {
  readonly html: string;
  readonly policy: string;
}

/**
 * What the `sandbox` of frame and page say: always an origin of its own, never `allow-same-origin`.
 * A browser starts sound and video by itself only where scripts are not off; there one runs, these
 * few words of ours ({@link MEDIA_SCRIPT}), and nothing else is a script's source. In the PDF's page
 * one runs, pdf.js, which is ours.
 */
export const SANDBOX: Readonly<Record<DisplayKind, string>> = {
  picture: "",
  text: "",
  audio: "allow-scripts",
  video: "allow-scripts",
  pdf: "allow-scripts",
};

/** How much of a text is shown, in bytes. */
export const TEXT_SHOWN = 1 << 18;

/** Says that a sound or video cannot be played: the page has no words of its own for it. */
const MEDIA_SCRIPT = 'const media=document.querySelector("audio,video");' +
  'const tell=()=>parent.postMessage("unplayable","*");' +
  'if(media.error!==null)tell();media.addEventListener("error",tell)';
const MEDIA_SCRIPT_HASH = hashSource(MEDIA_SCRIPT);

/** Drawn over what a browser draws of a picture that it cannot decode, and nowhere else. */
const BROKEN = "This picture is damaged, and cannot be drawn.";

const STYLE = "html{height:100%;color-scheme:light dark}html:target{color-scheme:dark}" +
  "body{margin:0;height:100%;background:light-dark(#f4f3ef,#101216);color:light-dark(#111,#eee)}" +
  "img,video{display:block;width:100%;height:100%;object-fit:contain}" +
  `img::after{content:"${BROKEN}";position:absolute;inset:0;display:grid;place-items:center;` +
  "padding:1rem;background:inherit;text-align:center;font:clamp(18px,2.6vmin,40px) " +
  "system-ui,sans-serif}img{background:light-dark(#f4f3ef,#101216)}" +
  "body.sound{display:grid;place-items:center}audio{width:min(90%,40rem)}" +
  "pre{margin:0;padding:3vmin;font:clamp(15px,2.2vmin,34px)/1.5 ui-monospace,Menlo,Consolas," +
  "'DejaVu Sans Mono',monospace;white-space:pre-wrap;overflow-wrap:anywhere}" +
  "pre div{content-visibility:auto;contain-intrinsic-size:auto 60em}" +
  "pre.note{display:grid;place-content:center;box-sizing:border-box;min-height:100%;" +
  "font-size:clamp(18px,5vmin,80px)}" +
  "#pdf{display:flex;flex-direction:column;height:100%}" +
  "#page{flex:1;min-height:0;display:grid;place-items:center;overflow:auto}" +
  "canvas{max-width:100%;max-height:100%;background:#fff}" +
  "nav[hidden]{display:none}nav{display:flex;gap:.75rem;align-items:center;justify-content:center;padding:.4rem;" +
  "font:16px system-ui,sans-serif}" +
  "button{font:inherit;min-width:44px;min-height:44px;border-radius:10px;border:1px solid #8888;" +
  "background:transparent;color:inherit;cursor:pointer}" +
  "button:disabled{opacity:.4;cursor:default}p{font:clamp(18px,2.6vmin,40px) " +
  "system-ui,sans-serif;padding:1rem;text-align:center}" +
  // A frame does not follow the colours of what frames it: `#dark` asks for a wall's.
  ":target body,:target img{background:#000}";
const STYLE_HASH = hashSource(STYLE);

/** An inline script or style as a source of a policy (CSP 3, section 2.3.1). */
function hashSource(text: string): string {
  return `'sha256-${toBase64(sha256(utf8(text)))}'`;
}

/** Where the second listener keeps what runs in a PDF's page. */
export const PDF_SCRIPT = "/pdf.js";

/**
 * The page that shows one file: ours to the last letter but for a text's own, which are escaped.
 * @param at `http://127.0.0.1:PORT` of the second listener
 * @param dashboards origins that may frame it
 * @param text the text to show, of kind `text`
 */
export function framePage(
  input: {
    kind: DisplayKind;
    at: string;
    file: string;
    dashboards: readonly string[];
    text: string;
  },
): FramePage {
  const { kind, at, file, dashboards, text } = input;
  const url = at + file;
  const sources: Record<DisplayKind, readonly string[]> = {
    picture: [`img-src ${url}`],
    audio: [`media-src ${url}`, `script-src ${MEDIA_SCRIPT_HASH}`],
    video: [`media-src ${url}`, `script-src ${MEDIA_SCRIPT_HASH}`],
    text: [],
    pdf: [`script-src ${at}${PDF_SCRIPT}`, "worker-src blob:", "img-src blob: data:"],
  };
  const policy = [
    `sandbox ${SANDBOX[kind]}`.trim(),
    "default-src 'none'",
    ...sources[kind],
    "connect-src 'none'",
    "webrtc 'block'", // CSP 3; Chromium does not know it yet
    `style-src ${STYLE_HASH}`,
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${dashboards.join(" ")}`,
  ].join("; ");
  return { html: document(BODIES[kind](url, at, text)), policy };
}

/** Only what the sandbox lets be done; the stage itself has the full screen. */
const CONTROLS = 'controls autoplay controlslist="nodownload nofullscreen noremoteplayback"';

const BODIES: Record<DisplayKind, (url: string, at: string, text: string) => string> = {
  // A file is asked for with the page's origin, which is none: no other page's request is like it.
  picture: (url) => `<body><img crossorigin="anonymous" src="${url}" alt="">`,
  video: (url) =>
    `<body><video crossorigin="anonymous" src="${url}" ${CONTROLS} muted playsinline ` +
    `disablepictureinpicture disableremoteplayback></video><script>${MEDIA_SCRIPT}</script>`,
  audio: (url) =>
    `<body class="sound"><audio crossorigin="anonymous" src="${url}" ${CONTROLS}></audio>` +
    `<script>${MEDIA_SCRIPT}</script>`,
  // A block that is not to be seen is not laid out.
  text: (_url, _at, text) =>
    `<body><pre tabindex="0"${isNote(text) ? ' class="note"' : ""}>${
      textBlocks(text).map((block) => `<div>${escaped(block)}\n</div>`).join("")
    }</pre>`,
  pdf: (_url, at) =>
    `<body><main id="pdf"></main><script type="module" crossorigin="anonymous" src="${at}${PDF_SCRIPT}"></script>`,
};

function document(body: string): string {
  return '<!doctype html><html lang="en" id="dark"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width"><title>Display</title>' +
    `<style>${STYLE}</style></head>${body}</body></html>`;
}

/** A few words are to be read across a room. */
function isNote(text: string): boolean {
  return text.length <= 240 && text.trim().split("\n").length <= 6;
}

function escaped(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (letter) => names[letter]!).replaceAll("\0", "\ufffd");
}

/** The first part of a text, in the encoding it says, else UTF-8. */
export function decoded(bytes: Uint8Array, size: number): string {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : "utf-8";
  const text = new TextDecoder(wide).decode(bytes);
  return size > bytes.length ? `${text}\n…` : text;
}
