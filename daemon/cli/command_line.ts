import { parseArgs } from "node:util";
import { logOf, publicError, SimppdError } from "../base/mod.ts";
import { account } from "./account.ts";
import { archive } from "./archive.ts";
import { backup, restore } from "./backup.ts";
import { call } from "./call.ts";
import { chat } from "./chat.ts";
import { contact } from "./contact.ts";
import { demo } from "./demo.ts";
import { device } from "./device.ts";
import { devices } from "./devices.ts";
import { display } from "./display.ts";
import { doctor } from "./doctor.ts";
import { file } from "./file.ts";
import { group } from "./group.ts";
import { invite } from "./invite.ts";
import { keyserver } from "./keyserver.ts";
import { lab } from "./lab.ts";
import { open } from "./open.ts";
import { keyring, lock, passphrase, unlock } from "./passphrase.ts";
import { policy } from "./policy.ts";
import { printable, printableLines } from "./printable.ts";
import { registrar } from "./registrar.ts";
import { room } from "./room.ts";
import { run } from "./run.ts";
import { send } from "./send.ts";
import { server } from "./server.ts";
import { stateDirectory } from "./state.ts";
import { OutputClosed, terminal } from "./terminal.ts";
import { type Answer, type Io, UsageError, type Verb } from "./verb.ts";
import { version } from "./version.ts";

const common = {
  json: { type: "boolean" },
  state: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const COMMON_USAGE =
  "  every verb: --json (one JSON value on standard output), --state DIR, --help";

const help: Verb = {
  name: "help",
  summary: "Print this, or how one verb is used",
  usage: ["help [VERB]"],
  options: {},
  run({ words }) {
    const [name] = words;
    const verb = name === undefined ? undefined : verbNamed(name);
    return Promise.resolve(verb === undefined ? overview() : usageOf(verb));
  },
};

/** All verbs, in the order `simppd help` shows them. */
export const verbs: readonly Verb[] = [
  run,
  demo,
  open,
  account,
  archive,
  invite,
  contact,
  send,
  room,
  display,
  file,
  group,
  chat,
  call,
  policy,
  device,
  devices,
  unlock,
  lock,
  passphrase,
  keyring,
  backup,
  restore,
  doctor,
  lab,
  server,
  keyserver,
  registrar,
  help,
  version,
];

/**
 * The whole command line.
 * @returns the exit code: 0 done, 1 failed (`error: sentence (code)` on standard error; with
 * `--json` `{error: {code, message}}` on standard output), 2 not understood
 */
export async function main(args: readonly string[], io: Io = terminal): Promise<number> {
  try {
    return await work(args, io);
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    throw error;
  }
}

async function work(args: readonly string[], io: Io): Promise<number> {
  // Before anything is parsed, so that even what cannot be parsed is answered as asked for.
  const words = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const json = words.includes("--json");
  let verb: Verb | undefined;
  try {
    const [first = "help", ...rest] = args;
    const aliases: Record<string, string> = {
      "--help": "help",
      "-h": "help",
      "--version": "version",
    };
    verb = verbNamed(aliases[first] ?? first);
    const answer = await invoke(verb, rest, json, io);
    if (answer === null) return 0;
    io.out(json ? JSON.stringify(answer.value) : printableLines(answer.text));
    return answer.code ?? 0;
  } catch (error) {
    if (error instanceof OutputClosed) throw error;
    const usage = error instanceof UsageError;
    const { code, message } = usage
      ? { code: "usage", message: `${error.message}.` }
      : publicError(error);
    if (!usage && !(error instanceof SimppdError)) logOf("cli").error("{error}", { error });
    if (json) io.out(JSON.stringify({ error: { code, message } }));
    if (usage) io.err(verb === undefined ? "Try simppd help" : usageOf(verb, args[1]).text);
    // Last, where it is seen: a usage may be longer than the terminal.
    // A specification's faults stand a line each; in other sentences a line end may be a stranger's.
    const shown = code === "bad-specification" ? printableLines : printable;
    io.err(shown(`error: ${message} (${code})`));
    return usage ? 2 : 1;
  }
}

async function invoke(
  verb: Verb,
  args: readonly string[],
  json: boolean,
  io: Io,
): Promise<Answer | null> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      options: { ...verb.options, ...common },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    // Node's advice on dashes stands on a line of its own.
    throw new UsageError(reasonOf(error).replaceAll("\n", " "));
  }
  const { json: _, state, help, ...options } = parsed.values as Record<
    string,
    string | boolean | string[] | undefined
  >;
  if (help === true) return usageOf(verb);
  return await verb.run({
    words: parsed.positionals,
    options,
    json,
    get state() {
      return stateDirectory(state as string | undefined);
    },
    io,
  });
}

/** @throws UsageError */
function verbNamed(name: string): Verb {
  const found = verbs.find((verb) => verb.name === name);
  if (found === undefined) throw new UsageError(`"${name}" is not a verb of simppd`);
  return found;
}

/** parseArgs' complaint without its advice about positionals. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(". ", 1)[0]!.replace(/\.$/, "");
}

/** @param word what the verb was to do: only the forms of that, if there are any */
function usageOf(verb: Verb, word?: string): Answer {
  const lines = formsOf(verb, word).map((form) =>
    form.startsWith(" ") ? `  ${form}` : `  simppd ${form}`
  );
  return {
    value: { verb: verb.name, summary: verb.summary, usage: verb.usage },
    text: [`${verb.summary}.`, ...lines, COMMON_USAGE].join("\n"),
  };
}

function formsOf({ name, usage }: Verb, word: string | undefined): readonly string[] {
  let meant = false;
  const forms = usage.filter((line) => {
    // What is set in belongs to the form above it.
    if (line.startsWith(" ")) return meant;
    const [verb, words = ""] = line.split(" ");
    return meant = verb === name && word !== undefined && words.split("|").includes(word);
  });
  return forms.length === 0 ? usage : forms;
}

function overview(): Answer {
  const lines = verbs.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`);
  return {
    value: verbs.map(({ name, summary, usage }) => ({ name, summary, usage })),
    text: ["simppd: private chat and encrypted video calls", ...lines, COMMON_USAGE].join("\n"),
  };
}
