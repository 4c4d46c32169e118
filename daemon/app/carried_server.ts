import { join } from "node:path";
import { logOf, SimppdError, sleep } from "../base/mod.ts";
import type { LoginProfileId } from "../crypto/mod.ts";
import type { OpenInvitationView, ServerView } from "../views/mod.ts";
import type { PublicLoginKey } from "../xmpp/core/mod.ts";
import {
  type CarriedServer,
  makeServerCertificate,
  startCarriedServer,
} from "../xmpp/server/mod.ts";
import {
  freeAgain,
  knownPorts,
  placesOf,
  type Ports,
  portsOf,
  portsToAskFor,
  takenPorts,
} from "./carried_ports.ts";
import { readHost } from "./invitation.ts";
import { reachableAt } from "./network_addresses.ts";
import { ControlDoor } from "./server/control_door.ts";
import { answersFor, openInvitations } from "./server/requests.ts";
import type { ServerSettings } from "./settings.ts";

/** How long an invitation can be used, in seconds. */
const INVITATION_LIFE = 7 * 86_400;
/** How often it is looked whether a port that was taken is free again, in ms. */
const LOOK_AGAIN = 5_000;

type Reach = ServerSettings["reach"];
const HOST = { "this-machine": "127.0.0.1", network: "0.0.0.0" } as const;

/** Who is asked, and told, while the server runs. */
export interface CarriedOptions {
  /** The bare JID of the daemon's account, once there is one. */
  own?(): string | undefined;
  /** Called when it is back at a port that another program had. */
  moved?(): void;
  /** How often it looks whether it can, in ms. */
  readonly lookAgain?: number;
}

/** The XMPP server that lives inside this daemon, and what is kept of it. */
export class Carried {
  readonly #server: CarriedServer;
  #settings: ServerSettings;
  readonly #save: (settings: ServerSettings) => void;
  #control: ControlDoor | undefined;
  readonly #ending = new AbortController();
  /** Going back to the ports that people know, while it is elsewhere. */
  #returning: Promise<void> | undefined;

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
    return { domain, ...certificate, reach, loginProfiles };
  }

  /**
   * Starts the server in its Worker, and opens the door by which it is administered. The ports of
   * the first start are those that people know: each start asks for them, and where another program
   * has one, the server goes back to it as soon as it is free.
   * @param folder the state directory
   */
  static async start(
    folder: string,
    settings: ServerSettings,
    save: (settings: ServerSettings) => void,
    options: CarriedOptions = {},
  ): Promise<Carried> {
    const { domain, certificatePem, keyPem, reach, loginProfiles } = settings;
    const database = join(folder, "server.db");
    const server = await startCarriedServer({
      database,
      domain,
      host: HOST[reach],
      ...portsToAskFor(settings),
      certificatePem,
      keyPem,
      ...(loginProfiles === undefined ? {} : { loginProfiles }),
    });
    const carried = new Carried(server, settings, save);
    carried.#remember(knownPorts(settings, portsOf(server)));
    const { own = () => undefined, moved = () => {}, lookAgain = LOOK_AGAIN } = options;
    await carried.#openControl(folder, database, own);
    carried.#returning = carried.#return(moved, lookAgain);
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
    const now = portsOf(this.#server);
    const taken = takenPorts(this.#settings, now);
    const lost = taken.length === 0 ? {} : { taken };
    return { domain, pin, host: this.#server.host, ...now, ...named, ...lost };
  }

  get crashed(): Promise<unknown> {
    return this.#server.crashed;
  }

  /** @returns the server's own login keys, to be pinned */
  createAccount(username: string, loginKeys: readonly PublicLoginKey[]) {
    return this.#server.createAccount(username, { loginKeys });
  }

  /** @param note for whom it is, 60 characters at most */
  invite(inviter: string, note: string): Promise<{ id: string; token: string; expires: number }> {
    return this.#server.createInvitation(inviter, INVITATION_LIFE, note);
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
    const now = this.#server.port;
    const at = (port: number) => {
      const isNamed = reach === "network" && address !== undefined;
      const named = isNamed ? placeOf(address, port) : undefined;
      return reachableAt(HOST[reach], port, named === undefined ? [] : [named]);
    };
    return placesOf(at, now, this.#settings.port ?? now);
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
      await this.#listen(HOST[reach]);
    } catch (error) {
      throw new SimppdError(
        "port-in-use",
        `The server could not listen on port ${this.#server.port} for ${
          reach === "network" ? "the network" : "this machine"
        }: another program has it. End that program, then try again.`,
        error,
      );
    }
    this.#remember({ reach }, named);
  }

  /** Listens on `host`, at the ports that people know where they are free. */
  async #listen(host: string): Promise<Ports> {
    const back = freeAgain(this.#settings, portsOf(this.#server), host);
    const { port, starttlsPort, httpsPort } = back;
    await this.#server.listen(host, port, starttlsPort, httpsPort);
    return portsOf(this.#server);
  }

  /** Waits for ports that another program has, and goes back to them. */
  async #return(moved: () => void, lookAgain: number): Promise<void> {
    const { signal } = this.#ending;
    void this.#server.crashed.then(() => this.#ending.abort());
    const taken = () => takenPorts(this.#settings, portsOf(this.#server)).length;
    while (!signal.aborted) {
      await sleep(lookAgain, signal);
      const before = taken();
      if (signal.aborted || before === 0) continue;
      const { host } = this.#server;
      try {
        const now = portsOf(this.#server);
        if (takenPorts(freeAgain(this.#settings, now, host), now).length === 0) continue;
        logOf("app").info("listening again on {ports}", { ports: await this.#listen(host) });
      } catch (error) {
        logOf("app").warn("going back to a port failed: {error}", { error });
      }
      if (taken() !== before) moved();
    }
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#returning;
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
