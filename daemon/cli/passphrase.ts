import { SimppdError } from "../base/mod.ts";
import type { StatusView } from "../views/mod.ts";
import { environment } from "./environment.ts";
import { LocalApi } from "./local_api.ts";
import { type Answer, expectWords, type Io, UsageError, type Verb } from "./verb.ts";

const FROM = "comes from SIMPPD_PASSPHRASE or standard input";

/** The passphrase in use. @throws SimppdError `bad-input` when none is given */
async function currentPassphrase(io: Io): Promise<string> {
  return given(environment("SIMPPD_PASSPHRASE") ?? await io.secret("Passphrase: "));
}

/** A passphrase (or other secret) that is chosen now; asked for twice where a person types it. */
export async function newPassphrase(io: Io, what = "passphrase"): Promise<string> {
  const first = given(await io.secret(`New ${what}: `), what);
  if (io.typed !== true || await io.secret("The same again: ") === first) return first;
  throw new SimppdError("bad-input", `The two ${what}s differ; nothing was changed.`);
}

function given(passphrase: string, what = "passphrase"): string {
  if (passphrase !== "") return passphrase;
  throw new SimppdError("bad-input", `The ${what} is empty.`);
}

function shown(status: StatusView): Answer {
  const keepers = {
    file: "The key lies in a file beside the database.",
    passphrase: "The key is kept by a passphrase.",
    keyring: "The key is kept by the system's keyring.",
  };
  return { value: status, text: status.locked ? "simppd is locked." : keepers[status.keeper] };
}

export const unlock: Verb = {
  name: "unlock",
  summary: "Give the passphrase to a daemon that started locked",
  usage: [`unlock                                       the passphrase ${FROM}`],
  options: {},
  async run({ words, state, io }) {
    expectWords(words);
    const api = await LocalApi.open(state);
    const passphrase = await currentPassphrase(io);
    return shown(await api.ask("POST", "/api/unlock", { passphrase }));
  },
};

export const lock: Verb = {
  name: "lock",
  summary: "End calls and connection, and ask for the passphrase again",
  usage: ["lock"],
  options: {},
  async run({ words, state }) {
    expectWords(words);
    return shown(await (await LocalApi.open(state)).ask("POST", "/api/lock"));
  },
};

export const passphrase: Verb = {
  name: "passphrase",
  summary: "Set, change or remove the passphrase of the state directory",
  usage: [
    "passphrase set                               the new one comes from standard input (typed: twice)",
    "passphrase remove",
    `                  the one in use ${FROM}, first`,
  ],
  options: {},
  async run({ words, state, io }) {
    const [action] = expectWords(words, "set or remove");
    if (action !== "set" && action !== "remove") {
      throw new UsageError(`"${action}" is not something passphrase can do`);
    }
    const api = await LocalApi.open(state);
    const { keeper } = await api.ask<StatusView>("GET", "/api/status");
    if (action === "remove") {
      const current = await currentPassphrase(io);
      return shown(await api.ask("DELETE", "/api/passphrase", { current }));
    }
    const known = keeper === "passphrase" ? { current: await currentPassphrase(io) } : {};
    const body = { passphrase: await newPassphrase(io), ...known };
    return shown(await api.ask("PUT", "/api/passphrase", body));
  },
};

export const keyring: Verb = {
  name: "keyring",
  summary: "Let the system's keyring keep the key, or take it back",
  usage: [
    "keyring use                                  through secret-tool (Linux), security (macOS)",
    "keyring leave",
    `                  a passphrase in use ${FROM}`,
  ],
  options: {},
  async run({ words, state, io }) {
    const [action] = expectWords(words, "use or leave");
    if (action !== "use" && action !== "leave") {
      throw new UsageError(`"${action}" is not something keyring can do`);
    }
    const api = await LocalApi.open(state);
    if (action === "leave") return shown(await api.ask("DELETE", "/api/keyring"));
    const { keeper } = await api.ask<StatusView>("GET", "/api/status");
    const body = keeper === "passphrase" ? { current: await currentPassphrase(io) } : {};
    return shown(await api.ask("PUT", "/api/keyring", body));
  },
};
