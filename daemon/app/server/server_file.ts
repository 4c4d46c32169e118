import { join } from "node:path";
import { logOf, SimppdError } from "../../base/mod.ts";

/** What a server that runs alone must be at every start: its clients know it by these. */
export interface KnownServer {
  readonly domain: string;
  readonly pin: string;
}

const pathIn = (folder: string) => join(folder, "server.json");

/**
 * Looks whether a directory is that of this server.
 * @returns what is known of it; undefined when it has not run there yet
 * @throws SimppdError `other-domain` when the accounts there belong to another domain; `bad-data`
 * when the directory is something else
 */
export async function knownServer(
  folder: string,
  domain: string,
): Promise<KnownServer | undefined> {
  if (await Deno.lstat(join(folder, "simppd.db")).then(() => true, () => false)) {
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
  return known;
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
  if (known?.pin === server.pin) return;
  const path = pathIn(folder);
  const fresh = `${path}.new`;
  await Deno.writeTextFile(fresh, JSON.stringify(server) + "\n", { mode: 0o600 });
  await Deno.rename(fresh, path);
}

async function read(path: string): Promise<KnownServer | undefined> {
  try {
    const { domain, pin } = JSON.parse(await Deno.readTextFile(path)) as Partial<KnownServer>;
    if (typeof domain === "string" && typeof pin === "string") return { domain, pin };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new SimppdError("bad-data", `${path} cannot be read.`, error);
  }
  throw new SimppdError("bad-data", `${path} is damaged.`);
}
