import { type ServerOptions, startCarriedServer } from "../../daemon/xmpp/server/mod.ts";
import { makeTestCertificate } from "../../scripts/peers/certificate.ts";
import type { PeerAccount } from "../../scripts/peers/slixmpp.ts";
import { type Person, person } from "./people.ts";
import { freePort } from "../../scripts/peers/process.ts";

export const DOMAIN = "carried.test";

/** A carried server that foreign clients and ours meet on. */
export interface Home {
  /** How a foreign client reaches it; by direct TLS when not told otherwise. */
  account(name: string, tls?: PeerAccount["tls"]): PeerAccount;
  /** Our client, with all its extensions, connected. */
  ours(name: string): Promise<Person>;
  bare(name: string): string;
}

/**
 * Starts the server with these accounts; whoever of ours came goes before it stops.
 * @param further what a peer cannot do without
 */
export async function withHome(
  names: readonly string[],
  use: (home: Home) => Promise<void>,
  further: Partial<ServerOptions> = {},
): Promise<void> {
  const httpsPort = freePort();
  const uploadFolder = await Deno.makeTempDir({ prefix: "simppd-uploads-" });
  const { caPem, certificatePem, keyPem, pin } = await makeTestCertificate(DOMAIN);
  const server = await startCarriedServer({
    database: ":memory:",
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    starttlsPort: 0,
    httpsPort,
    httpsUrl: `https://127.0.0.1:${httpsPort}`,
    uploadFolder,
    certificatePem,
    keyPem,
    software: { name: "simppd", version: "test" },
    ...further,
  });
  const people: Person[] = [];
  try {
    for (const name of names) await server.createAccount(name, `pass of ${name}`);
    await use({
      account: (name, tls = "direct") => ({
        jid: `${name}@${DOMAIN}`,
        password: `pass of ${name}`,
        port: tls === "direct" ? server.port : server.starttlsPort!,
        tls,
        caPem,
      }),
      async ours(name) {
        const endpoint = { host: "127.0.0.1", port: server.port, tls: "direct" as const };
        const one = person(DOMAIN, name, endpoint, { kind: "pin", pin });
        people.push(one);
        await one.client.connect();
        return one;
      },
      bare: (name) => `${name}@${DOMAIN}`,
    });
  } finally {
    await Promise.all(people.map(({ client }) => client.close()));
    await server.stop();
    await Deno.remove(uploadFolder, { recursive: true });
  }
}

/** Resolves with the text of the next message to `who` that `from` (a bare address) wrote. */
export function heard(who: Person, from: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      off();
      reject(new Error(`nothing came from ${from}`));
    }, 10_000);
    const off = who.client.hooks.message((stanza) => {
      const text = stanza.getChildText("body");
      if (text === null || !stanza.attrs.from?.startsWith(`${from}/`)) return;
      clearTimeout(late);
      off();
      resolve(text);
    });
  });
}

/** Waits until `done` holds, looking again and again. */
export async function until(done: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 1000 && !done(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (!done()) throw new Error(`never: ${what}`);
}
