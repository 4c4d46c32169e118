import { logOf, SimppdError, steadyNow } from "../../base/mod.ts";
import { AddressRates } from "./stream/address_rates.ts";
import {
  type AdministrationAnswer,
  type AdministrationInput,
  Administrator,
  type ServerAdministration,
} from "./administration.ts";
import type { Crowdable } from "./crowdable.ts";
import { type Element, Jid, type PublicLoginKey, StreamError } from "../core/mod.ts";
import { mostConnections } from "./stream/descriptors.ts";
import { Entrance } from "./stream/entrance.ts";
import { EXTENSIONS } from "./extensions.ts";
import { Hooks } from "./hooks.ts";
import type { Invitation } from "./storage/invitations.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";
import { LoginGuard } from "./login/login_guard.ts";
import { Logins } from "./login/logins.ts";
import type {
  AccountSecret,
  ListenAddress,
  ServerControl,
  ServerOptions,
  ServerStats,
} from "./options.ts";
import { makeAccount } from "./login/registration.ts";
import { Resumptions } from "./stream/resumptions.ts";
import { Router } from "./router.ts";
import { Services } from "./services.ts";
import type { Session } from "./session.ts";
import { Sessions } from "./sessions.ts";
import { Components } from "./xep_0114_components.ts";
import { isDatabaseTrouble } from "./storage/database.ts";
import { Storage } from "./storage/storage.ts";
import type { ClientStream } from "./stream/stream.ts";
import type { StreamHost } from "./stream/stream_host.ts";
import { Turns } from "./stream/turns.ts";
import { HttpsListener } from "./web/https_listener.ts";
import { offerWebSocket } from "./rfc_7395_websocket.ts";
import { asciiHost, Web } from "./web/web.ts";

/** How long {@link XmppServer.stop} waits for clients to take their goodbye. */
const GOODBYE_MS = 3_000;
const LONGEST_INVITATION_SECONDS = 366 * 86_400;

/** The carried XMPP server, in this thread; `startCarriedServer` puts it in a Worker. */
export class XmppServer implements StreamHost, ServerControl {
  readonly domain: Jid;
  readonly archives: boolean;
  readonly limits: ServerLimits;
  readonly storage: Storage;
  readonly sessions = new Sessions();
  readonly services = new Services();
  readonly hooks = new Hooks();
  readonly guard: LoginGuard;
  readonly addressRates: AddressRates;
  readonly turns = new Turns();
  readonly router: Router;
  readonly logins: Logins;
  readonly resumptions: Resumptions;
  readonly software: ServerOptions["software"];

  readonly options: ServerOptions;
  readonly web: Web;

  readonly crowded = new Set<Crowdable>();

  readonly #entrance: Entrance;
  readonly #administrator = new Administrator(this, () => this.stats());
  #components: Components | undefined;
  #componentPort = 0;
  #https: HttpsListener | undefined;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(options: ServerOptions) {
    this.options = options;
    this.web = new Web(options.httpsPort !== undefined);
    this.software = options.software;
    this.domain = Jid.parse(options.domain);
    if (this.domain.local !== "" || this.domain.resource !== "") {
      throw new SimppdError("bad-domain", `"${options.domain}" is no domain.`);
    }
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.limits = {
      ...limits,
      connections: Math.min(limits.connections, mostConnections()),
      httpsConnections: Math.min(limits.httpsConnections, mostConnections() / 4),
    };
    this.storage = new Storage(options.database, {
      messages: this.limits.archiveMessages,
      bytes: this.limits.archiveBytes,
    });
    this.archives = options.archive ?? true;
    this.guard = new LoginGuard(this.limits);
    this.addressRates = new AddressRates(this.limits);
    this.router = new Router(this);
    this.logins = new Logins({
      accounts: this.storage.accounts,
      tokens: this.storage.tokens,
      domain: this.domain,
      certificatePem: options.certificatePem,
      scramIterations: this.limits.scramIterations,
      channelBinding: options.channelBinding ?? "sasl2",
      plain: options.plain ?? false,
      ...(options.loginProfiles === undefined ? {} : { profiles: options.loginProfiles }),
    });
    this.resumptions = new Resumptions((session) => this.sessionOver(session));
    this.#entrance = new Entrance(this, options);
    this.hooks.removed.on((account) =>
      this.endAccount(account, new StreamError("not-authorized", "the account was removed"))
    );
    for (const extension of EXTENSIONS) extension(this);
    offerWebSocket(this, this.#entrance);
  }

  /** Opens the database and listens. @throws SimppdError `cannot-listen`, `schema-newer`, `bad-jid` */
  static async start(options: ServerOptions): Promise<XmppServer> {
    const server = new XmppServer(options);
    try {
      await server.listen(options.host, options.port, options.starttlsPort);
      if (options.components !== undefined) {
        server.#components = new Components(server, options.components);
        server.#componentPort = await server.#components.listen(options.components);
      }
    } catch (error) {
      server.#entrance.close();
      server.storage.close();
      throw error;
    }
    logOf("xmpp-server").info("serving {domain} at {listening}, components at port {components}", {
      domain: options.domain,
      listening: server.listening,
      components: server.componentPort,
    });
    server.#sweeper = setInterval(() => server.#sweep(), server.limits.sweepMs);
    return server;
  }

  get host(): string {
    return this.listening.host;
  }
  /** Where components connect; 0 when none may. */
  get componentPort(): number {
    return this.#componentPort;
  }
  get port(): number {
    return this.listening.port;
  }
  get starttlsPort(): number | undefined {
    return this.listening.starttlsPort;
  }
  get listening(): ListenAddress {
    return {
      ...this.#entrance.address!,
      ...(this.#https === undefined
        ? {}
        : { httpsPort: this.#https.address.port, httpsUrl: this.web.url }),
    };
  }
  get httpsPort(): number | undefined {
    return this.#https?.address.port;
  }
  async listen(
    host: string,
    port: number,
    starttlsPort?: number,
    httpsPort?: number,
  ): Promise<ListenAddress> {
    this.#checkRunning();
    const clear = starttlsPort ?? this.#entrance.address?.starttlsPort;
    const wanted = { host, port, ...(clear === undefined ? {} : { starttlsPort: clear }) };
    await this.#entrance.listen(wanted);
    await this.#listenHttps(host, httpsPort);
    return this.listening;
  }

  async #listenHttps(host: string, httpsPort?: number): Promise<void> {
    const current = this.#https?.address;
    const wanted = httpsPort ?? current?.port ?? this.options.httpsPort;
    if (wanted === undefined || (current?.host === host && current.port === wanted)) return;
    await this.#https?.close();
    const { web, limits, guard, options } = this;
    const admits = (address: string) => guard.admits(address, steadyNow());
    this.#https = await HttpsListener.open(host, wanted, options, { web, limits, admits });
    const { port } = this.#https.address;
    const url = options.httpsUrl ?? `https://${asciiHost(this.domain.domain)}:${port}`;
    web.url = url.replace(/\/+$/, "");
  }

  async createAccount(username: string, secret: AccountSecret): Promise<PublicLoginKey[]> {
    this.#checkRunning();
    return (await makeAccount(this, username, secret, undefined)).serverKeys;
  }

  // deno-lint-ignore require-await -- so that errors reject, as they do from the Worker
  async createInvitation(
    inviterJid: string | null,
    ttlSeconds: number,
    note = "",
  ): Promise<Invitation> {
    this.#checkRunning();
    const inviter = inviterJid === null ? null : this.localAccount(inviterJid);
    if (inviter === undefined || (inviter !== null && !this.storage.accounts.exists(inviter))) {
      throw new SimppdError("unknown-account", `${inviterJid} is no account of ${this.domain}.`);
    }
    if (!(ttlSeconds >= 1 && ttlSeconds <= LONGEST_INVITATION_SECONDS)) {
      throw new SimppdError("bad-input", "An invitation lasts from one second to one year.");
    }
    const wanted = { inviter, ttlSeconds: Math.floor(ttlSeconds), note };
    return this.storage.invitations.create(wanted, this.limits.invitations, Date.now());
  }

  // deno-lint-ignore require-await -- as above
  async stats(): Promise<ServerStats> {
    this.#checkRunning();
    return {
      accounts: this.storage.accounts.count(),
      sessions: this.sessions.count,
      connections: this.#entrance.count,
      offlineMessages: this.storage.offline.count(),
      ...this.storage.uploads.kept(),
      bannedAddresses: this.guard.banned(steadyNow()),
      refused: this.#entrance.refused,
    };
  }

  async administer<Name extends keyof ServerAdministration>(
    name: Name,
    ...args: AdministrationInput<Name>
  ): Promise<AdministrationAnswer<Name>> {
    this.#checkRunning();
    const work = this.#administrator[name] as (...args: unknown[]) => Promise<unknown>;
    return await work.apply(this.#administrator, args) as AdministrationAnswer<Name>;
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  deliver(stanza: Element): void {
    this.router.deliver(stanza);
  }

  address(account: string): Jid {
    return Jid.parse(`${account}@${this.domain}`);
  }

  localAccount(jid: string): string | undefined {
    const parsed = Jid.tryParse(jid);
    return parsed?.domain === this.domain.domain && parsed.local !== "" && parsed.resource === ""
      ? parsed.local
      : undefined;
  }

  bind(session: Session): void {
    const replaced = this.sessions.get(session.jid);
    if (replaced !== undefined) {
      this.endSession(
        replaced,
        new StreamError("conflict", "this resource is used by a newer connection"),
      );
    }
    this.sessions.add(session);
  }

  endSession(session: Session, error: StreamError): void {
    if (session.outlet === undefined) this.sessionOver(session);
    else session.outlet.fail(error);
  }

  endAccount(account: string, error: StreamError, except?: Session): void {
    for (const session of this.sessions.of(account)) {
      if (session !== except) this.endSession(session, error);
    }
    this.#entrance.endUnbound(account, error);
  }

  streamLost(session: Session): void {
    if (session.management?.resumable !== true) return this.sessionOver(session);
    session.detach();
    this.resumptions.wait(session, steadyNow());
  }

  sessionOver(session: Session): void {
    if (!session.open) return;
    this.resumptions.remove(session);
    this.sessions.remove(session);
    for (const step of [() => session.close(), () => this.hooks.closed.run(session)]) {
      try {
        step();
      } catch (error) {
        if (!isDatabaseTrouble(error)) {
          logOf("xmpp-server").error("leaving failed: {error}", { error });
        }
      }
    }
  }

  streamClosed(stream: ClientStream): void {
    this.#entrance.closed(stream);
  }

  #sweep(): void {
    const now = steadyNow();
    this.#entrance.sweep(now);
    this.#https?.sweep(now);
    this.resumptions.sweep(now);
    this.guard.sweep(now);
    this.addressRates.sweep(now);
    try {
      this.storage.database.refresh();
      this.hooks.swept.run();
    } catch (error) {
      if (!isDatabaseTrouble(error)) throw error;
    }
  }

  async #stop(): Promise<void> {
    clearInterval(this.#sweeper);
    this.hooks.stopping.run();
    this.#components?.close();
    this.#https?.stopAccepting();
    for (const session of this.resumptions.waiting) this.sessionOver(session);
    await this.#entrance.shut(new StreamError("system-shutdown"), GOODBYE_MS);
    await this.#https?.close();
    this.storage.close();
    logOf("xmpp-server").info("{domain} is served no more", { domain: this.domain.toString() });
  }

  #checkRunning(): void {
    if (this.#stopped !== undefined) {
      throw new SimppdError("server-stopped", "The carried server was stopped; start it again.");
    }
  }
}
