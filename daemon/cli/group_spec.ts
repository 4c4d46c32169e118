import { SimppdError, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import {
  MAX_SPECIFICATION,
  parseSpecification,
  printSpecification,
  type Specification,
  specificationHash,
} from "../group/mod.ts";
import { type Answer, expectWords, type Invocation, texts, UsageError } from "./verb.ts";

/** How `simppd group spec` is used, for the verb's usage. */
export const GROUP_SPEC_USAGE = [
  "group spec new FILE --set 'KEY = VALUE' …     writes a specification; says what it lacks",
  "group spec check FILE                         is it valid? names every line that is not",
  "group spec show FILE                          what it says, in words",
] as const;

/** What it takes beside its words. */
export const GROUP_SPEC_OPTIONS = { set: { type: "string", multiple: true } } as const;

/**
 * Keystone's specwriter: `group spec new|check|show`. FILE may be `-` for standard input or output.
 * @param words those after `spec`
 */
export async function groupSpec(invocation: Invocation, words: readonly string[]): Promise<Answer> {
  const [action = "", ...rest] = words;
  const [file] = expectWords(rest, "FILE") as [string];
  if (action === "new") return writeNew(file, texts(invocation, "set"));
  if (texts(invocation, "set").length > 0) {
    throw new UsageError(`--set does not go with group spec ${action}`);
  }
  if (action !== "check" && action !== "show") {
    throw new UsageError(`"${action}" is not new, check or show`);
  }
  const specification = parseSpecification(await readSpecification(file, invocation));
  const hash = toHex(specificationHash(specification));
  const value = { valid: true, hash, specification: printSpecification(specification) };
  if (action === "check") {
    return { value: { valid: true, hash }, text: `${file} is valid.\nhash ${hash}` };
  }
  return { value, text: [...inWords(specification), `Hash ${hash}.`].join("\n") };
}

/** Makes an id, takes what is given, fills in the rest. Nothing is written over. */
function writeNew(file: string, given: readonly string[]): Answer {
  if (given.some((each) => /[\r\n]/.test(each))) throw new UsageError("--set takes one line");
  const hasId = given.some((each) => /^\s*group\s*=/.test(each));
  const id = hasId ? [] : [`group = ${toHex(systemRandom(16))}`];
  const specification = parseSpecification(
    ["simppd group specification 1", ...id, ...given].join("\n"),
  );
  const text = printSpecification(specification);
  const value = { group: specification.group, hash: toHex(specificationHash(specification)) };
  if (file === "-") return { value: { ...value, specification: text }, text: text.trimEnd() };
  try {
    Deno.writeTextFileSync(file, text, { createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw unusable(file, "written", error);
    throw new SimppdError("file-exists", `${file} is there already; choose another name.`);
  }
  return { value: { ...value, file }, text: `${file} is written; group ${specification.group}.` };
}

/** The text of a specification. @throws SimppdError `bad-file` */
export async function readSpecification(file: string, { io }: Invocation): Promise<string> {
  if (file === "-") return await io.rest();
  try {
    if (Deno.statSync(file).size > MAX_SPECIFICATION) {
      throw new RangeError(`it is larger than a specification, ${MAX_SPECIFICATION} bytes`);
    }
    return Deno.readTextFileSync(file);
  } catch (error) {
    throw unusable(file, "read", error);
  }
}

function unusable(file: string, done: string, error: unknown): SimppdError {
  return new SimppdError("bad-file", `${file} could not be ${done}: ${whyNot(error)}.`, error);
}

function whyNot(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  if (error instanceof Deno.errors.NotFound) return "there is no such file or folder";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.PermissionDenied) return "it is not for you";
  return "the system refused it";
}

function inWords(s: Specification): string[] {
  const { jid, device, key } = s.keyServer;
  const seconds = (ms: number) => `${ms / 1000} s`;
  return [
    `Group "${s.name}" (${s.group}) in the room ${s.room}.`,
    `Its keys are kept by ${jid}${device === null ? "" : `, device ${device}`}, which can read it.`,
    `Key server's key ${toHex(key)}.`,
    `Key graph: ${s.shape === "star" ? "a star" : `a tree of degree ${s.degree}`}, rekeyed ` +
    `${s.strategy}-oriented, ${
      s.batchInterval === 0 ? "at once" : `every ${seconds(s.batchInterval)}`
    }.`,
    s.renewInterval === 0
      ? "The key changes only with the members."
      : `The key changes at least every ${seconds(s.renewInterval)}.`,
    `Messages are sealed with ${s.suites.join(" or ")}.`,
    ...s.owners.map((owner) => `Owner ${owner.jid}, account key ${owner.fingerprint}.`),
    ...s.access.map((access) => {
      switch (access.kind) {
        case "invited":
          return "Who is invited by an owner or admin may join.";
        case "jid":
          return `${access.jid} may join.`;
        case "account":
          return `Who has the account key ${access.fingerprint} may join.`;
        case "domain":
          return `Everybody at ${access.domain} may join.`;
      }
    }),
    `To send messages one is ${s.send} or more, files ${s.files}, displays ${s.display}.`,
    s.historyDays === null
      ? "Members keep no old keys: what was not read in time cannot be read later."
      : `Members keep the keys of epochs they were in for ${s.historyDays} days.`,
    ...s.registrars.map(({ name, method, address }) =>
      `Registrar ${name} (${method}) at ${address}.`
    ),
  ];
}
