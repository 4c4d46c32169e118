import { SimppdError, steadyNow } from "../../base/mod.ts";
import { accountName } from "./login/credentials.ts";
import type { Ban } from "./login/login_guard.ts";
import type { Host } from "./host.ts";
import { type RoomOverview, RoomUpkeep } from "./muc/upkeep.ts";
import type { ServerStats } from "./options.ts";
import { changePassword, removeAccount } from "./login/registration.ts";
import type { AccountRecord } from "./storage/accounts.ts";
import type { OpenInvitation } from "./storage/invitations.ts";

/** An account, and how many of its clients are here. */
export interface AccountOverview extends AccountRecord {
  readonly sessions: number;
}

/** {@link ServerStats} and what is costly to count. */
export interface ServerReport extends ServerStats {
  readonly domain: string;
  readonly uptimeSeconds: number;
  readonly archivedMessages: number;
  readonly archivedBytes: number;
  /** Invitations that can be used. */
  readonly invitations: number;
  /** Of the whole process, in bytes. */
  readonly memoryBytes: number;
}

/** What only who runs the server may ask of it. Names of accounts are local parts of JIDs. */
export interface ServerAdministration {
  report(): Promise<ServerReport>;
  accounts(): Promise<AccountOverview[]>;
  /**
   * Removes an account and all that belongs to it; its clients are sent away.
   * @throws SimppdError `unknown-account`
   */
  removeAccount(name: string): Promise<void>;
  /**
   * Gives an account another password; its clients log in anew.
   * @throws SimppdError `unknown-account`, `bad-password`
   */
  setPassword(name: string, password: string): Promise<void>;
  rooms(): Promise<RoomOverview[]>;
  /**
   * Makes a room that stays, owned by an account: hidden and for members alone, whom the owner
   * chooses, unless it is to be `open`, to be found and entered by anybody.
   * @throws SimppdError `unknown-account`, `bad-room`, `room-exists`, `too-many-rooms`
   */
  createRoom(name: string, owner: string, open?: boolean): Promise<RoomOverview>;
  /**
   * Ends a room; everybody in it is told.
   * @returns its JID
   * @throws SimppdError `unknown-room`
   */
  removeRoom(name: string): Promise<string>;
  /** Invitations that can be used, the soonest to run out first. */
  invitations(): Promise<OpenInvitation[]>;
  /** Takes an invitation back. @throws SimppdError `unknown-invitation` */
  revokeInvitation(id: string): Promise<void>;
  /** Addresses that are banned for wrong passwords. */
  bans(): Promise<Ban[]>;
  /** Lets a banned address in again. @throws SimppdError `not-banned` */
  liftBan(address: string): Promise<void>;
  /**
   * Stores what waits to be stored, so that a copy of the SQLite file that is made now is whole.
   * @throws SimppdError `database-full`
   */
  settle(): Promise<void>;
}

/** The arguments and the answer of one of {@link ServerAdministration}. */
export type AdministrationInput<Name extends keyof ServerAdministration> = Parameters<
  ServerAdministration[Name]
>;
export type AdministrationAnswer<Name extends keyof ServerAdministration> = Awaited<
  ReturnType<ServerAdministration[Name]>
>;

/** Administration of the server in this thread. */
export class Administrator implements ServerAdministration {
  readonly #host: Host;
  readonly #stats: () => Promise<ServerStats>;
  readonly #upkeep: RoomUpkeep;
  readonly #since = steadyNow();

  constructor(host: Host, stats: () => Promise<ServerStats>) {
    this.#host = host;
    this.#stats = stats;
    this.#upkeep = new RoomUpkeep(host);
  }

  async report(): Promise<ServerReport> {
    const { storage, domain } = this.#host;
    const archive = storage.archive.totals();
    return {
      ...await this.#stats(),
      domain: domain.toString(),
      uptimeSeconds: Math.floor((steadyNow() - this.#since) / 1000),
      archivedMessages: archive.messages,
      archivedBytes: archive.bytes,
      invitations: storage.invitations.total(Date.now()),
      memoryBytes: Deno.memoryUsage().rss,
    };
  }

  async accounts(): Promise<AccountOverview[]> {
    const { storage, sessions } = this.#host;
    const count = (name: string) => sessions.of(name).length;
    return await Promise.resolve(
      storage.accounts.list().map((record) => ({ ...record, sessions: count(record.name) })),
    );
  }

  async removeAccount(name: string): Promise<void> {
    await Promise.resolve(removeAccount(this.#host, this.#existing(name)));
  }

  async setPassword(name: string, password: string): Promise<void> {
    const account = this.#existing(name);
    await changePassword(this.#host, account, password);
  }

  async rooms(): Promise<RoomOverview[]> {
    return await Promise.resolve(this.#upkeep.list());
  }

  async createRoom(name: string, owner: string, open = false): Promise<RoomOverview> {
    const jid = this.#host.address(this.#existing(owner));
    return await Promise.resolve(this.#upkeep.create(name, jid, open));
  }

  async removeRoom(name: string): Promise<string> {
    return await Promise.resolve(this.#upkeep.remove(name));
  }

  async invitations(): Promise<OpenInvitation[]> {
    return await Promise.resolve(this.#host.storage.invitations.list(Date.now()));
  }

  async revokeInvitation(id: string): Promise<void> {
    if (await Promise.resolve(this.#host.storage.invitations.revoke(id, Date.now()))) return;
    throw new SimppdError(
      "unknown-invitation",
      "There is no such invitation: it was used, revoked, or ran out.",
    );
  }

  async bans(): Promise<Ban[]> {
    return await Promise.resolve(this.#host.guard.bans(steadyNow()));
  }

  async liftBan(address: string): Promise<void> {
    if (await Promise.resolve(this.#host.guard.lift(address, steadyNow()))) return;
    throw new SimppdError("not-banned", `${address} is not banned.`);
  }

  async settle(): Promise<void> {
    await Promise.resolve(this.#host.storage.archive.settle());
  }

  #existing(name: string): string {
    const { storage, domain } = this.#host;
    const account = accountName(name, domain);
    if (storage.accounts.exists(account)) return account;
    throw new SimppdError("unknown-account", `There is no account "${name}" on ${domain}.`);
  }
}
