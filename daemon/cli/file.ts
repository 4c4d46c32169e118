import { basename, join } from "node:path";
import { SimppdError, sizeText } from "../base/mod.ts";
import type { AppEvent, FileLimitsView, FileView } from "../views/mod.ts";
import { byteSize } from "./byte_size.ts";
import { LocalApi } from "./local_api.ts";
import { openOwn, whyNot } from "./own_file.ts";
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

/** How long `send --wait` and `get` wait, in seconds, unless told. */
const PATIENCE = 3600;

const WAYS = ["direct", "upload", "ibb", "group"];
const ROLES = ["owner", "admin", "member", "listener"];

export const file: Verb = {
  name: "file",
  summary: "Send files to contacts and encrypted groups; fetch, pause, save and forget them",
  usage: [
    "file send JID PATH… [--display] [--wait] [--ways direct,upload,ibb,group]",
    "          [--people JID,…] [--roles ROLE,…] [--key-on-request]",
    "                  JID: a contact or a group; --wait: until it is here whole and they were told;",
    "                  of a group: only these people or roles may open it; --key-on-request: only",
    "                  who is in the group when they fetch it",
    "file list [JID]                              the newest hundred",
    "file get ID [PATH]                           fetches it if it is not here, and saves it as PATH,",
    "                                             or in the folder PATH; never over another file",
    "file accept ID | decline ID | pause ID | resume ID | cancel ID",
    "                                             accept: of a locked one, asks for its key again",
    "file forget ID                               deletes it and what opens it from the disk",
    "file limit [SIZE] [--place JID]              up to which size (10MB) files come by themselves;",
    "                                             0: none; usual, with --place: as all others",
    "          [--largest SIZE] [--room SIZE]      what one file may have, and all together",
  ],
  options: {
    display: { type: "boolean" },
    wait: { type: "boolean" },
    ways: { type: "string" },
    people: { type: "string" },
    roles: { type: "string" },
    "key-on-request": { type: "boolean" },
    place: { type: "string" },
    largest: { type: "string" },
    room: { type: "string" },
  },
  async run(invocation) {
    const [action = "list", ...words] = invocation.words;
    const deed = deeds[action];
    if (deed === undefined) throw new UsageError(`"${action}" is not something file can do`);
    for (const name of Object.keys(file.options)) {
      if (invocation.options[name] !== undefined && !(deed.takes ?? []).includes(name)) {
        throw new UsageError(`--${name} does not go with file ${action}`);
      }
    }
    return await deed.run(await LocalApi.open(invocation.state), words, invocation);
  },
};

interface Deed {
  readonly takes?: readonly string[];
  run(api: LocalApi, words: readonly string[], invocation: Invocation): Promise<Answer>;
}

const COMMANDS = ["accept", "decline", "pause", "resume", "cancel"] as const;

const deeds: Readonly<Record<string, Deed>> = {
  send: { takes: ["display", "wait", "ways", "people", "roles", "key-on-request"], run: send },
  get: { run: get },
  limit: { takes: ["place", "largest", "room"], run: limit },
  list: { run: list },
  forget: { run: forget },
  ...Object.fromEntries(COMMANDS.map((command) => [command, { run: saying(command) }])),
};

async function list(api: LocalApi, words: readonly string[]): Promise<Answer> {
  if (words.length > 1) throw new UsageError("list takes one JID at most");
  const [place] = words;
  const query = place === undefined ? "" : `?${new URLSearchParams({ place })}`;
  const files = await api.ask<FileView[]>("GET", `/api/files${query}`);
  return { value: files, text: files.map(line).join("\n") || "There are no files yet." };
}

async function forget(api: LocalApi, words: readonly string[]): Promise<Answer> {
  const [id] = expectWords(words, "ID") as [string];
  await api.ask("DELETE", path(id));
  return { value: { id }, text: "forgotten" };
}

function saying(command: typeof COMMANDS[number]): Deed["run"] {
  return async (api, words) => {
    const [id] = expectWords(words, "ID") as [string];
    const file = await api.ask<FileView>("POST", path(id, "/state"), { command });
    return { value: file, text: line(file) };
  };
}

async function send(
  api: LocalApi,
  words: readonly string[],
  invocation: Invocation,
): Promise<Answer> {
  const [to, ...paths] = words;
  if (to === undefined || paths.length === 0) throw new UsageError("send takes a JID and paths");
  const { options } = invocation;
  eachOf(invocation, "ways", WAYS);
  eachOf(invocation, "roles", ROLES);
  const how = {
    to,
    ...(options.display === true ? { display: "1" } : {}),
    ...(options["key-on-request"] === true ? { keyOnRequest: "1" } : {}),
    ...Object.fromEntries(
      ["ways", "people", "roles"].flatMap((name) => {
        const value = text(invocation, name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
  const over = new AbortController();
  try {
    // Listening first: a file may have left before the answer to the request is here.
    const events = options.wait === true ? await api.events(over.signal) : undefined;
    const sent: FileView[] = [];
    for (const from of paths) {
      const file = await upload(api, from, how);
      sent.push(events === undefined ? file : await settled(api, file.id, events));
    }
    return { value: sent, text: sent.map(line).join("\n") };
  } finally {
    over.abort();
  }
}

async function upload(
  api: LocalApi,
  from: string,
  how: Record<string, string>,
): Promise<FileView> {
  const { size, isFile, bytes, close } = await openOwn(from);
  if (!isFile) {
    close();
    throw new SimppdError("not-a-file", `${from} is no file; only files can be sent.`);
  }
  const query = new URLSearchParams({
    ...how,
    name: basename(from),
    size: String(size),
    path: await Deno.realPath(from),
  });
  return await api.upload<FileView>(`/api/files?${query}`, {}, bytes, size);
}

/** Follows a file until it is here, or lies where it can be had. @throws SimppdError when it failed */
async function settled(
  api: LocalApi,
  id: string,
  events: AsyncIterable<AppEvent>,
): Promise<FileView> {
  const done = (file: FileView): boolean => {
    if (file.problem !== null && file.state === "failed") {
      throw new SimppdError(file.problem.code, file.problem.message);
    }
    if (["cancelled", "declined", "paused"].includes(file.state)) {
      throw new SimppdError("transfer-state", `The file is ${file.state}.`);
    }
    return file.state === "done" || (file.mine && file.state === "offered");
  };
  const now = await api.ask<FileView>("GET", path(id));
  if (done(now)) return now;
  for await (const event of events) {
    if (event.type === "file" && event.data.id === id && done(event.data)) return event.data;
  }
  throw new SimppdError("no-answer", "simppd ended before the file was there.");
}

async function get(api: LocalApi, words: readonly string[]): Promise<Answer> {
  const [id, to] = words;
  if (id === undefined || words.length > 2) throw new UsageError("get takes an ID and a path");
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), PATIENCE * 1000);
  try {
    const events = await api.events(over.signal);
    let file = await api.ask<FileView>("GET", path(id));
    const command = file.state === "offered" || file.state === "declined"
      ? "accept"
      : file.state === "paused" || file.state === "failed"
      ? "resume"
      : undefined;
    if (!file.mine && command !== undefined) {
      await api.ask<FileView>("POST", path(id, "/state"), { command });
    }
    if (!file.here) file = await settled(api, id, events);
    if (file.locked) {
      throw new SimppdError(
        "file-locked",
        file.forOthers
          ? "Its sender lets others of the group open it, not you."
          : "The file is here, and what opens it is not: its sender was asked for it, and may not let " +
            "you have it. `file accept ID` asks again.",
      );
    }
    const place = await placeFor(file.name, to);
    await save(api, id, place);
    return { value: { ...file, path: place }, text: `saved as ${printable(place)}` };
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/** A path, or the file's own name in a folder. */
async function placeFor(name: string, to: string | undefined): Promise<string> {
  if (to === undefined) return name;
  const isFolder = await Deno.stat(to).then((found) => found.isDirectory, () => false);
  return isFolder ? join(to, name) : to;
}

/** Under the wanted name only when all of it is there. */
async function save(api: LocalApi, id: string, to: string): Promise<void> {
  let out: Deno.FsFile;
  try {
    out = await Deno.open(to, { write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    const there = error instanceof Deno.errors.AlreadyExists;
    throw new SimppdError(
      "bad-input",
      there
        ? `${to} is there already; name another path.`
        : `${to} cannot be written: ${whyNot(error)}.`,
      error,
    );
  }
  try {
    const bytes = ReadableStream.from(await api.fetch(path(id, "/bytes")));
    await bytes.pipeTo(out.writable);
  } catch (error) {
    await Deno.remove(to);
    throw error;
  }
}

async function limit(
  api: LocalApi,
  words: readonly string[],
  invocation: Invocation,
): Promise<Answer> {
  const [wanted, ...rest] = words;
  expectWords(rest);
  const place = text(invocation, "place") ?? null;
  if (wanted === "usual" && place === null) throw new UsageError("usual goes with --place");
  const limit = wanted === undefined || wanted === "usual"
    ? (wanted === "usual" ? null : undefined)
    : byteSize(wanted, "limit");
  const [fileBytes, quota] = ["largest", "room"].map((name) => {
    const word = text(invocation, name);
    return word === undefined ? undefined : byteSize(word, `--${name}`);
  });
  if (limit !== undefined) await api.ask("PUT", "/api/file-limits", { place, limit });
  if (fileBytes !== undefined || quota !== undefined) {
    await api.ask("PUT", "/api/file-room", { fileBytes, quota });
  }
  const limits = await api.ask<FileLimitsView>("GET", "/api/file-limits");
  return { value: limits, text: limitLines(limits).join("\n") };
}

function limitLines(limits: FileLimitsView): string[] {
  const { places, quota, fileBytes } = limits;
  return [
    `files of up to ${sizeText(limits.limit)} come by themselves, from strangers none`,
    ...Object.entries(places).map(([jid, bytes]) => `${printable(jid)}: up to ${sizeText(bytes)}`),
    `one file may have ${sizeText(fileBytes)}, all together ${sizeText(quota)}`,
  ];
}

function path(id: string, rest = ""): string {
  return `/api/files/${encodeURIComponent(id)}${rest}`;
}

function line(file: FileView): string {
  const {
    id,
    name,
    size,
    state,
    mine,
    place,
    progress,
    problem,
    pretends,
    locked,
    forOthers,
    suite,
  } = file;
  const way = mine ? `to ${printable(place)}${audienceOf(file)}` : `from ${printable(file.from)}`;
  const moved = progress === null
    ? ""
    : ` ${sizeText(progress.bytes)} of ${sizeText(progress.total)}`;
  const why = problem === null ? "" : `: ${printable(problem.message)}`;
  const marks = [
    ...(suite === "aes-128-cbc-hmac" ? ["sealed by the weak paper profile"] : []),
    ...(pretends ? ["its name says something else than what it is"] : []),
    ...(locked ? [forOthers ? "for others of the group" : "locked"] : []),
    ...(onlyDirect(file) ? ["straight from their device alone, which learns your address"] : []),
  ].map((mark) => `, ${mark}`).join("");
  return `${id} ${printable(name)} (${sizeText(size)}${marks}) ${way}, ${state}${moved}${why}`;
}

/** Its sender is told where we are when it is fetched. */
function onlyDirect({ mine, state, ways }: FileView): boolean {
  return !mine && state === "offered" && ways.length > 0 && ways.every((way) => way === "direct");
}

function audienceOf({ audience }: FileView): string {
  if (audience === null) return "";
  const { people, roles, onRequest } = audience;
  const named = [...people, ...roles.map((role) => `every ${role}`)].map(printable).join(", ");
  return onRequest ? ", who is in it when they ask" : `, for ${named} alone`;
}
