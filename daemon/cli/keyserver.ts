import {
  backUpKeyServer,
  keyServerAt,
  KeyServerHome,
  type KeyServerView,
  restoreKeyServerAt,
} from "../app/mod.ts";
import { publicError, SimppdError } from "../base/mod.ts";
import { parseSpecification, readRegistrar, type RegistrarEntry } from "../group/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import { writeWhole } from "./backup.ts";
import { componentSettings, needed } from "./component_option.ts";
import { newPassphrase } from "./passphrase.ts";
import { readSpecification } from "./group_spec.ts";
import { endWithin, untilSignal } from "./signals.ts";
import {
  type Answer,
  expectWords,
  type Invocation,
  text,
  texts,
  UsageError,
  type Verb,
} from "./verb.ts";

/** Longest that the server is waited for at the end, in ms. */
const ENDING = 5_000;
const DATA = "DIR";

const ACTIONS: Record<
  string,
  { options: readonly string[]; run(invocation: Invocation): Promise<Answer | null> }
> = {
  run: { options: ["data", "component", "server", "for", "spec", "registrars"], run: runKeyServer },
  show: { options: ["data"], run: show },
  backup: { options: ["data"], run: backUp },
  restore: { options: ["data"], run: restore },
};

export const keyserver: Verb = {
  name: "keyserver",
  summary: "Keep the keys of groups, as a component of an XMPP server",
  usage: [
    "keyserver run --data DIR --component DOMAIN=@FILE [OPTION …]   until it is told to end",
    "                  DOMAIN is the component's, such as keys.example.org; FILE has its secret",
    "                  --server HOST:PORT      where the server takes components, 127.0.0.1:5347",
    "                  --for DOMAIN|JID        who may have groups kept here; may be repeated;",
    "                                          the domain above the component's when absent",
    "                  --spec FILE             a group's specification to keep; may be repeated",
    "                  --registrars FILE       registrars apart that alone say who somebody is, a",
    "                                          line each: NAME KEY METHOD ADDRESS; without them",
    "                                          it registers people by SIMPP itself",
    "keyserver show --data DIR                    the key that specifications name; not while it runs",
    "keyserver backup FILE --data DIR             not while it runs; its passphrase from standard input",
    "keyserver restore FILE --data DIR            into a new directory; every member is told",
  ],
  options: {
    data: { type: "string" },
    component: { type: "string" },
    server: { type: "string" },
    for: { type: "string", multiple: true },
    spec: { type: "string", multiple: true },
    registrars: { type: "string" },
  },
  async run(invocation) {
    const [name, ...words] = invocation.words;
    const action = name === undefined ? undefined : ACTIONS[name];
    if (action === undefined) {
      throw new UsageError(`keyserver takes ${Object.keys(ACTIONS).join(", ")}`);
    }
    const extra = Object.keys(invocation.options).find((option) =>
      !action.options.includes(option)
    );
    if (extra !== undefined) throw new UsageError(`--${extra} does not go with keyserver ${name}`);
    return await action.run({ ...invocation, words });
  },
};

async function runKeyServer(invocation: Invocation): Promise<null> {
  expectWords(invocation.words);
  const state = needed(invocation, "data", DATA);
  const component = componentSettings(invocation);
  const files = texts(invocation, "spec");
  // Before anything is opened or connected: one that is wrong is told at once.
  const specifications = await Promise.all(files.map((file) => valid(file, invocation)));
  const named = texts(invocation, "for").map(forWhom);
  const registrars = registrarsIn(text(invocation, "registrars"));
  const above = component.domain.slice(component.domain.indexOf(".") + 1);
  const ending = untilSignal();
  try {
    const home = await KeyServerHome.start({
      state,
      component,
      for: named.length === 0 ? [above] : named,
      registrars,
      log: true,
    });
    try {
      for (const specification of specifications) home.host(specification);
      const { io, json } = invocation;
      io.out(json ? JSON.stringify(home.view) : shown(home.view));
      await ending.signal;
    } finally {
      await endWithin(ENDING, home.stop());
    }
  } finally {
    ending.stop();
  }
  return null;
}

/** @throws UsageError unless it is a domain or a person's bare address */
function forWhom(given: string): string {
  const jid = Jid.tryParse(given);
  if (jid !== undefined && jid.resource === "") return jid.toString();
  throw new UsageError(
    `--for takes a domain or an address such as anna@example.org, not "${given}"`,
  );
}

/** @throws SimppdError `bad-file`, `bad-specification` naming the file */
async function valid(file: string, invocation: Invocation): Promise<string> {
  const text = await readSpecification(file, invocation);
  try {
    parseSpecification(text);
  } catch (error) {
    const { code, message } = publicError(error);
    throw new SimppdError(code, `${file} is no specification:\n${message}`, error);
  }
  return text;
}

async function show(invocation: Invocation): Promise<Answer> {
  expectWords(invocation.words);
  const value = await keyServerAt(needed(invocation, "data", DATA));
  return { value, text: value.key };
}

async function backUp(invocation: Invocation): Promise<Answer> {
  const [file] = expectWords(invocation.words, "FILE") as [string];
  const data = needed(invocation, "data", DATA);
  const pieces = await backUpKeyServer(data, await newPassphrase(invocation.io));
  const bytes = await writeWhole(file, ReadableStream.from(pieces));
  return { value: { file, bytes }, text: `${file}: ${bytes} bytes` };
}

async function restore(invocation: Invocation): Promise<Answer> {
  const [path] = expectWords(invocation.words, "FILE") as [string];
  const data = needed(invocation, "data", DATA);
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    throw new SimppdError("bad-input", `${path} cannot be read.`, error);
  }
  const passphrase = await invocation.io.secret("Passphrase of the backup: ");
  await restoreKeyServerAt(data, file.readable, passphrase);
  return { value: await keyServerAt(data), text: `the key server is restored in ${data}` };
}

/** @throws SimppdError `bad-input` naming the line that is no registrar */
function registrarsIn(path: string | undefined): RegistrarEntry[] {
  if (path === undefined) return [];
  const lines = readText(path).split("\n").map((line, at) => ({
    at: at + 1,
    line: line.trim().replace(/\s+/g, " "),
  }));
  const entries = lines.filter(({ line }) => line !== "" && !line.startsWith("#"));
  if (entries.length === 0) {
    throw new SimppdError("bad-input", `${path} names no registrar: NAME KEY METHOD ADDRESS.`);
  }
  return entries.map(({ at, line }) => {
    try {
      return readRegistrar(line);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new SimppdError("bad-input", `Line ${at} of ${path}: ${error.message}.`);
    }
  });
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new SimppdError("bad-input", `The file of registrars ${path} cannot be read.`, error);
  }
}

function shown({ jid, key, fingerprint, groups, state, registrars }: KeyServerView): string {
  return [
    `key server   ${jid} ${key}`,
    `account      ${fingerprint}`,
    `state        ${state}`,
    ...(registrars.length === 0 ? [] : [`registrars   ${registrars.join(", ")}`]),
    ...groups.map(({ name, room, epoch, members, closed }) =>
      `group        ${name} (${room}): epoch ${epoch}, ${members} devices${
        closed ? ", closed" : ""
      }`
    ),
  ].join("\n");
}
