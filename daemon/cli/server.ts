import {
  serverBan,
  serverInvite,
  serverRoom,
  serverStats,
  serverUser,
  stateOrData,
} from "./server_admin.ts";
import { serverBackup } from "./server_backup.ts";
import { serverLimits } from "./server_limits.ts";
import { RUN_OPTIONS, RUN_USAGE, serverRun } from "./server_run.ts";
import { type Answer, type Invocation, UsageError, type Verb } from "./verb.ts";

/** What `simppd server` can do, and which options go with it; `data` goes with all but limits. */
const ACTIONS: Record<
  string,
  { options: readonly string[]; run(invocation: Invocation): Promise<Answer | null> }
> = {
  run: { options: ["data", ...Object.keys(RUN_OPTIONS)], run: serverRun },
  user: { options: ["data", "yes"], run: serverUser },
  invite: { options: ["data", "from", "days", "note"], run: serverInvite },
  room: { options: ["data", "owner", "open", "yes"], run: serverRoom },
  ban: { options: ["data"], run: serverBan },
  backup: { options: ["data"], run: serverBackup },
  stats: { options: ["data"], run: serverStats },
  limits: { options: [], run: serverLimits },
};

export const server: Verb = {
  name: "server",
  summary: "Run the XMPP server alone, or administer one that runs",
  usage: [
    ...RUN_USAGE,
    "server user add|password NAME --data DIR     the password: SIMPPD_PASSWORD or standard input",
    "server user list --data DIR",
    "server user remove NAME [--yes] --data DIR   with all that belongs to it",
    "server invite --data DIR [--from NAME] [--days N] [--note TEXT]",
    "                  a link that makes one account, for 7 days; with --from: NAME's contact;",
    "                  --note: for whom, seen in the list alone",
    "server invite list --data DIR",
    "server invite revoke ID --data DIR           nobody can use it any more",
    "server room list --data DIR",
    "server room create NAME --owner NAME [--open] --data DIR",
    "                  hidden, and for members alone, whom its owner chooses; --open: for all",
    "server room remove NAME [--yes] --data DIR",
    "server ban list --data DIR                   addresses of too many wrong passwords",
    "server ban lift ADDRESS --data DIR",
    "server backup FILE --data DIR                a whole copy of its SQLite file, while it runs",
    "server stats --data DIR",
    "server limits                                all limits, what they are when left alone",
    "                  without --data DIR: the server carried by the daemon on --state DIR",
  ],
  options: {
    data: { type: "string" },
    from: { type: "string" },
    days: { type: "string" },
    note: { type: "string" },
    owner: { type: "string" },
    open: { type: "boolean" },
    yes: { type: "boolean" },
    ...RUN_OPTIONS,
  },
  async run(invocation) {
    const [name, ...words] = invocation.words;
    if (name === undefined) {
      throw new UsageError(`one of ${Object.keys(ACTIONS).join(", ")} is missing`);
    }
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) throw new UsageError(`"${name}" is not something server can do`);
    for (const option of Object.keys(invocation.options)) {
      if (!action.options.includes(option)) {
        throw new UsageError(`--${option} does not go with server ${name}`);
      }
    }
    const { io, json, options } = invocation;
    return await action.run({
      words,
      options,
      io,
      json,
      get state() {
        return stateOrData(invocation);
      },
    });
  },
};
