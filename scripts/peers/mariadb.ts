import { makeTestCertificate } from "./certificate.ts";

/** A MariaDB of this machine, in a scratch folder, on 127.0.0.1 only, without its own settings. */
export interface Mariadb {
  readonly port: number;
  /** Of the server's process. */
  readonly pid: number;
  /** PEM file of the authority that signed its certificate. */
  readonly caFile: string;
  /** Makes an empty database. @returns its URL for simppd */
  createDatabase(): Promise<string>;
  /** Arguments of `mariadb` that make its administrator of one. */
  readonly administration: readonly string[];
  /** Runs SQL as its administrator. */
  run(sql: string): Promise<string>;
}

/** The account of the URLs; its password has what must be escaped. */
const USER = "simppd";
const PASSWORD = "p@ss/w:rd?";

/**
 * Ends the server and removes the folder when process $2 has ended, so that nothing is left whatever
 * becomes of that one; while it lives, a server that was killed may be started anew in the folder.
 */
const KEEPER = `
folder=$1 owner=$2
while kill -0 "$owner" 2>/dev/null && [ -e "$folder/data" ]; do sleep 0.5; done
server=$(cat "$folder/pid" 2>/dev/null) && kill -9 "$server" 2>/dev/null
rm -rf "$folder"
`;

/**
 * The MariaDB of folder `name`, one for all who ask in this process: it ends when the process does.
 * A second call starts it anew when it was killed.
 *
 * @param host what its certificate names
 * @returns `undefined` when MariaDB is not installed
 */
export async function startMariadb(
  name = "shared",
  host = "localhost",
): Promise<Mariadb | undefined> {
  if (!await output("sh", ["-c", "command -v mariadbd mariadb-install-db mariadb"])) {
    return undefined;
  }
  const root = Deno.env.get("TMPDIR") ?? "/tmp";
  const folder = `${root}/simppd-mariadb-${Deno.pid}-${name}`;
  if (!exists(`${folder}/ready`)) await install(folder, host);
  const port = Number(Deno.readTextFileSync(`${folder}/port`));
  if (!running(folder)) await launch(folder, port);
  return {
    port,
    pid: pidOf(folder)!,
    caFile: `${folder}/ca.pem`,
    administration: administration(folder),
    async createDatabase() {
      const database = `d${crypto.randomUUID().replaceAll("-", "")}`;
      await administer(folder, `CREATE DATABASE ${database}`);
      const credentials = `${USER}:${encodeURIComponent(PASSWORD)}`;
      return `mysql://${credentials}@127.0.0.1:${port}/${database}`;
    },
    run: (sql) => administer(folder, sql),
  };
}

async function install(folder: string, host: string): Promise<void> {
  await Deno.mkdir(folder);
  const certificate = await makeTestCertificate(host);
  await Deno.writeTextFile(`${folder}/ca.pem`, certificate.caPem);
  await Deno.writeTextFile(`${folder}/crt.pem`, certificate.certificatePem);
  await Deno.writeTextFile(`${folder}/key.pem`, certificate.keyPem);
  const port = freePort();
  await Deno.writeTextFile(`${folder}/port`, String(port));
  await output("mariadb-install-db", [
    "--no-defaults",
    `--datadir=${folder}/data`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
  ]);
  await output("sh", [
    "-c",
    'setsid sh -c "$1" keeper "$2" "$3" >/dev/null 2>&1 </dev/null &',
    "sh",
    KEEPER,
    folder,
    String(Deno.pid),
  ]);
  await launch(folder, port);
  await administer(
    folder,
    `CREATE USER '${USER}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}';
     GRANT ALL ON *.* TO '${USER}'@'127.0.0.1'`,
  );
  await Deno.writeTextFile(`${folder}/ready`, "");
}

async function launch(folder: string, port: number): Promise<void> {
  await output("sh", [
    "-c",
    'setsid mariadbd "$@" >/dev/null 2>&1 </dev/null &',
    "sh",
    "--no-defaults",
    `--datadir=${folder}/data`,
    `--socket=${folder}/socket`,
    `--pid-file=${folder}/pid`,
    `--log-error=${folder}/log`,
    "--bind-address=127.0.0.1",
    `--port=${port}`,
    "--skip-name-resolve",
    `--ssl-cert=${folder}/crt.pem`,
    `--ssl-key=${folder}/key.pem`,
    // Survives a kill of the process, not of the machine; small, for there may be several.
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=16M",
    ...(Deno.uid() === 0 ? ["--user=root"] : []),
  ]);
  for (let tries = 0; tries < 200; tries++) {
    if (running(folder) && await administer(folder, "SELECT 1").catch(() => "") !== "") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const log = await Deno.readTextFile(`${folder}/log`).catch(() => "no log");
  throw new Error(`MariaDB does not answer:\n${log.slice(-3000)}`);
}

function administer(folder: string, sql: string): Promise<string> {
  return output("mariadb", [...administration(folder), "--execute", sql], true);
}

function administration(folder: string): string[] {
  const socket = `--socket=${folder}/socket`;
  return ["--no-defaults", "--batch", "--skip-column-names", "--user=root", socket];
}

/** What `command` prints; "" when it fails, unless it must not. */
async function output(command: string, args: string[], strict = false): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  if (!strict) return "";
  throw new Error(`${command}: ${new TextDecoder().decode(stderr).slice(-1000)}`);
}

function running(folder: string): boolean {
  const pid = pidOf(folder);
  if (pid === undefined) return false;
  try {
    // One that was killed may stay as a zombie.
    return !/\) Z /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

function pidOf(folder: string): number | undefined {
  try {
    return Number(Deno.readTextFileSync(`${folder}/pid`)) || undefined;
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
