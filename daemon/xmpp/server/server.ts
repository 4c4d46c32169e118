import type { Socket } from "node:net";
import { SimppdError, steadyNow } from "../../base/mod.ts";
import type { Connection } from "./connection.ts";
import { type Element, Jid, type PublicLoginKey, StreamError } from "../core/mod.ts";
import { mostConnections } from "./descriptors.ts";
import { EXTENSIONS } from "./extensions.ts";
import { Hooks } from "./hooks.ts";
import type { Invitation } from "./invitations.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";
import { Listener } from "./listener.ts";
import { LoginGuard } from "./login_guard.ts";
import { Logins } from "./logins.ts";
import type {
  AccountSecret,
  ListenAddress,
  ServerControl,
  ServerOptions,
  ServerStats,
} from "./options.ts";
import { makeAccount } from "./registration.ts";
import { Router } from "./router.ts";
import { Services } from "./services.ts";
import type { Session } from "./session.ts";
import { Sessions } from "./sessions.ts";
import { Storage } from "./storage.ts";
import { ClientStream, type StreamHost } from "./stream.ts";

/** How long {@link XmppServer.stop} waits for clients to take their goodbye. */
const GOODBYE_MS = 3_000;
const LONGEST_INVITATION_SECONDS = 366 * 86_400;

/** The carried XMPP server, in this thread; `startCarriedServer` puts it in a Worker. */
export class XmppServer implements StreamHost, ServerControl {
  readonly domain: Jid;
  readonly limits: ServerLimits;
  readonly storage: Storage;
  readonly sessions = new Sessions();
  readonly services = new Services();
  readonly hooks = new Hooks();
  readonly guard: LoginGuard;
  readonly router: Router;
  readonly logins: Logins;

  readonly crowded = new Set<Connection>();

  readonly #options: ServerOptions;
  readonly #streams = new Set<ClientStream>();
  readonly #bySession = new Map<Session, ClientStream>();
  #listener: Listener | undefined;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #refused = 0;
  #stopped: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  private constructor(options: ServerOptions) {
    this.#options = options;
    this.domain = Jid.parse(options.domain);
    if (this.domain.local !== "" || this.domain.resource !== "") {
      throw new SimppdError("bad-domain", `"${options.domain}" is no domain.`);
    }
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.limits = { ...limits, connections: Math.min(limits.connections, mostConnections()) };
    this.storage = new Storage(options.database);
    this.guard = new LoginGuard(this.limits);
    this.router = new Router(this);
    this.logins = new Logins({
      accounts: this.storage.accounts,
      domain: this.domain,
      certificatePem: options.certificatePem,
      scramIterations: this.limits.scramIterations,
      ...(options.loginProfiles === undefined ? {} : { profiles: options.loginProfiles }),
    });
    this.hooks.removed.on((account) => this.#endSessions(account));
    for (const extension of EXTENSIONS) extension(this);
  }

  /** Opens the database and listens. @throws SimppdError `cannot-listen`, `schema-newer`, `bad-jid` */
  static async start(options: ServerOptions): Promise<XmppServer> {
    const server = new XmppServer(options);
    try {
      await server.listen(options.host, options.port);
    } catch (error) {
      server.storage.close();
      throw error;
    }
    server.#sweeper = setInterval(() => server.#sweep(), server.limits.sweepMs);
    return server;
  }

  get host(): string {
    return this.#listener!.address.host;
  }
  get port(): number {
    return this.#listener!.address.port;
  }

  async listen(host: string, port: number): Promise<ListenAddress> {
    this.#checkRunning();
    const current = this.#listener?.address;
    if (current?.host === host && (port === 0 || current.port === port)) return current;
    // The same port at another address may overlap with the old listener: that one goes first.
    this.#listener?.close();
    try {
      this.#listener = await Listener.open(host, port, (raw) => this.#accept(raw));
    } catch (error) {
      if (current !== undefined) {
        this.#listener = await Listener.open(
          current.host,
          current.port,
          (raw) => this.#accept(raw),
        );
      }
      throw error;
    }
    return this.#listener.address;
  }

  async createAccount(username: string, secret: AccountSecret): Promise<PublicLoginKey[]> {
    this.#checkRunning();
    return (await makeAccount(this, username, secret, undefined)).serverKeys;
  }

  // deno-lint-ignore require-await -- so that errors reject, as they do from the Worker
  async createInvitation(inviterJid: string, ttlSeconds: number): Promise<Invitation> {
    this.#checkRunning();
    const inviter = this.localAccount(inviterJid);
    if (inviter === undefined || !this.storage.accounts.exists(inviter)) {
      throw new SimppdError("unknown-account", `${inviterJid} is no account of ${this.domain}.`);
    }
    if (!(ttlSeconds >= 1 && ttlSeconds <= LONGEST_INVITATION_SECONDS)) {
      throw new SimppdError("bad-input", "An invitation lasts from one second to one year.");
    }
    const seconds = Math.floor(ttlSeconds);
    return this.storage.invitations.create(inviter, seconds, this.limits.invitations, Date.now());
  }

  // deno-lint-ignore require-await -- as above
  async stats(): Promise<ServerStats> {
    this.#checkRunning();
    return {
      accounts: this.storage.accounts.count(),
      sessions: this.sessions.count,
      connections: this.#streams.size,
      offlineMessages: this.storage.offline.count(),
      bannedAddresses: this.guard.banned(steadyNow()),
      refused: this.#refused,
    };
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

  bind(stream: ClientStream, session: Session): void {
    const replaced = this.sessions.get(session.jid);
    if (replaced !== undefined) {
      this.#bySession.get(replaced)?.fail(
        new StreamError("conflict", "this resource is used by a newer connection"),
      );
    }
    this.sessions.add(session);
    this.#bySession.set(session, stream);
  }

  streamClosed(stream: ClientStream): void {
    this.#streams.delete(stream);
    if (stream.session !== undefined) this.#bySession.delete(stream.session);
    if (this.#streams.size === 0) this.#drained?.();
  }

  #accept(raw: Socket): void {
    const address = raw.remoteAddress ?? "";
    if (this.#stopped !== undefined || !this.#hasRoom(address)) {
      this.#refused++;
      raw.on("error", () => {});
      raw.destroy();
      return;
    }
    this.#streams.add(new ClientStream(this, raw, this.#options));
  }

  #hasRoom(address: string): boolean {
    const { connections, connectionsPerAddress, loginsPerAddress } = this.limits;
    if (this.#streams.size >= connections) return false;
    if (!this.guard.admits(address, steadyNow())) return false;
    const all = [...this.#streams].filter((stream) => stream.address === address);
    if (all.length >= connectionsPerAddress) return false;
    const loggingIn = all.filter(({ session }) => session === undefined);
    return loggingIn.length < loginsPerAddress || this.#dropOldest(loggingIn);
  }

  /** Makes room: the oldest goes that never said a word, else the oldest that gave no proof yet. */
  #dropOldest(loggingIn: readonly ClientStream[]): boolean {
    const oldest = loggingIn.find(({ silent }) => silent) ??
      loggingIn.find(({ account }) => account === undefined);
    if (oldest === undefined) return false;
    this.#refused++;
    oldest.drop();
    return true;
  }

  #sweep(): void {
    const now = steadyNow();
    for (const stream of this.#streams) stream.sweep(now);
    this.guard.sweep(now);
  }

  #endSessions(account: string): void {
    const removed = new StreamError("not-authorized", "the account was removed");
    for (const session of this.sessions.of(account)) this.#bySession.get(session)?.fail(removed);
    // Logged in and not bound yet: the name may be another person's soon.
    for (const stream of this.#streams) if (stream.account === account) stream.fail(removed);
  }

  async #stop(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#listener?.close();
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (this.#streams.size > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
        timer = setTimeout(resolve, GOODBYE_MS);
        for (const stream of this.#streams) stream.fail(new StreamError("system-shutdown"));
      });
    }
    clearTimeout(timer);
    this.storage.close();
  }

  #checkRunning(): void {
    if (this.#stopped !== undefined) {
      throw new SimppdError("server-stopped", "The carried server was stopped; start it again.");
    }
  }
}
