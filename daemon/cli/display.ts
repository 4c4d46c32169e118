import { basename } from "node:path";
import { SimppdError, sizeText } from "../base/mod.ts";
import type { DisplayItemView, DisplayPolicyView, DisplaysView } from "../views/mod.ts";
import { byteSize } from "./byte_size.ts";
import { LocalApi } from "./local_api.ts";
import { openOwn } from "./own_file.ts";
import { printable } from "./printable.ts";
import {
  type Answer,
  eachOf,
  expectWords,
  type Invocation,
  text,
  UsageError,
  type Verb,
} from "./verb.ts";

const PATH = "/api/displays";
const WHO: Record<DisplayPolicyView["from"], string> = {
  nobody: "nobody",
  verified: "verified contacts",
  displayers: "those whom the group lets display",
  all: "everybody",
};

const KINDS = ["picture", "pdf", "text", "audio", "video"];

export const display: Verb = {
  name: "display",
  summary: "Show a file on the screens of a group or contact, or here; see what is shown",
  usage: [
    "display PATH [--group ROOM | --to JID]       without either: on this machine's stage",
    "display clear [--group ROOM | --to JID]      takes back what you show there",
    "display history [--forget]                   what was shown here; --forget deletes the list",
    "display show ID | close ID                   shows what waits; takes a file off the stage here",
    "display policy [WHO] [--place JID] [--max-bytes SIZE] [--kinds KIND,…]",
    "                  from whom files open by themselves: nobody, verified, displayers, all, or, with",
    "                  --place, usual; kinds: picture, pdf, text, audio, video",
    "                  a file called like one of these words: ./clear",
  ],
  options: {
    group: { type: "string" },
    to: { type: "string" },
    forget: { type: "boolean" },
    place: { type: "string" },
    "max-bytes": { type: "string" },
    kinds: { type: "string" },
  },
  async run(invocation) {
    const [first, ...words] = invocation.words;
    const deed = first === undefined ? undefined : deeds[first];
    const takes = deed?.takes ?? ["group", "to"];
    for (const name of Object.keys(display.options)) {
      if (invocation.options[name] !== undefined && !takes.includes(name)) {
        throw new UsageError(`--${name} does not go with display ${first}`);
      }
    }
    if (deed !== undefined) return await deed.run(words, invocation);
    const [path] = expectWords(invocation.words, "PATH") as [string];
    return await present(path, invocation);
  },
};

interface Deed {
  readonly takes: readonly string[];
  run(words: readonly string[], invocation: Invocation): Promise<Answer>;
}

const deeds: Readonly<Record<string, Deed>> = {
  clear: {
    takes: ["group", "to"],
    async run(words, invocation) {
      expectWords(words);
      const place = placeOf(invocation) ?? null;
      const { items } = await ask<DisplaysView>(invocation, "GET", PATH);
      const shows = items.some((item) =>
        item.place === place && item.state === "showing" && (place === null || item.mine)
      );
      const view = await ask<DisplaysView>(invocation, "POST", `${PATH}/clear`, { place });
      // What was shown before a restart may still be shown there.
      const told = place === null ? "" : " that is known here; they were told all the same";
      return { value: view, text: shows ? "cleared" : `nothing was shown${told}` };
    },
  },
  history: {
    takes: ["forget"],
    async run(words, invocation) {
      expectWords(words);
      const method = invocation.options.forget === true ? "DELETE" : "GET";
      const { items } = await ask<DisplaysView>(invocation, method, PATH);
      return { value: items, text: items.map(line).join("\n") || "Nothing was shown yet." };
    },
  },
  show: {
    takes: [],
    async run(words, invocation) {
      const [id] = expectWords(words, "ID") as [string];
      const path = `${PATH}/${encodeURIComponent(id)}/show`;
      return { value: await ask(invocation, "POST", path), text: "shown" };
    },
  },
  close: {
    takes: [],
    async run(words, invocation) {
      const [id] = expectWords(words, "ID") as [string];
      const { items } = await ask<DisplaysView>(invocation, "GET", PATH);
      const over = items.some((item) => item.id === id && item.state === "past");
      const value = await ask(invocation, "POST", `${PATH}/close`, { id });
      return { value, text: over ? "it was off the stage already" : "closed" };
    },
  },
  policy: { takes: ["place", "max-bytes", "kinds"], run: policy },
};

async function present(path: string, invocation: Invocation): Promise<Answer> {
  const to = placeOf(invocation);
  const api = await LocalApi.open(invocation.state);
  const { isFile, size, bytes, close } = await openOwn(path);
  if (to !== undefined && !isFile) {
    close();
    throw new SimppdError("not-a-file", `${path} is no file; only files can be sent.`);
  }
  const others = to === undefined ? {} : { to, size: String(size) };
  const query = new URLSearchParams({ name: basename(path), ...others });
  const item = await api.upload<DisplayItemView>(
    `${PATH}?${query}`,
    {},
    bytes,
    size || undefined,
  );
  const name = printable(item.name);
  if (item.reason !== null) {
    return { value: item, text: `${name} is sent, not shown: ${printable(item.reason.message)}` };
  }
  const what = `${name} (${item.kind})`;
  const words = to === undefined
    ? `${what} is shown on this machine's stage`
    : `${what} is sent to ${to}; it opens where they let you`;
  return { value: item, text: words };
}

async function policy(words: readonly string[], invocation: Invocation): Promise<Answer> {
  const [who, ...rest] = words;
  expectWords(rest);
  const place = text(invocation, "place") ?? null;
  const now = await ask<DisplaysView>(invocation, "GET", PATH);
  const most = text(invocation, "max-bytes");
  const kinds = text(invocation, "kinds")?.split(",");
  if (who === undefined && most === undefined && kinds === undefined) return shown(now);
  const change = async (policy: unknown) =>
    shown(await ask<DisplaysView>(invocation, "PUT", `${PATH}/policy`, { place, policy }));
  if (who === "usual") {
    if (place === null) throw new UsageError("usual goes with --place");
    return await change(null);
  }
  if (who !== undefined && !(who in WHO)) {
    throw new UsageError(`policy takes nobody, verified, displayers, all or usual, not "${who}"`);
  }
  const maxBytes = most === undefined ? undefined : byteSize(most, "--max-bytes");
  eachOf(invocation, "kinds", KINDS);
  const current = place === null ? now.policy : now.places[place] ?? now.policy;
  return await change({
    ...current,
    ...(who === undefined ? {} : { from: who }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(kinds === undefined ? {} : { kinds }),
  });
}

async function ask<T>(
  { state }: Invocation,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  return await (await LocalApi.open(state)).ask<T>(method, path, body);
}

function placeOf(invocation: Invocation): string | undefined {
  const group = text(invocation, "group");
  const to = text(invocation, "to");
  if (group !== undefined && to !== undefined) throw new UsageError("either --group or --to");
  return group ?? to;
}

function line(item: DisplayItemView): string {
  const { id, from, mine, name, kind, size, place, state, reason, openedFor } = item;
  const what = `${kind ?? "nothing to show"}, ${sizeText(size)}`;
  const who = mine ? "you" : printable(from);
  const where = place === null ? "here" : printable(place);
  const why = reason === null ? "" : `: ${printable(reason.message)}`;
  const seen = openedFor.length > 0 ? `; opened for ${openedFor.map(printable).join(", ")}` : "";
  return `${id} ${printable(name)} (${what}) by ${who}, ${where}, ${state}${why}${seen}`;
}

function shown(view: DisplaysView): Answer {
  const of = ({ from, maxBytes, kinds }: DisplayPolicyView) =>
    `${WHO[from]}, up to ${sizeText(maxBytes)}, ${kinds.join(", ") || "of no kind"}`;
  const { policy, places, command } = view;
  const lines = [
    `files open by themselves from ${of(policy)}`,
    ...Object.entries(places).map(([place, own]) => `${printable(place)}: from ${of(own)}`),
    ...(command === null ? [] : [`they are handed to ${printable(command)}, too`]),
  ];
  return { value: { policy, places, command }, text: lines.join("\n") };
}
