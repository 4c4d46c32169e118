import { isIP } from "node:net";
import { SimppdError } from "../../../base/mod.ts";

/** Where a MariaDB or MySQL is, and how it is entered. Holds a password: not for logs. */
export interface MysqlTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Encrypted, the server's certificate and name checked; `ca`: PEM of who signed it. */
  readonly tls: { readonly ca: string | undefined } | undefined;
  /** The longest that one statement may take. */
  readonly deadlineMs: number;
  /** `HOST:PORT/DATABASE`, for people to read. */
  readonly label: string;
}

const DEFAULT_PORT = 3306;
const DEFAULT_DEADLINE_S = 5;
const LONGEST_DEADLINE_S = 60;

/**
 * Where the server's storage is: what `option` says, else the environment's `SIMPPD_DATABASE`. Of
 * `@FILE` the file's first line counts, so that no password need be in a command line.
 * @throws SimppdError `bad-database` when the file cannot be read
 */
export function databaseLocation(option: string | undefined): string | undefined {
  const text = option ?? Deno.env.get("SIMPPD_DATABASE");
  if (text === undefined || text === "") return undefined;
  if (!text.startsWith("@")) return text;
  return readText(text.slice(1)).split("\n", 1)[0]!.trim();
}

/** Is `location` the URL of a MariaDB or MySQL, and not the path of a file? */
export function isMysql(location: string): boolean {
  return /^(mysql|mariadb):\/\//i.test(location);
}

/** `HOST:PORT/DATABASE` of a `mysql://…`, for people to read. @throws SimppdError `bad-database`, `database-in-clear` */
export function databaseLabel(location: string): string {
  return readMysqlUrl(location).label;
}

/**
 * Reads `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, user and password percent-encoded. After `?`:
 * `tls=on` or `tls=off`, `ca=FILE` (PEM; implies `on`), `deadline=SECONDS`.
 *
 * @throws SimppdError `bad-database`; `database-in-clear` when neither encrypted nor on this machine
 */
export function readMysqlUrl(location: string): MysqlTarget {
  const url = URL.canParse(location) ? new URL(location) : undefined;
  const database = decoded(url?.pathname.slice(1));
  const user = decoded(url?.username);
  const password = decoded(url?.password);
  if (!url?.hostname || !user || password === undefined || !/^[\w$-]{1,64}$/.test(database ?? "")) {
    throw bad("The database was expected as mysql://USER:PASSWORD@HOST:PORT/DATABASE.");
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  const { tls, deadlineMs } = readSettings(url.searchParams, host);
  const label = `${url.hostname}:${port}/${database}`;
  return { host, port, user, password, database: database!, tls, deadlineMs, label };
}

function readSettings(settings: URLSearchParams, host: string) {
  for (const name of settings.keys()) {
    if (!["tls", "ca", "deadline"].includes(name)) {
      throw bad(`The database's URL may set tls, ca and deadline, not "${name}".`);
    }
  }
  const ca = settings.get("ca") ?? undefined;
  const wish = settings.get("tls") ?? (ca === undefined ? undefined : "on");
  if (wish !== undefined && wish !== "on" && (wish !== "off" || ca !== undefined)) {
    throw bad("The database's URL says tls=on or tls=off; with ca=FILE it is on.");
  }
  if (wish === undefined && !isLoopback(host)) {
    throw new SimppdError(
      "database-in-clear",
      `Messages and passwords would go to ${host} unencrypted. Add ?tls=on to the database's URL, ` +
        "or ?tls=off where the way there is safe.",
    );
  }
  if (wish === "on" && isIP(host) !== 0) {
    throw bad("For TLS the database's URL names its host as the certificate does, not by number.");
  }
  const seconds = Number(settings.get("deadline") ?? DEFAULT_DEADLINE_S);
  if (!(seconds >= 0.1 && seconds <= LONGEST_DEADLINE_S)) {
    throw bad(`The database's deadline is 0.1 to ${LONGEST_DEADLINE_S} seconds.`);
  }
  const tls = wish === "on" ? { ca: ca === undefined ? undefined : readText(ca) } : undefined;
  return { tls, deadlineMs: Math.round(seconds * 1000) };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new SimppdError("bad-database", `${path} cannot be read.`, error);
  }
}

function bad(message: string): SimppdError {
  return new SimppdError("bad-database", message);
}
