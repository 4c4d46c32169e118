import { createHmac } from "node:crypto";
import { freePort, installed, PeerProcess } from "./process.ts";

/** A running coturn, on 127.0.0.1 unless told otherwise, with settings, log and everything else in a scratch folder. */
export interface Coturn {
  /** UDP port for STUN and TURN. */
  readonly port: number;
  readonly pid: number;
  /** Shared with whoever makes credentials: {@link coturnCredentials}. */
  readonly secret: string;
  /** What it has logged. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

export interface CoturnOptions {
  /** Longest life of an allocation, in seconds. */
  readonly allocationSeconds?: number;
  /** How long a nonce holds, in seconds. */
  readonly nonceSeconds?: number;
  /** Range of UDP ports that are given to allocations. */
  readonly relayPorts?: readonly [number, number];
  /** A network namespace to run in, and its addresses there. */
  readonly within?: { readonly namespace: string; readonly addresses: readonly string[] };
}

export const COTURN_REALM = "coturn.test";

/**
 * Starts coturn and waits until it listens. Peers on loopback are allowed.
 * @returns `undefined` when coturn is not installed
 */
export async function startCoturn(options: CoturnOptions = {}): Promise<Coturn | undefined> {
  if (!installed("turnserver")) return undefined;
  const folder = await Deno.makeTempDir({ prefix: "coturn-" });
  const port = freePort();
  const { namespace } = options.within ?? {};
  const secret = crypto.randomUUID();
  const config = `${folder}/turnserver.conf`;
  await Deno.writeTextFile(config, configuration(folder, port, secret, options));
  const child = new PeerProcess(
    new Deno.Command(namespace === undefined ? "turnserver" : "ip", {
      args: [
        ...(namespace === undefined ? [] : ["netns", "exec", namespace, "turnserver"]),
        "-c",
        config,
      ],
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn(),
    folder,
  );
  const log = () => Deno.readTextFile(`${folder}/log`).catch(() => "");
  for (let tries = 0; !/UDP listener opened/.test(await log()); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (tries < 200) continue;
    const said = await log();
    await child.stop();
    throw new Error(`coturn does not listen:\n${said.slice(-3000)}`);
  }
  return {
    port,
    pid: child.pid,
    secret,
    log,
    stop: () => child.stop(),
  };
}

/** Credentials that hold for an hour, as coturn's `use-auth-secret` checks them. */
export function coturnCredentials(secret: string): { username: string; password: string } {
  const username = `${Math.floor(Date.now() / 1000) + 3600}:test`;
  return { username, password: createHmac("sha1", secret).update(username).digest("base64") };
}

function configuration(
  folder: string,
  port: number,
  secret: string,
  options: CoturnOptions,
): string {
  const { allocationSeconds = 600, nonceSeconds = 600, relayPorts = [49_152, 65_535] } = options;
  const addresses = options.within?.addresses ?? ["127.0.0.1"];
  return `
${addresses.map((address) => `listening-ip=${address}\nrelay-ip=${address}`).join("\n")}
listening-port=${port}
min-port=${relayPorts[0]}
max-port=${relayPorts[1]}
realm=${COTURN_REALM}
use-auth-secret
static-auth-secret=${secret}
fingerprint
allow-loopback-peers
no-multicast-peers
max-allocate-lifetime=${allocationSeconds}
stale-nonce=${nonceSeconds}
no-tls
no-dtls
no-cli
no-tcp-relay
no-rfc5780
no-software-attribute
userdb=${folder}/turndb
pidfile=${folder}/pid
log-file=${folder}/log
simple-log
no-stdout-log
verbose
`;
}
