import * as v from "valibot";
import { logOf, SimppdError } from "../../base/mod.ts";
import { Jid } from "../../xmpp/core/mod.ts";
import type { ServerControl } from "../../xmpp/server/mod.ts";
import type { OpenInvitationView } from "../../views/mod.ts";
import { writeInvitation } from "../invitation.ts";
import type { ControlAnswer } from "./control_door.ts";
import { fingerprintsOf } from "./identity.ts";

/** A server that runs, alone or carried, and what invitations to it say. */
export interface Administered {
  readonly control: Pick<
    ServerControl,
    "administer" | "createAccount" | "createInvitation" | "stats"
  >;
  readonly domain: string;
  /** base64url SHA-256 of the server's public key (SPKI). */
  readonly pin: string;
  readonly certificatePem: string;
  /** Where it listens; null: it does not. */
  readonly ports: () => {
    readonly port: number;
    readonly starttlsPort: number | null;
    readonly httpsPort: number | null;
  };
  /** Where it may be reached, best first: direct TLS. */
  readonly hosts: () => readonly { host: string; port: number }[];
  /** Absolute path of its SQLite file; undefined: a MariaDB or MySQL. */
  readonly databaseFile: string | undefined;
  /** The bare JID of the account whose daemon carries it, which must not be removed. */
  readonly own?: () => string | undefined;
}

const name = v.pipe(v.string(), v.maxLength(1_000));
const password = v.pipe(v.string(), v.maxLength(4_000));
const nothing = v.strictObject({});
/** The longest an invitation lasts, in days. */
export const MOST_INVITATION_DAYS = 366;

function request<Schema extends v.GenericSchema, Answer>(
  schema: Schema,
  answer: (server: Administered, input: v.InferOutput<Schema>) => Promise<Answer>,
) {
  return { schema, answer };
}

const REQUESTS = {
  /** What the server counts, where it is, and how it is known. */
  stats: request(nothing, async ({ control, ports, pin, certificatePem }) => ({
    ...await control.administer("report"),
    ...ports(),
    pin,
    ...fingerprintsOf(certificatePem),
  })),

  users: request(nothing, async ({ control, domain }) => {
    const accounts = await control.administer("accounts");
    return accounts.map(({ name, ...rest }) => ({ jid: `${name}@${domain}`, ...rest }));
  }),
  addUser: request(v.strictObject({ name, password }), async (server, input) => {
    await server.control.createAccount(input.name, input.password);
    return { jid: jidOf(server, input.name) };
  }),
  removeUser: request(v.strictObject({ name }), async (server, input) => {
    const jid = jidOf(server, input.name);
    if (jid === server.own?.()) {
      throw new SimppdError(
        "own-account",
        `${jid} is the account of the simppd that carries this server; it cannot be removed here.`,
      );
    }
    await server.control.administer("removeAccount", input.name);
    return { jid };
  }),
  setPassword: request(v.strictObject({ name, password }), async (server, input) => {
    await server.control.administer("setPassword", input.name, input.password);
    return { jid: jidOf(server, input.name) };
  }),

  /** An invitation of the server's, or of the account `from`, whose contact the new one becomes. */
  invite: request(
    v.strictObject({
      from: v.nullable(name),
      days: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_INVITATION_DAYS)),
      note: v.optional(v.pipe(v.string(), v.maxLength(60)), ""),
    }),
    async (server, { from, days, note }) => {
      const { control, domain, pin } = server;
      const inviter = from === null ? undefined : Jid.parse(jidOf(server, from));
      const { id, token, expires } = await control.createInvitation(
        inviter?.toString() ?? null,
        days * 86_400,
        note,
      );
      const link = writeInvitation({ domain, inviter, hosts: server.hosts(), pin, token });
      return { id, link, expires, note };
    },
  ),

  /** Those that can be used; `inviter` null: the server's. */
  invitations: request(nothing, ({ control, domain }) => openInvitations(control, domain)),
  revokeInvitation: request(v.strictObject({ id: name }), async ({ control }, { id }) => {
    await control.administer("revokeInvitation", id);
    return { id };
  }),

  rooms: request(nothing, ({ control }) => control.administer("rooms")),
  createRoom: request(
    v.strictObject({ name, owner: name, open: v.optional(v.boolean(), false) }),
    ({ control }, { name, owner, open }) => control.administer("createRoom", name, owner, open),
  ),
  removeRoom: request(v.strictObject({ name }), async ({ control }, input) => {
    return { jid: await control.administer("removeRoom", input.name) };
  }),

  bans: request(nothing, ({ control }) => control.administer("bans")),
  liftBan: request(
    v.strictObject({ address: v.pipe(v.string(), v.maxLength(100)) }),
    async ({ control }, { address }) => {
      await control.administer("liftBan", address);
      return { address };
    },
  ),

  /** Where the SQLite file is, all that waited being in it. */
  backupSource: request(nothing, async ({ control, databaseFile }) => {
    if (databaseFile === undefined) {
      throw new SimppdError(
        "not-sqlite",
        "This server keeps everything in MariaDB or MySQL. Back that up by its own means: " +
          "mariadb-dump --single-transaction DATABASE.",
      );
    }
    await control.administer("settle");
    logOf("app").info("the server's database is copied for a backup");
    return { path: databaseFile };
  }),
};

type Requests = typeof REQUESTS;
/** What the administrator may ask. */
export type ServerRequestName = keyof Requests;
export type ServerRequestInput<Name extends ServerRequestName> = v.InferInput<
  Requests[Name]["schema"]
>;
export type ServerRequestAnswer<Name extends ServerRequestName> = Awaited<
  ReturnType<Requests[Name]["answer"]>
>;

/** Answers callers of a control door on behalf of `server`. */
export function answersFor(server: Administered): ControlAnswer {
  return async (ask, input) => {
    const found = typeof ask === "string" && Object.hasOwn(REQUESTS, ask)
      ? REQUESTS[ask as ServerRequestName]
      : undefined;
    const parsed = found === undefined ? undefined : v.safeParse(found.schema, input);
    if (found === undefined || !parsed?.success) {
      throw new SimppdError(
        "bad-input",
        "The server does not understand what was asked; the command line may be of another version.",
      );
    }
    const answer = found.answer as (server: Administered, input: unknown) => Promise<unknown>;
    return await answer(server, parsed.output);
  };
}

/** Invitations to `domain` that can be used, their inviters as bare JIDs. */
export async function openInvitations(
  control: Administered["control"],
  domain: string,
): Promise<OpenInvitationView[]> {
  const open = await control.administer("invitations");
  return open.map((one) => ({
    ...one,
    inviter: one.inviter === null ? null : `${one.inviter}@${domain}`,
    link: null,
  }));
}

/** @throws SimppdError `bad-username` */
function jidOf({ domain }: Administered, name: string): string {
  const jid = Jid.tryParse(`${name}@${domain}`);
  if (jid !== undefined && jid.local !== "" && jid.domain === Jid.parse(domain).domain) {
    return jid.bare().toString();
  }
  throw new SimppdError("bad-username", `"${name}" is no name of an account.`);
}
