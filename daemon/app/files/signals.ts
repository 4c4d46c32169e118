import { type Bytes, fromBase64, toBase64 } from "../../base/mod.ts";
import { FILE_KEY_LENGTH, FILES_NS } from "../../files/mod.ts";
import { el, type Element } from "../../xmpp/core/mod.ts";

/** What became of a file: it is there, is not wanted, or opened by itself on the stage. */
export type ToldState = "done" | "declined" | "shown";
const TOLD: readonly string[] = ["done", "declined", "shown"] satisfies ToldState[];

/** What devices tell each other about files, inside the seal; `file` is the descriptor's id. */
export type FileSignal =
  | { readonly name: "told"; readonly file: string; readonly state: ToldState }
  | { readonly name: "key-wanted"; readonly file: string }
  | { readonly name: "key"; readonly file: string; readonly key: Bytes }
  | { readonly name: "key-refused"; readonly file: string }
  | { readonly name: "taken-back"; readonly file: string }
  | { readonly name: "clear" };

const ID = /^[0-9a-f]{32}$/;

/** A signal as content of an envelope. */
export function writeSignal(signal: FileSignal): Element {
  switch (signal.name) {
    case "told":
      return el("told", { xmlns: FILES_NS, id: signal.file, state: signal.state });
    case "key-wanted":
    case "key-refused":
    case "taken-back":
      return el(signal.name, { xmlns: FILES_NS, id: signal.file });
    case "key":
      return el("key", { xmlns: FILES_NS, id: signal.file }, toBase64(signal.key));
    case "clear":
      return el("clear", { xmlns: FILES_NS });
  }
}

/** So many signals of one envelope are heard: what senders tell together, and questions for keys. */
const MOST_TOLD = 100;
const MOST_KEYS = 16;

/** What an envelope's content signals: each thing once, and bounded, whatever stands there. */
export function readSignals(content: readonly Element[]): FileSignal[] {
  const found = new Map<string, FileSignal>();
  const counts = { told: 0, "key-wanted": 0, key: 0, "key-refused": 0, "taken-back": 0, clear: 0 };
  for (const element of content) {
    const signal = readSignal(element);
    if (signal === undefined) continue;
    const of = signal.name === "clear"
      ? "clear"
      : `${signal.name} ${signal.file} ${signal.name === "told" ? signal.state : ""}`;
    const most = signal.name === "told" ? MOST_TOLD : MOST_KEYS;
    if (found.has(of) || counts[signal.name] >= most) continue;
    counts[signal.name]++;
    found.set(of, signal);
  }
  return [...found.values()];
}

/** Reads a signal; undefined for all else, and for what is malformed. */
function readSignal(element: Element): FileSignal | undefined {
  if (element.attrs.xmlns !== FILES_NS) return undefined;
  if (element.name === "clear") return { name: "clear" };
  const { id: file = "", state } = element.attrs;
  if (!ID.test(file)) return undefined;
  switch (element.name) {
    case "told":
      return state !== undefined && TOLD.includes(state)
        ? { name: "told", file, state: state as ToldState }
        : undefined;
    case "key-wanted":
    case "key-refused":
    case "taken-back":
      return { name: element.name, file };
    case "key": {
      const key = keyIn(element.getText());
      return key === undefined ? undefined : { name: "key", file, key };
    }
  }
  return undefined;
}

function keyIn(text: string): Bytes | undefined {
  if (text.length > 64) return undefined;
  try {
    const key = fromBase64(text);
    return key.length === FILE_KEY_LENGTH ? key : undefined;
  } catch {
    return undefined;
  }
}
