import { roomPort } from "../../daemon/files/mod.ts";
import {
  type Endpoint,
  GROUP_OPTIONS,
  HttpUpload,
  InBandBytestreams,
  Presence,
  type Room,
  Rooms,
  type TlsTrust,
  XmppClient,
} from "../../daemon/xmpp/client/mod.ts";
import { makeServerCertificate, startCarriedServer } from "../../daemon/xmpp/server/mod.ts";
import { startEjabberd } from "../../scripts/peers/ejabberd.ts";
import { startProsody } from "../../scripts/peers/prosody.ts";

/** A server with accounts; the password of each is "pass of " and its name. */
interface Home {
  readonly domain: string;
  readonly endpoint: Endpoint;
  readonly trust: TlsTrust;
  stop(): Promise<void>;
}

type Peer = Awaited<ReturnType<typeof startProsody | typeof startEjabberd>>;

function peer(started: Peer): Home | undefined {
  if (started === undefined) return undefined;
  const { domain, ports, pin, stop } = started;
  const endpoint: Endpoint = { host: "127.0.0.1", port: ports.direct, tls: "direct" };
  return { domain, endpoint, trust: { kind: "pin", pin }, stop };
}

/** Servers by name; each gives undefined when it is not installed. */
export const SERVERS: Record<
  string,
  (accounts: Record<string, string>) => Promise<Home | undefined>
> = {
  async carried(accounts) {
    const domain = "carried.test";
    const { certificatePem, keyPem, pin } = await makeServerCertificate(domain);
    const uploadFolder = await Deno.makeTempDir({ prefix: "carried-" });
    const server = await startCarriedServer({
      database: ":memory:",
      domain,
      host: "127.0.0.1",
      port: 0,
      httpsPort: 0,
      uploadFolder,
      certificatePem,
      keyPem,
    });
    for (const [name, password] of Object.entries(accounts)) {
      await server.createAccount(name, password);
    }
    const endpoint: Endpoint = { host: "127.0.0.1", port: server.port, tls: "direct" };
    const stop = async () => {
      await server.stop();
      await Deno.remove(uploadFolder, { recursive: true });
    };
    return { domain, endpoint, trust: { kind: "pin", pin }, stop };
  },
  Prosody: async (accounts) => peer(await startProsody({ accounts, hash: "SHA-256" })),
  ejabberd: async (accounts) => peer(await startEjabberd({ accounts })),
};

/** One of those who are in the room. */
export interface InRoom {
  readonly client: XmppClient;
  readonly upload: HttpUpload;
  readonly streams: InBandBytestreams;
  readonly room: Room;
  readonly port: ReturnType<typeof roomPort>;
}

/**
 * Starts a server with `count` people, all in one room; the first made it.
 * @returns false when the server is not installed
 */
export async function withPeopleInRoom(
  server: string,
  count: number,
  use: (people: readonly InRoom[]) => Promise<void>,
): Promise<boolean> {
  const names = Array.from({ length: count }, (_, i) => `person${i}`);
  const home = await SERVERS[server]!(
    Object.fromEntries(names.map((name) => [name, `pass of ${name}`])),
  );
  if (home === undefined) return false;
  const { domain, endpoint, trust } = home;
  const clients = names.map((name) =>
    new XmppClient({
      jid: `${name}@${domain}`,
      password: `pass of ${name}`,
      endpoints: [endpoint],
      trust,
    })
  );
  try {
    const rooms = clients.map((client) => new Rooms(client));
    const streams = clients.map((client) => new InBandBytestreams(client));
    for (const client of clients) {
      new Presence(client);
      await client.connect();
    }
    const [service] = await rooms[0]!.services();
    const jid = `den@${service}`;
    const made = await rooms[0]!.create(jid, names[0]!, {
      ...GROUP_OPTIONS,
      membersOnly: false,
    });
    const all: Room[] = [made];
    for (const [i, each] of rooms.entries()) {
      if (i > 0) all.push(await each.join(jid, names[i]!));
    }
    while (all.some((room) => room.occupants.length < count)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await use(clients.map((client, i) => ({
      client,
      upload: new HttpUpload(client, { domain, trust, host: endpoint.host }),
      streams: streams[i]!,
      room: all[i]!,
      port: roomPort(all[i]!),
    })));
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await home.stop();
  }
  return true;
}
