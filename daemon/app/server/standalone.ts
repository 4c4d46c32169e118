import { join, resolve } from "node:path";
import { logOf, SimppdError } from "../../base/mod.ts";
import type { LoginProfileId } from "../../crypto/mod.ts";
import { takeLock } from "../../store/mod.ts";
import { Jid } from "../../xmpp/core/mod.ts";
import { type ExternalService, type ServerLimits, XmppServer } from "../../xmpp/server/mod.ts";
import { startLog } from "../log_file.ts";
import { reachableAt } from "../network_addresses.ts";
import { ControlDoor } from "./control_door.ts";
import {
  type CertificateFiles,
  type Fingerprints,
  fingerprintsOf,
  serverIdentity,
} from "./identity.ts";
import { answersFor } from "./requests.ts";
import { databaseIn, knownServer, placeOf, rememberServer } from "./server_file.ts";

/** How a server that runs alone is started. */
export interface StandaloneOptions {
  /** Its directory, which no other program uses; made when absent. */
  readonly data: string;
  /** The XMPP domain; the same at every start. */
  readonly domain: string;
  readonly host: string;
  /** Direct TLS; 0 for any free port. */
  readonly port: number;
  /** STARTTLS; null: not offered. */
  readonly starttlsPort: number | null;
  /** HTTPS: uploads, WebSocket and where to find it; null: not offered. */
  readonly httpsPort: number | null;
  /** Where others reach that, if not at the domain and the port. */
  readonly httpsUrl?: string;
  /** Origins whose pages may connect by WebSocket. */
  readonly webOrigins?: readonly string[];
  /** STUN and TURN servers that accounts are told of (XEP-0215). */
  readonly turn?: readonly ExternalService[];
  /** `mysql://…`; absent: SQLite in the directory. */
  readonly database?: string;
  /** Absent: one of its own making. */
  readonly certificate?: CertificateFiles;
  readonly components?: {
    readonly port: number;
    readonly domains: readonly { readonly domain: string; readonly secret: string }[];
  };
  readonly limits?: Partial<ServerLimits>;
  /** Are messages archived? */
  readonly archive: boolean;
  /** Is PLAIN offered as well, for programs that know nothing better? */
  readonly plain: boolean;
  readonly loginProfiles?: readonly LoginProfileId[];
  /** What invitations name; none: the addresses it listens on. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly version: string;
}

/** Where it is and how it is known. */
export interface StandaloneView extends Fingerprints {
  readonly domain: string;
  readonly host: string;
  readonly port: number;
  readonly starttlsPort: number | null;
  readonly httpsPort: number | null;
  /** Where others reach it; null: nowhere. */
  readonly httpsUrl: string | null;
  /** Of loopback, for components; null: there are none. */
  readonly componentPort: number | null;
  /** base64url SHA-256 of the server's public key (SPKI). */
  readonly pin: string;
  readonly data: string;
  readonly pid: number;
}

/** Components speak in clear, hence on this machine. */
const COMPONENT_HOST = "127.0.0.1";

/**
 * The XMPP server without a daemon around it, in this thread: there is no picture it could stall,
 * and a Worker costs memory.
 */
export class StandaloneServer {
  readonly view: StandaloneView;
  readonly #server: XmppServer;
  readonly #control: ControlDoor;
  readonly #free: () => void;

  private constructor(
    server: XmppServer,
    control: ControlDoor,
    view: StandaloneView,
    free: () => void,
  ) {
    this.#server = server;
    this.#control = control;
    this.view = view;
    this.#free = free;
  }

  /**
   * @throws SimppdError `state-locked`, `state-unusable`, `bad-data`, `bad-domain`, `other-domain`,
   * `other-database`, `bad-certificate`, `port-in-use`, `cannot-listen`, `bad-component`, `no-control`, and those of
   * the database
   */
  static async start(options: StandaloneOptions): Promise<StandaloneServer> {
    const data = resolve(options.data);
    const domain = domainOf(options.domain);
    const lock = await takeLock(data, "--data");
    const stopLog = startLog(join(data, "simppd.log"));
    const free = () => {
      stopLog();
      lock.close();
    };
    try {
      return await StandaloneServer.#on(data, { ...options, domain }, free);
    } catch (error) {
      logOf("app").error("the server did not start: {error}", { error });
      free();
      throw error;
    }
  }

  static async #on(
    data: string,
    options: StandaloneOptions,
    free: () => void,
  ): Promise<StandaloneServer> {
    const { domain } = options;
    const database = placeOf(options.database);
    const known = await knownServer(data, domain, database);
    const identity = await serverIdentity(data, domain, options.certificate, known !== undefined);
    const { pin, certificatePem } = identity;
    const fingerprints = fingerprintsOf(certificatePem);
    const server = await listening(data, options, identity);
    try {
      await rememberServer(data, { domain, pin, database }, known);
      const { host, port, starttlsPort = null } = server.listening;
      const { httpsPort = null, httpsUrl = null } = server.listening;
      const componentPort = options.components === undefined ? null : server.componentPort;
      const ports = { port, starttlsPort, httpsPort, httpsUrl, componentPort };
      const view = { domain, host, ...ports, pin, ...fingerprints, data, pid: Deno.pid };
      const control = await ControlDoor.open(
        data,
        answersFor({
          control: server,
          domain,
          pin,
          certificatePem,
          ports: () => ({ port, starttlsPort, httpsPort }),
          hosts: () => hostsOf(options, view),
          databaseFile: options.database === undefined ? databaseIn(data) : undefined,
        }),
      );
      return new StandaloneServer(server, control, view, free);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Says goodbye to all clients, closes the database, gives the directory free. */
  async stop(): Promise<void> {
    await this.#control.close();
    await this.#server.stop();
    this.#free();
  }
}

/** @throws SimppdError `port-in-use` when it got another port than clients will look for */
async function listening(
  data: string,
  options: StandaloneOptions,
  { certificatePem, keyPem }: { certificatePem: string; keyPem: string },
): Promise<XmppServer> {
  const { domain, host, port, starttlsPort, limits, archive, plain, version } = options;
  const { components, loginProfiles, httpsPort, httpsUrl, webOrigins, turn } = options;
  const server = await XmppServer.start({
    database: options.database ?? databaseIn(data),
    domain,
    host,
    port,
    ...(starttlsPort === null ? {} : { starttlsPort }),
    ...(httpsPort === null ? {} : { httpsPort }),
    ...(httpsUrl === undefined ? {} : { httpsUrl }),
    ...(webOrigins === undefined ? {} : { webOrigins }),
    ...(turn === undefined ? {} : { turn }),
    uploadFolder: join(data, "uploads"),
    certificatePem,
    keyPem,
    archive,
    plain,
    software: { name: "simppd", version },
    ...(limits === undefined ? {} : { limits }),
    ...(loginProfiles === undefined ? {} : { loginProfiles }),
    ...(components === undefined ? {} : { components: { host: COMPONENT_HOST, ...components } }),
  });
  const got = [
    ["--port", port, server.port],
    ["--starttls-port", starttlsPort ?? 0, server.starttlsPort],
    ["--https-port", httpsPort ?? 0, server.listening.httpsPort],
    ["--component-port", components?.port ?? 0, server.componentPort],
  ] as const;
  for (const [option, wanted, had] of got) {
    if (wanted === 0 || wanted === had) continue;
    await server.stop();
    throw new SimppdError(
      "port-in-use",
      `Port ${wanted} of ${host} is taken, or not for this user to open. End what has it, or ` +
        `choose another with ${option} (0 takes any free one).`,
    );
  }
  return server;
}

function hostsOf(options: StandaloneOptions, view: StandaloneView) {
  if (options.addresses.length > 0) return options.addresses;
  return reachableAt(view.host, view.port, []);
}

/** @throws SimppdError `bad-domain` */
function domainOf(text: string): string {
  const jid = Jid.tryParse(text);
  if (jid !== undefined && jid.local === "" && jid.resource === "") return jid.domain;
  throw new SimppdError(
    "bad-domain",
    `"${text}" is no domain; expected one such as chat.example.org.`,
  );
}
