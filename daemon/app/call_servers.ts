import { logOf, SimppdError, sleep } from "../base/mod.ts";
import { gather, type IceServer, UdpEndpoint } from "../p2p/mod.ts";
import type { CallRoute } from "../views/mod.ts";
import { type ExternalService, ExternalServices, type XmppClient } from "../xmpp/client/mod.ts";

/** How long a call waits for what STUN and TURN servers say, in ms. */
const GATHER_WITHIN = 1_000;
/** The same where nothing else can be. */
const RELAY_WITHIN = 3_000;
/** What the server said is asked anew after this long, in ms, or this long before it runs out. */
const FRESH = 10 * 60_000;
const BEFORE_END = 5 * 60_000;
/** Services asked for credentials, at most. */
const MOST_ASKED = 4;

/**
 * The STUN and TURN servers that calls may use: those that were named at the start, then those of
 * the account's own server (XEP-0215). None comes from anybody else.
 */
export class CallServers {
  readonly #named: readonly IceServer[];
  #services: ExternalServices | undefined;
  #online: () => boolean = () => false;
  #known: { servers: readonly IceServer[]; until: number } | undefined;

  constructor(named: readonly IceServer[] = []) {
    this.#named = named;
  }

  /** Did a relay stand among them when they were asked for last? null while they were not. */
  get relay(): boolean | null {
    return this.#relay;
  }
  #relay: boolean | null = null;

  /**
   * Asks which there are, before a person relies on a relay.
   * @throws SimppdError `no-relay` when the server was asked and there is none
   */
  async needRelay(): Promise<void> {
    if (this.#named.some(isRelay)) return void (this.#relay = true);
    if (!this.#online()) return;
    this.#relay = (await inTime(this.list(), RELAY_WITHIN)).some(isRelay);
    if (!this.#relay) throw noRelay();
  }

  /** Asks this connection's server from now on. */
  attach(client: XmppClient): void {
    const services = this.#services = new ExternalServices(client);
    this.#online = () => client.state === "online";
    this.#known = undefined;
    this.#relay = null;
    services.changed.on(() => this.#known = undefined);
  }

  /** Those that may be used now, best first. */
  async list(): Promise<readonly IceServer[]> {
    return [...this.#named, ...await this.#ofServer()];
  }

  async #ofServer(): Promise<readonly IceServer[]> {
    const services = this.#services;
    if (this.#known !== undefined && Date.now() < this.#known.until) return this.#known.servers;
    if (services === undefined || !this.#online()) return [];
    const found = (await services.list()).filter(isUsable).slice(0, MOST_ASKED);
    const complete = await Promise.all(found.map((service) => withCredentials(services, service)));
    const usable = complete.filter((service) => service !== undefined);
    const ends = usable.map(({ expires = Infinity }) => expires - BEFORE_END);
    const known = {
      servers: usable.flatMap((service) => asIceServer(service) ?? []),
      until: Math.min(Date.now() + FRESH, ...ends),
    };
    if (services === this.#services) this.#known = known;
    return known.servers;
  }
}

/**
 * A socket for one call, with what the servers know of it.
 * @throws SimppdError `no-socket`; `no-relay` when calls go through a relay alone and none works
 */
export async function openCallEndpoint(
  servers: Pick<CallServers, "list">,
  route: CallRoute,
  hosts: readonly string[] | undefined,
): Promise<UdpEndpoint> {
  const relayOnly = route === "relay-only";
  const within = relayOnly ? RELAY_WITHIN : GATHER_WITHIN;
  const began = performance.now();
  const endpoint = await UdpEndpoint.open({
    relayOnly,
    ...(hosts === undefined ? {} : { hosts: [...hosts] }),
  });
  try {
    const usable = await inTime(servers.list(), within);
    const left = within - (performance.now() - began);
    if (usable.length > 0 && left > 0) await gather(endpoint, { servers: usable, within: left });
    if (!relayOnly || endpoint.candidates.length > 0) return endpoint;
  } catch (error) {
    await endpoint.close();
    throw error;
  }
  await endpoint.close();
  throw noRelay();
}

function noRelay(): SimppdError {
  return new SimppdError(
    "no-relay",
    "Calls go through a relay only, and no relay answered: your server names none (XEP-0215), or " +
      "it is down. Ask who runs the server, or allow calls by any way.",
  );
}

function isRelay({ kind }: IceServer): boolean {
  return kind === "turn";
}

/** What comes in time; nothing otherwise, and when it fails. */
async function inTime(
  list: Promise<readonly IceServer[]>,
  ms: number,
): Promise<readonly IceServer[]> {
  const stop = new AbortController();
  const late = sleep(ms, stop.signal).then(() => []);
  const answered = list.catch((error) => {
    logOf("app").info("STUN and TURN servers: {error}", { error });
    return [];
  });
  try {
    return await Promise.race([answered, late]);
  } finally {
    stop.abort();
  }
}

function isUsable({ type, transport, expires = Infinity }: ExternalService): boolean {
  return (type === "stun" || type === "turn") && transport === "udp" && expires > Date.now();
}

async function withCredentials(
  services: ExternalServices,
  service: ExternalService,
): Promise<ExternalService | undefined> {
  const { type, username, password } = service;
  if (type === "stun" || username !== undefined && password !== undefined) return service;
  try {
    return await services.credentials(service);
  } catch (error) {
    logOf("app").info("no credentials for {host}: {error}", { host: service.host, error });
    return undefined;
  }
}

function asIceServer(service: ExternalService): IceServer | undefined {
  const { type, port, username, password } = service;
  const host = service.host.replace(/^\[(.*)\]$/, "$1");
  if (type === "stun") return { kind: "stun", host, port };
  if (username === undefined || password === undefined) return undefined;
  return { kind: "turn", host, port, credentials: { username, password } };
}
