import {
  type RegistrarHome,
  registrarKeyAt,
  startHttpsRegistrar,
  startSimppRegistrar,
} from "../app/mod.ts";
import { SimppdError } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { UserDirectory } from "../group/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import { componentSettings, needed } from "./component_option.ts";
import { newPassphrase } from "./passphrase.ts";
import { endWithin, untilSignal } from "./signals.ts";
import { type Answer, expectWords, type Invocation, text, UsageError, type Verb } from "./verb.ts";

const ENDING = 5_000;
const DATA = "DIR";

export const registrar: Verb = {
  name: "registrar",
  summary: "Authenticate people for groups, and give them tickets for key servers",
  usage: [
    "registrar run --data DIR --component DOMAIN=@FILE [--server HOST:PORT]",
    "                  prints itself as --registrar takes it: NAME KEY METHOD ADDRESS",
    "                  by SIMPP identity, as a component of an XMPP server",
    "registrar run --data DIR --listen HOST:PORT --certificate FILE --key FILE --client-ca FILE",
    "                  by client certificates of these authorities, which name an address as e-mail",
    "registrar run --data DIR --listen HOST:PORT --certificate FILE --key FILE --users FILE",
    "                  by passwords of a directory file",
    "registrar show --data DIR                    the key that specifications name; not while it runs",
    "registrar user JID --users FILE              adds somebody, or gives a new password, from",
    "                                             standard input (typed: twice)",
  ],
  options: {
    data: { type: "string" },
    component: { type: "string" },
    server: { type: "string" },
    listen: { type: "string" },
    certificate: { type: "string" },
    key: { type: "string" },
    "client-ca": { type: "string" },
    users: { type: "string" },
  },
  async run(invocation) {
    const [name, ...words] = invocation.words;
    const inner = { ...invocation, words };
    if (name === "run") return await runRegistrar(inner);
    if (name === "show") return await show(inner);
    if (name === "user") return await setUser(inner);
    throw new UsageError("registrar takes run, show, user");
  },
};

async function runRegistrar(invocation: Invocation): Promise<null> {
  expectWords(invocation.words);
  const ending = untilSignal();
  try {
    const home = await started(invocation);
    try {
      const { io, json } = invocation;
      io.out(json ? JSON.stringify(home.view) : line(home.view));
      await ending.signal;
    } finally {
      await endWithin(ENDING, home.stop());
    }
  } finally {
    ending.stop();
  }
  return null;
}

/** A registrar as `group make --registrar` and specifications take it; its name may be another. */
function line({ method, address, key }: RegistrarHome["view"]): string {
  return `registrar    ${method} ${key} ${method} ${address}`;
}

function started(invocation: Invocation): Promise<RegistrarHome> {
  const state = needed(invocation, "data", DATA);
  const listen = text(invocation, "listen");
  if (listen === undefined) {
    const stray = ["certificate", "key", "client-ca", "users"].find((option) =>
      invocation.options[option] !== undefined
    );
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --listen`);
    return startSimppRegistrar({ state, component: componentSettings(invocation), log: true });
  }
  if (text(invocation, "component") !== undefined) {
    throw new UsageError("--listen does not go with --component: a registrar has one way");
  }
  const at = /^(?:\[([0-9a-f:]+)\]|([^:]+)):(\d{1,5})$/.exec(listen);
  const port = Number(at?.[3]);
  if (at === null || port > 65_535) {
    throw new UsageError(`--listen takes HOST:PORT, not "${listen}"`);
  }
  const [clientCa, users] = [text(invocation, "client-ca"), text(invocation, "users")];
  if ((clientCa === undefined) === (users === undefined)) {
    throw new UsageError("--listen goes with either --client-ca or --users");
  }
  return startHttpsRegistrar({
    state,
    host: (at[1] ?? at[2])!,
    port,
    certificate: read(needed(invocation, "certificate", "FILE")),
    key: read(needed(invocation, "key", "FILE")),
    ...(clientCa === undefined ? {} : { clientCa: read(clientCa) }),
    ...(users === undefined ? {} : { users: UserDirectory.parse(read(users)) }),
  });
}

async function show(invocation: Invocation): Promise<Answer> {
  expectWords(invocation.words);
  const key = await registrarKeyAt(needed(invocation, "data", DATA));
  return { value: { key }, text: key };
}

async function setUser(invocation: Invocation): Promise<Answer> {
  const [word] = expectWords(invocation.words, "JID") as [string];
  const path = needed(invocation, "users", "FILE");
  const jid = Jid.tryParse(word);
  if (jid === undefined || jid.local === "" || jid.resource !== "") {
    throw new UsageError(`"${word}" is no address such as anna@example.org`);
  }
  const before = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw new SimppdError("bad-input", `${path} cannot be read.`, error);
  });
  UserDirectory.parse(before);
  const line = await UserDirectory.line(
    `${jid}`,
    await newPassphrase(invocation.io, "password"),
    systemRandom,
  );
  const others = before.split("\n").filter((each) => each !== "" && !each.startsWith(`${jid}:`));
  const fresh = `${path}.new`;
  await Deno.writeTextFile(fresh, [...others, line, ""].join("\n"), {
    mode: 0o600,
    createNew: true,
  });
  await Deno.rename(fresh, path);
  return { value: { jid: `${jid}` }, text: `${jid} is in ${path}` };
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new SimppdError("bad-input", `${path} cannot be read.`, error);
  }
}
