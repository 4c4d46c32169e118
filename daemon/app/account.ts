import { Backoff, logOf, SimppdError, sleep } from "../base/mod.ts";
import { type LoginProfileId, systemRandom } from "../crypto/mod.ts";
import { type Simpp, SimppError } from "../simpp/mod.ts";
import type { StateDirectory } from "../store/mod.ts";
import type {
  AccountState,
  AccountView,
  InvitationView,
  LoginView,
  OpenInvitationView,
  Problem,
  ServerView,
} from "../views/mod.ts";
import {
  type Endpoint,
  type Pep,
  readWebSocketUrl,
  registerByInvitation,
  setPassword,
} from "../xmpp/client/mod.ts";
import { Jid, type PublicLoginKey } from "../xmpp/core/mod.ts";
import { Carried } from "./carried_server.ts";
import type { Chats } from "./chats.ts";
import { Connection, notOnline } from "./connection.ts";
import { readHost, readInvitation, writeHost, writeInvitation } from "./invitation.ts";
import { NewLoginKeys } from "./login_keys.ts";
import type { People } from "./people.ts";
import { DEVICES_NODE } from "./pep_directory.ts";
import { Publishing } from "./publishing.ts";
import type { AccountSettings, AppSettings } from "./settings.ts";
import { accountNameOf } from "./username.ts";

const MAX_NICK = 60;
/** How often another name is tried when an invitation's is taken. */
const NAME_TRIES = 5;
/** Servers that a sign-in may name. */
const MAX_SERVERS = 8;

interface AccountOptions {
  readonly settings: AppSettings;
  readonly state: StateDirectory;
  readonly simpp: Simpp;
  readonly people: People;
  readonly chats: Chats;
  /** Profiles of SIMPP-1 that new accounts get keys for, and a new server lets in. */
  readonly loginProfiles: readonly LoginProfileId[];
  /** Hash of the person's picture. */
  readonly picture: () => string | null;
  /** Gives a connection that was made, and is not used yet, to whoever stands on one. */
  readonly attach: (connection: Connection) => void;
  /** Called when the keys of somebody were looked at. */
  readonly looked: (jid: string) => void;
  /** Called when something that a status shows has changed. */
  readonly changed: () => void;
}

/** The account of this daemon: how it was come by, its connection, the server it may carry. */
export class Account {
  readonly #o: AccountOptions;
  readonly #publishing: Publishing;
  readonly #ending = new AbortController();
  /** The account in use; kept only once it has worked. */
  #account: AccountSettings | undefined;
  #connection: Connection | undefined;
  #carried: Carried | undefined;
  /** People whose list is being looked at; true: once more when that is done. */
  readonly #refreshing = new Map<string, boolean>();
  #settingUp = false;
  #active = true;

  constructor(options: AccountOptions) {
    this.#o = options;
    this.#publishing = new Publishing(options.simpp, options.changed);
  }

  /** Starts what the settings name; a connection that fails goes on trying by itself. */
  async start(): Promise<void> {
    const { server, account } = this.#o.settings;
    if (server !== undefined) await this.#carry(server);
    if (account === undefined) return;
    this.#open(account).connect().catch((error) =>
      logOf("app").warn("not online yet: {error}", { error })
    );
  }

  /** Bare JID; empty while there is no account. */
  get jid(): string {
    return this.#account?.jid ?? "";
  }
  get state(): AccountState {
    return this.#connection?.state ?? "none";
  }
  get problem(): Problem | null {
    return this.#connection?.problem ?? this.#publishing.problem;
  }
  get login(): LoginView | null {
    return this.#connection?.login ?? null;
  }
  get server(): ServerView | null {
    return this.#carried?.view ?? null;
  }
  view(): AccountView | null {
    const account = this.#account;
    if (account === undefined) return null;
    const { device, fingerprint } = this.#o.simpp;
    const { jid, nick, pin } = account;
    return {
      jid,
      nick,
      picture: this.#o.picture(),
      device,
      fingerprint,
      pin,
      hosts: this.#hosts(),
      keyed: "login" in account,
    };
  }

  /** Where another device of ours finds the server, as a sign-in names it; none: by the address. */
  #hosts(): string[] {
    const named = this.#carried?.hosts ?? this.#account?.hosts ?? [];
    return [...new Set(named.map(writeEndpoint))];
  }

  /** An account has been chosen and has worked: what goes on before that is shown to nobody. */
  get isSettled(): boolean {
    return this.#o.settings.account !== undefined;
  }

  /** Nothing has been chosen yet, and nobody is choosing. */
  get isFree(): boolean {
    return this.#o.settings.account === undefined && !this.#settingUp;
  }

  /** @throws SimppdError `not-online` when there is no account; its requests throw it too */
  pep(): Pep {
    if (this.#connection === undefined) throw notOnline();
    return this.#connection.pep;
  }

  /** Whether somebody looks; kept for connections to come. */
  setActive(active: boolean): void {
    this.#active = active;
    this.#connection?.client.setActive(active);
  }

  /** @throws SimppdError `not-online` */
  requireOnline(): void {
    if (this.state !== "online") throw notOnline();
  }

  carry(
    input: { nick: string; reach: "this-machine" | "network"; username?: string },
  ): Promise<void> {
    return this.#setUp(input.nick, async (nick) => {
      const username = accountNameOf(nick, input.username);
      await removeOldServer(this.#o.state);
      const server = await Carried.create(input.reach, this.#o.loginProfiles);
      const carried = await this.#carry(server);
      const keys = new NewLoginKeys(this.#o.loginProfiles);
      const login = keys.pinned(await carried.createAccount(username, keys.public));
      const jid = `${username}@${server.domain}`;
      return { jid, nick, login, hosts: [], pin: server.pin };
    });
  }

  async join(input: { link: string; nick: string; username?: string }): Promise<void> {
    const invitation = readInvitation(input.link);
    const { domain, inviter, hosts, pin, fingerprint, token } = invitation;
    const make = async (nick: string) => {
      const wanted = accountNameOf(nick, input.username);
      const endpoints = hosts.map((host) => ({ ...host, tls: "direct" as const }));
      const keys = new NewLoginKeys(this.#o.loginProfiles);
      const { name: username, serverKeys } = await freeName(wanted, (name) =>
        registerByInvitation({
          domain,
          endpoints,
          trust: { kind: "pin", pin },
          token,
          username: name,
          loginKeys: keys.public,
        }));
      const login = keys.pinned(serverKeys);
      if (inviter !== undefined) {
        this.#o.people.suggest(inviter.toString(), invitation.name ?? "");
      }
      if (inviter !== undefined && fingerprint !== undefined) {
        this.#o.settings.expect(inviter.toString(), fingerprint);
        this.#o.simpp.trust.expect(inviter.toString(), fingerprint);
      }
      return { jid: `${username}@${domain}`, nick, login, hosts: endpoints, pin };
    };
    await this.#setUp(input.nick, make, inviter?.toString());
  }

  signIn(
    input: { jid: string; password: string; nick: string; server?: string; pin?: string },
  ): Promise<void> {
    return this.#setUp(input.nick, (nick) => {
      const jid = Jid.parse(input.jid).bare();
      if (jid.local === "") {
        throw new SimppdError("bad-jid", `"${input.jid}" should be an address like name@domain.`);
      }
      const hosts = input.server === undefined ? [] : allEndpointsOf(input.server);
      const { password, pin } = input;
      return Promise.resolve({ jid: jid.toString(), nick, password, hosts, pin: pin ?? null });
    });
  }

  /** For programs that log in with a password; ours goes on with its keys. */
  async setPassword(password: string): Promise<void> {
    if (this.#account !== undefined && !("login" in this.#account)) {
      throw new SimppdError(
        "no-login-keys",
        "This account logs in with its password here; change it where the account was made.",
      );
    }
    if (this.#connection === undefined) throw notOnline();
    await setPassword(this.#connection.client, password);
  }

  async setReach(reach: "this-machine" | "network", address?: string): Promise<void> {
    await this.#needCarried().setReach(reach, address);
    this.#o.changed();
  }

  /** @param note for whom it is, 60 characters at most */
  async invite(note = ""): Promise<InvitationView> {
    const carried = this.#needCarried();
    const { id, token, expires } = await carried.invite(this.jid, note);
    const open = await carried.invitations();
    const { invited } = this.#o.settings;
    const kept = open.flatMap(({ id }) => invited[id] === undefined ? [] : [[id, invited[id]]]);
    this.#o.settings.invited = { ...Object.fromEntries(kept), [id]: token };
    return { id, link: this.#linkOf(carried, token), expires, note };
  }

  #linkOf({ hosts, view: { pin } }: Carried, token: string): string {
    const { fingerprint } = this.#o.simpp;
    const inviter = Jid.parse(this.jid);
    const { domain } = inviter;
    const name = this.#account?.nick ?? inviter.local;
    return writeInvitation({ domain, inviter, name, hosts, pin, fingerprint, token });
  }

  /** Invitations to the carried server; there are none elsewhere. */
  async invitations(): Promise<OpenInvitationView[]> {
    const carried = this.#carried;
    if (carried === undefined) return [];
    const { invited } = this.#o.settings;
    return (await carried.invitations()).map((open) => {
      const token = invited[open.id];
      return token === undefined ? open : { ...open, link: this.#linkOf(carried, token) };
    });
  }

  /** @throws SimppdError `no-server`, `unknown-invitation` */
  async revokeInvitation(id: string): Promise<void> {
    await this.#needCarried().revokeInvitation(id);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#connection?.close();
    await this.#carried?.stop();
  }

  /** Makes an account and connects; keeps nothing when that fails. */
  async #setUp(
    nick: string,
    make: (nick: string) => Promise<AccountSettings>,
    inviter?: string,
  ): Promise<void> {
    if (this.#o.settings.account !== undefined || this.#settingUp) {
      throw new SimppdError(
        "account-exists",
        `This state directory already has the account ${this.jid}; use another --state for another.`,
      );
    }
    const name = nick.trim();
    if (name === "" || name.length > MAX_NICK) {
      throw new SimppdError("bad-input", `A name has 1 to ${MAX_NICK} characters.`);
    }
    this.#settingUp = true;
    try {
      const account = await make(name);
      await this.#open(account).connect();
      // An invitation named a key: better told now than at the first message.
      if (inviter !== undefined) await this.#checkInviter(inviter);
      this.#o.settings.account = account;
      this.#o.changed();
    } catch (error) {
      await this.#connection?.close();
      await this.#carried?.stop();
      this.#connection = this.#carried = this.#account = undefined;
      this.#o.changed();
      throw error;
    } finally {
      this.#settingUp = false;
    }
  }

  /** @throws SimppError `not-trusted` when the server shows other keys than the invitation named */
  async #checkInviter(jid: string): Promise<void> {
    try {
      await this.#o.simpp.refresh(jid);
    } catch (error) {
      if (error instanceof SimppError && error.code === "not-trusted") throw error;
      logOf("app").warn("the inviter's keys were not looked at: {error}", { error });
    }
  }

  #open(account: AccountSettings): Connection {
    const { simpp, chats, changed } = this.#o;
    simpp.setAccount(account.jid);
    this.#account = account;
    const connection = new Connection(
      account,
      changed,
      this.#carried === undefined ? undefined : () => this.#carriedAt(),
    );
    connection.client.setActive(this.#active);
    this.#connection = connection;
    this.#o.attach(connection);
    connection.pep.onEvent(DEVICES_NODE, (from) => void this.#refresh(from.toString()));
    this.#publishing.attach(connection.client);
    connection.client.events.on(({ state }) => {
      if (state === "online") void chats.flush();
    });
    return connection;
  }

  /** Where the carried server is now: its port may be another after a while. */
  #carriedAt(): Endpoint[] {
    const { port } = this.#carried!.view;
    return [{ host: "127.0.0.1", port, tls: "direct" }];
  }

  /** Looks at a device list that is said to have changed: a contact's or our own, one look at a time. */
  async #refresh(jid: string): Promise<void> {
    if (jid !== this.jid && !this.#o.people.has(jid)) return;
    if (this.#refreshing.has(jid)) return void this.#refreshing.set(jid, true);
    try {
      do {
        this.#refreshing.set(jid, false);
        await this.#o.simpp.refresh(jid);
        this.#o.looked(jid);
      } while (this.#refreshing.get(jid) && !this.#ending.signal.aborted);
    } catch (error) {
      logOf("app").warn("device list of {jid}: {error}", { jid, error });
    } finally {
      this.#refreshing.delete(jid);
    }
  }

  async #carry(settings: NonNullable<AppSettings["server"]>): Promise<Carried> {
    const carried = await Carried.start(
      this.#o.state.path,
      settings,
      (changed) => this.#o.settings.server = changed,
      { own: () => this.#o.settings.account?.jid, moved: this.#o.changed },
    );
    this.#carried = carried;
    void carried.crashed.then((error) => this.#restart(error, new Backoff()));
    return carried;
  }

  async #restart(error: unknown, waiting: Backoff): Promise<void> {
    const signal = this.#ending.signal;
    while (!signal.aborted) {
      logOf("app").error("the carried server ended: {error}", { error });
      await sleep(waiting.next(), signal);
      if (signal.aborted) return;
      try {
        await this.#carry(this.#o.settings.server!);
        return this.#o.changed();
      } catch (again) {
        error = again;
      }
    }
  }

  #needCarried(): Carried {
    if (this.#carried !== undefined) return this.#carried;
    throw new SimppdError(
      "no-server",
      "This daemon carries no server. Who runs yours makes invitations and decides who may reach it.",
    );
  }
}

/** Registers under the wanted name, or under one with digits when that is taken. */
async function freeName(
  wanted: string,
  register: (name: string) => Promise<PublicLoginKey[]>,
): Promise<{ name: string; serverKeys: PublicLoginKey[] }> {
  let name = wanted;
  for (let tries = 1;; tries++) {
    try {
      return { name, serverKeys: await register(name) };
    } catch (error) {
      const taken = error instanceof SimppdError && error.code === "username-taken";
      if (!taken || tries >= NAME_TRIES) throw error;
      name = `${wanted}-${systemRandom(2).toHex()}`;
    }
  }
}

/** What {@link endpointsOf} reads, one or several with commas between them, in this order. */
function allEndpointsOf(servers: string): AccountSettings["hosts"] {
  return servers.split(",").slice(0, MAX_SERVERS).flatMap((server) => endpointsOf(server.trim()));
}

/** `host` or `host:port`, tried with direct TLS and with STARTTLS; or a `wss:` URL. */
function endpointsOf(server: string): AccountSettings["hosts"] {
  const webSocket = readWebSocketUrl(server);
  if (webSocket !== undefined) return [webSocket];
  const given = readHost(server);
  if (given !== undefined) return [{ ...given, tls: "direct" }, { ...given, tls: "starttls" }];
  const bare = readHost(`${server}:5223`);
  if (bare === undefined) {
    throw new SimppdError(
      "bad-input",
      `"${server}" should be a server as host, host:port or wss://host/path.`,
    );
  }
  return [{ ...bare, tls: "direct" }, { ...bare, port: 5222, tls: "starttls" }];
}

function writeEndpoint(endpoint: { host: string; port: number; tls?: string; path?: string }) {
  const { tls, path = "/" } = endpoint;
  return tls === "websocket" ? `wss://${writeHost(endpoint)}${path}` : writeHost(endpoint);
}

/** What a first run that was cut off left behind belongs to no account. */
async function removeOldServer(state: StateDirectory): Promise<void> {
  for (const name of ["server.db", "server.db-wal", "server.db-shm", "uploads"]) {
    await Deno.remove(state.file(name), { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
