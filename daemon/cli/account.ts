import { whatIsTaken } from "../app/mod.ts";
import { SimppdError, toBase64 } from "../base/mod.ts";
import type { AccountView, LoginView, StatusView } from "../views/mod.ts";
import { environment } from "./environment.ts";
import { LocalApi } from "./local_api.ts";
import { printable } from "./printable.ts";
import { type Answer, expectWords, type Invocation, text, UsageError, type Verb } from "./verb.ts";

const MOST_PICTURE = 32_768;

export const account: Verb = {
  name: "account",
  summary: "Show the account, or choose one on the first run",
  usage: [
    "account",
    "account carry [--nick NAME] [--username NAME] [--reach this-machine|network]",
    "                  --username: the name in the address, else made of the nick",
    "account join LINK [--nick NAME] [--username NAME]    LINK may be - : read from standard input",
    "account sign-in JID [--nick NAME] [--server HOST[:PORT]|WSS-URL,…] [--pin PIN]",
    "                  the password comes from SIMPPD_PASSWORD or standard input",
    "account reach this-machine|network [--address HOST[:PORT]]",
    "                  where others reach the carried server, as behind a router: invitations name",
    '                  it first; --address "": its own addresses alone',
    "account picture FILE|none         shows contacts a picture, PNG or JPEG of 32 KiB at most",
    "account password  lets other programs log in with a password, from SIMPPD_PASSWORD or",
    "                  standard input (typed: twice); simppd itself needs none",
  ],
  options: {
    nick: { type: "string" },
    username: { type: "string" },
    reach: { type: "string" },
    address: { type: "string" },
    server: { type: "string" },
    pin: { type: "string" },
  },
  async run(invocation) {
    const [action, ...words] = invocation.words;
    const own = ownOptions[action ?? "show"];
    if (own === undefined) throw new UsageError(`"${action}" is not something account can do`);
    for (const name of Object.keys(account.options)) {
      if (invocation.options[name] !== undefined && !own.includes(name)) {
        throw new UsageError(`--${name} does not go with account ${action ?? ""}`.trimEnd());
      }
    }
    const ask = await requestOf(invocation, action, words);
    const api = await LocalApi.open(invocation.state);
    return shown(await api.ask<StatusView>(...ask));
  },
};

const ownOptions: Readonly<Record<string, readonly string[]>> = {
  show: [],
  carry: ["nick", "username", "reach"],
  join: ["nick", "username"],
  "sign-in": ["nick", "server", "pin"],
  reach: ["address"],
  picture: [],
  password: [],
};

type Ask = [method: string, path: string, body?: unknown];

async function requestOf(
  invocation: Invocation,
  action: string | undefined,
  words: readonly string[],
): Promise<Ask> {
  const nick = text(invocation, "nick");
  const chosen = text(invocation, "username");
  const username = chosen === undefined ? {} : { username: chosen };
  const person = nick ?? environment("USER") ?? "me";
  switch (action) {
    case "carry": {
      expectWords(words);
      const reach = reachOf(text(invocation, "reach") ?? "this-machine");
      return ["POST", "/api/setup/carry", { nick: person, reach, ...username }];
    }
    case "join": {
      const [link] = expectWords(words, "LINK");
      const typed = link === "-" ? (await invocation.io.rest()).trim() : link;
      return ["POST", "/api/setup/join", { link: typed, nick: person, ...username }];
    }
    case "sign-in": {
      const [jid] = expectWords(words, "JID") as [string];
      const password = await passwordOf(invocation, `Password of ${jid}: `);
      const server = text(invocation, "server");
      const pin = text(invocation, "pin");
      return ["POST", "/api/setup/sign-in", {
        jid,
        password,
        nick: nick ?? jid.split("@")[0],
        ...(server === undefined ? {} : { server }),
        ...(pin === undefined ? {} : { pin }),
      }];
    }
    case "reach": {
      const [reach] = expectWords(words, "this-machine or network") as [string];
      const address = text(invocation, "address");
      const named = address === undefined ? {} : { address };
      return ["POST", "/api/server/reach", { reach: reachOf(reach), ...named }];
    }
    case "picture": {
      const [file] = expectWords(words, "FILE or none") as [string];
      return ["PUT", "/api/account/picture", { data: await pictureIn(file) }];
    }
    case "password": {
      expectWords(words);
      const password = await newPasswordOf(invocation, "New password: ");
      return ["POST", "/api/account/password", { password }];
    }
    default:
      return ["GET", "/api/status"];
  }
}

/** A password, of SIMPPD_PASSWORD or standard input. @throws SimppdError `bad-input` */
export async function passwordOf(invocation: Invocation, prompt: string): Promise<string> {
  const password = environment("SIMPPD_PASSWORD") ?? await invocation.io.secret(prompt);
  if (password === "") throw new SimppdError("bad-input", "The password is empty.");
  return password;
}

/**
 * As {@link passwordOf}, of a password that is chosen now: asked for twice where a person types it,
 * since nobody sees what was typed. @throws SimppdError `bad-input` when the two differ
 */
export async function newPasswordOf(invocation: Invocation, prompt: string): Promise<string> {
  const password = await passwordOf(invocation, prompt);
  const { io } = invocation;
  if (environment("SIMPPD_PASSWORD") !== undefined || io.typed !== true) return password;
  if (await io.secret("The same again: ") === password) return password;
  throw new SimppdError("bad-input", "The two passwords differ; nothing was changed.");
}

/** base64 of a file; null for `none`. */
async function pictureIn(file: string): Promise<string | null> {
  if (file === "none") return null;
  try {
    const { size } = await Deno.stat(file);
    if (size <= MOST_PICTURE) return toBase64(await Deno.readFile(file));
  } catch (error) {
    throw new SimppdError("bad-input", `${file} cannot be read; is the path right?`, error);
  }
  throw new SimppdError("bad-input", `${file} is larger than ${MOST_PICTURE / 1024} KiB.`);
}

function reachOf(value: string): string {
  if (value === "this-machine" || value === "network") return value;
  throw new UsageError(`reach is this-machine or network, not "${value}"`);
}

function signIn({ mechanism, mutual, profile }: LoginView): string {
  return `${mechanism}${profile === null ? "" : ` (${profile})`}${
    mutual ? ", both sides proved" : ""
  }`;
}

/** What a further device of the account types. */
function anotherDevice({ jid, hosts, pin }: AccountView): string {
  const server = hosts.length === 0 ? "" : ` --server ${hosts.join(",")}`;
  return printable(`simppd account sign-in ${jid}${server}${pin === null ? "" : ` --pin ${pin}`}`);
}

function shown(status: StatusView): Answer {
  if (status.locked) {
    const text = "simppd is locked, so nothing of the account can be seen. Give the passphrase: " +
      "simppd unlock, or in the dashboard (simppd open).";
    return { value: status, text, code: 1 };
  }
  const { account, server, state, problem, login } = status;
  const lines = account === null ? ["No account yet: simppd account carry, join or sign-in."] : [
    `${account.jid} (${printable(account.nick)}), ${state}`,
    `fingerprint ${account.fingerprint}`,
  ];
  if (login !== null) lines.push(`signed in by ${signIn(login)}`);
  if (account !== null) lines.push(`another device: ${anotherDevice(account)}`);
  if (server !== null) {
    const { domain, host, port, httpsPort, address } = server;
    const https = httpsPort === undefined ? "" : `, uploads and WebSocket on port ${httpsPort}`;
    lines.push(`carries ${domain} on ${host}:${port}${https}`);
    const taken = whatIsTaken(server);
    if (taken !== undefined) lines.push(taken);
    if (address !== undefined) lines.push(`others reach it at ${printable(address)}`);
  }
  if (problem !== null) lines.push(printable(`${problem.message} (${problem.code})`));
  return { value: status, text: lines.join("\n") };
}
