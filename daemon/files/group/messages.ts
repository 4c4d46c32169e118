import { type Bytes, fromBase64, toBase64 } from "../../base/mod.ts";
import { el, type Element, NS } from "../../xmpp/core/mod.ts";

/** A piece of a file on its way to a group: LSIM's `filetransfer` message. */
export interface Piece {
  readonly id: string;
  /** Names this run of the sender's; another after it was started anew. */
  readonly stream: string;
  /** Grows by one with each piece of the stream. */
  readonly seq: number;
  /** Number of the first block in `data`; undefined when `data` is the list of blocks. */
  readonly block: number | undefined;
  readonly data: Bytes;
  /** Share of the receivers, 0 to 1, who shall say how far they are. */
  readonly ask: number | undefined;
  /** Nothing follows for now: who lacks something says so at a random moment of so many ms. */
  readonly within: number | undefined;
}

/** What a receiver lacks; all that it has heard of the stream is not on its way any more. */
export interface Lacks {
  readonly id: string;
  /** The last piece that it heard; undefined when it heard none, or none for a while. */
  readonly heard: { readonly stream: string; readonly seq: number } | undefined;
  readonly list: boolean;
  /** As text; how many blocks there are is the file's to know. */
  readonly ranges: string;
}

/** The sender serves a file no more, or a receiver wants it no more. */
export interface Over {
  readonly id: string;
}

const FILE_ID = /^[0-9a-f]{32}$/;
const STREAM = /^[\w-]{1,32}$/;
/** Longest base64 of one piece: 128 KiB of blocks. */
const MAX_TEXT = 176_000;

/** `<filetransfer/>`, with the hint that nobody keeps it (XEP-0334). */
export function writePiece({ id, stream, seq, block, data, ask, within }: Piece): Element[] {
  const attrs = {
    xmlns: NS.simppFiles,
    id,
    stream,
    seq: String(seq),
    block: block?.toString(),
    ask: ask?.toString(),
    within: within?.toString(),
  };
  return [el("filetransfer", attrs, toBase64(data)), noStore()];
}

/** The id and nothing else: enough to pass over what is for somebody else. */
export function pieceId(element: Element): string | undefined {
  return element.is("filetransfer", NS.simppFiles) ? element.attrs.id : undefined;
}

/** Undefined when it is malformed. */
export function readPiece(element: Element): Piece | undefined {
  const { id = "", stream = "", seq, block, ask, within } = element.attrs;
  const text = element.getText();
  const numbers = [seq, block ?? "0", within ?? "0"];
  const well = FILE_ID.test(id) && STREAM.test(stream) && text.length <= MAX_TEXT &&
    numbers.every((number) => /^\d{1,9}$/.test(number ?? "")) &&
    /^(0(\.\d{1,6})?|1)$/.test(ask ?? "0");
  if (!well) return undefined;
  const bytes = decode(text);
  return bytes && {
    id,
    stream,
    seq: Number(seq),
    block: block === undefined ? undefined : Number(block),
    data: bytes,
    ask: ask === undefined ? undefined : Number(ask),
    within: within === undefined ? undefined : Number(within),
  };
}

/** `<lacks/>` */
export function writeLacks({ id, heard, list, ranges }: Lacks): Element[] {
  const attrs = {
    xmlns: NS.simppFiles,
    id,
    stream: heard?.stream,
    seq: heard?.seq.toString(),
    list: list ? "1" : undefined,
  };
  return [el("lacks", attrs, ranges), noStore()];
}

/** Undefined when it is none or malformed; the ranges are for `readRanges`. */
export function readLacks(element: Element): Lacks | undefined {
  if (!element.is("lacks", NS.simppFiles)) return undefined;
  const { id = "", stream, seq, list } = element.attrs;
  const ranges = element.getText();
  if (!FILE_ID.test(id) || ranges.length > 8_192) return undefined;
  if (stream === undefined || seq === undefined) {
    return { id, heard: undefined, list: list === "1", ranges };
  }
  if (!STREAM.test(stream) || !/^\d{1,9}$/.test(seq)) return undefined;
  return { id, heard: { stream, seq: Number(seq) }, list: list === "1", ranges };
}

/** `<over/>` */
export function writeOver({ id }: Over): Element[] {
  return [el("over", { xmlns: NS.simppFiles, id }), noStore()];
}

/** Undefined when it is none or malformed. */
export function readOver(element: Element): Over | undefined {
  const { id = "" } = element.attrs;
  return element.is("over", NS.simppFiles) && FILE_ID.test(id) ? { id } : undefined;
}

function noStore(): Element {
  return el("no-store", { xmlns: NS.hints });
}

function decode(text: string): Bytes | undefined {
  try {
    return fromBase64(text);
  } catch {
    return undefined;
  }
}
