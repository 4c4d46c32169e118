import { join } from "node:path";
import { logOf, SimppdError } from "../../base/mod.ts";

/** What a server that runs alone must be at every start: its clients know it by these. */
interface KnownServer {
  readonly domain: string;
  readonly pin: string;
}

/**
 * Compares with what `server.json` of the directory says, and writes it.
 * @throws SimppdError `other-domain` when the accounts there belong to another domain; `bad-data`
 * when the directory is something else
 */
export async function rememberServer(folder: string, server: KnownServer): Promise<void> {
  const path = join(folder, "server.json");
  if (await Deno.lstat(join(folder, "simppd.db")).then(() => true, () => false)) {
    throw new SimppdError(
      "bad-data",
      `${folder} is the state directory of a daemon; choose another directory with --data.`,
    );
  }
  const known = await read(path);
  if (known !== undefined && known.domain !== server.domain) {
    throw new SimppdError(
      "other-domain",
      `The accounts in ${folder} belong to ${known.domain}: start it with --domain ` +
        `${known.domain}, or choose another directory for ${server.domain}.`,
    );
  }
  if (known !== undefined && known.pin !== server.pin) {
    // Who joined by an invitation knows the old key alone.
    logOf("app").warn("the server's key is another one: clients that pinned {pin} stay away", {
      pin: known.pin,
    });
  }
  if (known?.pin === server.pin) return;
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
