import { join } from "node:path";
import { logOf, SimppdError } from "../base/mod.ts";
import type { LoginProfileId } from "../crypto/mod.ts";
import type { OpenInvitationView, ServerView } from "../views/mod.ts";
import type { PublicLoginKey } from "../xmpp/core/mod.ts";
import {
  type CarriedServer,
  makeServerCertificate,
  startCarriedServer,
} from "../xmpp/server/mod.ts";
import { readHost } from "./invitation.ts";
import { reachableAt } from "./network_addresses.ts";
import { ControlDoor } from "./server/control_door.ts";
import { answersFor, openInvitations } from "./server/requests.ts";
import type { ServerSettings } from "./settings.ts";

/** Where the server listens first; another free port is taken when one is in use. */
const DEFAULT_PORT = 5223;
const DEFAULT_STARTTLS_PORT = 5222;
const DEFAULT_HTTPS_PORT = 5443;
/** How long an invitation can be used, in seconds. */
const INVITATION_LIFE = 7 * 86_400;

type Reach = ServerSettings["reach"];
const HOST = { "this-machine": "127.0.0.1", network: "0.0.0.0" } as const;

/** The XMPP server that lives inside this daemon, and what is kept of it. */
export class Carried {
  readonly #server: CarriedServer;
  #settings: ServerSettings;
  readonly #save: (settings: ServerSettings) => void;
  #control: ControlDoor | undefined;

  private constructor(
    server: CarriedServer,
    settings: ServerSettings,
    save: (settings: ServerSettings) => void,
  ) {
    this.#server = server;
    this.#settings = settings;
    this.#save = save;
  }

  /** New keys and a domain that needs no DNS: random, under the top level kept for private use. */
  static async create(
    reach: Reach,
    loginProfiles: readonly LoginProfileId[],
  ): Promise<ServerSettings> {
    const domain = `${crypto.getRandomValues(new Uint8Array(5)).toHex()}.simppd.internal`;
    const certificate = await makeServerCertificate(domain);
    return { domain, ...certificate, reach, port: DEFAULT_PORT, loginProfiles };
  }

  /**
   * Starts the server in its Worker, and opens the door by which it is administered; its ports are
   * kept from one start to the next when free.
   * @param folder the state directory
   * @param own the bare JID of the daemon's account, once there is one
   */
  static async start(
    folder: string,
    settings: ServerSettings,
    save: (settings: ServerSettings) => void,
    own: () => string | undefined = () => undefined,
  ): Promise<Carried> {
    const { domain, certificatePem, keyPem, port, reach, loginProfiles } = settings;
    const database = join(folder, "server.db");
    const server = await startCarriedServer({
      database,
      domain,
      host: HOST[reach],
      port,
      starttlsPort: settings.starttlsPort ?? DEFAULT_STARTTLS_PORT,
      httpsPort: settings.httpsPort ?? DEFAULT_HTTPS_PORT,
      certificatePem,
      keyPem,
      ...(loginProfiles === undefined ? {} : { loginProfiles }),
    });
    const carried = new Carried(server, settings, save);
    carried.#remember(portsOf(server));
    await carried.#openControl(folder, database, own);
    return carried;
  }

  /** What fails here is told in the log: people can talk without an administrator. */
  async #openControl(
    folder: string,
    databaseFile: string,
    own: () => string | undefined,
  ): Promise<void> {
    const { domain, pin, certificatePem } = this.#settings;
    const hosts = () => this.hosts;
    const ports = () => {
      const { port, starttlsPort = null, httpsPort = null } = this.#server;
      return { port, starttlsPort, httpsPort };
    };
    try {
      this.#control = await ControlDoor.open(
        folder,
        answersFor({
          control: this.#server,
          domain,
          pin,
          certificatePem,
          ports,
          hosts,
          databaseFile,
          own,
        }),
      );
    } catch (error) {
      logOf("app").warn("the carried server cannot be administered: {error}", { error });
    }
    // The next one, after a crash, opens another.
    void this.#server.crashed.then(() => this.#control?.close());
  }

  get view(): ServerView {
    const { domain, pin } = this.#settings;
    const { address } = this.#settings;
    const named = address === undefined ? {} : { address };
    return { domain, pin, host: this.#server.host, ...portsOf(this.#server), ...named };
  }

  get crashed(): Promise<unknown> {
    return this.#server.crashed;
  }

  /** @returns the server's own login keys, to be pinned */
  createAccount(username: string, loginKeys: readonly PublicLoginKey[]) {
    return this.#server.createAccount(username, { loginKeys });
  }

  /** A token, and where the server may be reached by who uses it. */
  async invite(inviter: string): Promise<
    { token: string; expires: number; hosts: { host: string; port: number }[] }
  > {
    const { token, expires } = await this.#server.createInvitation(inviter, INVITATION_LIFE);
    return { token, expires, hosts: this.hosts };
  }

  /** Invitations that can be used. */
  invitations(): Promise<OpenInvitationView[]> {
    return openInvitations(this.#server, this.#settings.domain);
  }

  /** @throws SimppdError `unknown-invitation` */
  async revokeInvitation(id: string): Promise<void> {
    await this.#server.administer("revokeInvitation", id);
  }

  /** Where it can be reached, best first: at the named address, if others are let in. */
  get hosts(): { host: string; port: number }[] {
    const { reach, address } = this.#settings;
    const port = this.#server.port;
    const named = reach === "network" && address !== undefined ? placeOf(address, port) : undefined;
    return reachableAt(HOST[reach], port, named === undefined ? [] : [named]);
  }

  /**
   * Lets others in, or shuts them out.
   * @param address where others reach it, `HOST` or `HOST:PORT`; empty: nowhere in particular;
   * undefined: as it was
   * @throws SimppdError `bad-input`, `port-in-use`
   */
  async setReach(reach: Reach, address?: string): Promise<void> {
    const named = address?.trim();
    if (named !== undefined && named !== "" && placeOf(named, this.#server.port) === undefined) {
      throw new SimppdError(
        "bad-input",
        `The address should be HOST or HOST:PORT, such as chat.example.org, not "${named}".`,
      );
    }
    try {
      await this.#server.listen(HOST[reach], this.#server.port);
    } catch (error) {
      throw new SimppdError(
        "port-in-use",
        `The server could not listen on port ${this.#server.port} for ${
          reach === "network" ? "the network" : "this machine"
        }: another program has it. End that program, then try again.`,
        error,
      );
    }
    this.#remember({ reach, ...portsOf(this.#server) }, named);
  }

  async stop(): Promise<void> {
    await this.#control?.close();
    await this.#server.stop();
  }

  #remember(change: Partial<ServerSettings>, address = this.#settings.address): void {
    const { address: _, ...settings } = this.#settings;
    const named = address === undefined || address === "" ? {} : { address };
    this.#settings = { ...settings, ...change, ...named };
    this.#save(this.#settings);
  }
}

/** `HOST` or `HOST:PORT`, an IPv6 address in brackets. */
function placeOf(address: string, port: number): { host: string; port: number } | undefined {
  return readHost(address) ?? readHost(`${address}:${port}`);
}

type Ports = Pick<ServerView, "port" | "starttlsPort" | "httpsPort">;

function portsOf({ port, starttlsPort, httpsPort }: CarriedServer): Ports {
  return {
    port,
    ...(starttlsPort === undefined ? {} : { starttlsPort }),
    ...(httpsPort === undefined ? {} : { httpsPort }),
  };
}
