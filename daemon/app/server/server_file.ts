import { join } from "node:path";
import { logOf, SimppdError } from "../../base/mod.ts";
import { databaseLabel } from "../../xmpp/server/mod.ts";

/** What a server that runs alone must be at every start: its clients know it by these. */
export interface KnownServer {
  readonly domain: string;
  readonly pin: string;
  /**
   * Where its accounts are, as {@link placeOf} says it; undefined in a file of a simppd that did
   * not write it down.
   */
  readonly database: string | undefined;
}

/** Accounts in {@link databaseIn}, beside `server.json`. */
const SQLITE = "sqlite";

/** In some MariaDB or MySQL that is not known. */
const ELSEWHERE = "";

/** The SQLite file of a server's directory. */
export const databaseIn = (folder: string): string => join(folder, "server.db");

/** {@link SQLITE}, or `HOST:PORT/DATABASE` of a `mysql://…`: no user, no password. */
export function placeOf(database: string | undefined): string {
  return database === undefined ? SQLITE : databaseLabel(database);
}

const pathIn = (folder: string) => join(folder, "server.json");

/**
 * Looks whether a directory is that of this server.
 * @param database where its accounts are to be, as {@link placeOf} says it
 * @returns what is known of it; undefined when it has not run there yet
 * @throws SimppdError `other-domain` when the accounts there belong to another domain;
 * `other-database` when they are elsewhere; `bad-data` when the directory is something else
 */
export async function knownServer(
  folder: string,
  domain: string,
  database: string,
): Promise<KnownServer | undefined> {
  if (await exists(join(folder, "simppd.db"))) {
    throw new SimppdError(
      "bad-data",
      `${folder} is the state directory of a daemon; choose another directory with --data.`,
    );
  }
  const known = await read(pathIn(folder));
  if (known !== undefined && known.domain !== domain) {
    throw new SimppdError(
      "other-domain",
      `The accounts in ${folder} belong to ${known.domain}: start it with --domain ` +
        `${known.domain}, or choose another directory for ${domain}.`,
    );
  }
  if (known === undefined) return undefined;
  // What SQLite has not is in the other one.
  const unsaid = await exists(databaseIn(folder)) ? database : ELSEWHERE;
  const place = known.database ?? (database === SQLITE ? unsaid : database);
  if (place !== database) {
    throw new SimppdError("other-database", refusal(folder, place, database));
  }
  return known;
}

function refusal(folder: string, known: string, wanted: string): string {
  if (known === SQLITE) {
    return `The accounts of ${folder} are in its SQLite file, server.db: start it without ` +
      "--database (and SIMPPD_DATABASE), or choose another directory for a server on MariaDB.";
  }
  const named = known === ELSEWHERE ? "MariaDB or MySQL" : `MariaDB or MySQL at ${known}`;
  const what = `The accounts of ${folder} are in ${named}`;
  if (wanted === SQLITE) {
    return `${what}: give --database (or SIMPPD_DATABASE), or choose another directory for a ` +
      "server without it.";
  }
  return `${what}, not at ${wanted}: give that as --database. If the database itself was moved, ` +
    "write its new place at `database` in server.json.";
}

/** Keeps in `server.json` what the server is, once it runs. */
export async function rememberServer(
  folder: string,
  server: KnownServer,
  known: KnownServer | undefined,
): Promise<void> {
  if (known !== undefined && known.pin !== server.pin) {
    // Who joined by an invitation knows the old key alone.
    logOf("app").warn("the server's key is another one: clients that pinned {pin} stay away", {
      pin: known.pin,
    });
  }
  if (known !== undefined && known.pin === server.pin && known.database !== undefined) return;
  const path = pathIn(folder);
  const fresh = `${path}.new`;
  await Deno.writeTextFile(fresh, JSON.stringify(server) + "\n", { mode: 0o600 });
  await Deno.rename(fresh, path);
}

function exists(path: string): Promise<boolean> {
  return Deno.lstat(path).then(() => true, () => false);
}

async function read(path: string): Promise<KnownServer | undefined> {
  try {
    const { domain, pin, database } = JSON.parse(await Deno.readTextFile(path)) as Partial<
      KnownServer
    >;
    if (
      typeof domain === "string" && typeof pin === "string" &&
      ["string", "undefined"].includes(typeof database)
    ) return { domain, pin, database };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new SimppdError("bad-data", `${path} cannot be read.`, error);
  }
  throw new SimppdError("bad-data", `${path} is damaged.`);
}
