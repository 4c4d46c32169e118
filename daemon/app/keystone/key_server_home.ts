import { SimppdError, toHex } from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import {
  type HostedGroup,
  KeyServer,
  keyServerRecords,
  KeyServerStore,
  parseSpecification,
  type RegistrarEntry,
  restoreKeyServer,
} from "../../group/mod.ts";
import { type ExportedIdentity, exportIdentity, importIdentity } from "../../simpp/mod.ts";
import {
  openFile,
  requirePassphrase,
  sealFile,
  Settings,
  StateDirectory,
} from "../../store/mod.ts";
import { ComponentHome, type HomeOptions } from "./component_home.ts";
import { ComponentRooms } from "./component_rooms.ts";
import { requireKept } from "./kept.ts";

const DATABASE = "keyserver.db";

/** How a key server that is a component is started. */
export interface KeyServerHomeOptions extends HomeOptions {
  /** Domains and bare JIDs of those who may have groups hosted. */
  readonly for: readonly string[];
  /** Separate registrars; without them it registers people by SIMPP itself. */
  readonly registrars?: readonly RegistrarEntry[];
}

/** How it is known. */
export interface KeyServerView {
  readonly jid: string;
  /** What specifications pin, 64 hex digits. */
  readonly key: string;
  /** Of its SIMPP account key, 64 hex digits. */
  readonly fingerprint: string;
  readonly device: string;
  readonly state: string;
  readonly pid: number;
  /** Names of its separate registrars. */
  readonly registrars: readonly string[];
  readonly groups: readonly GroupSummary[];
}

/** A hosted group, in short. */
export interface GroupSummary {
  readonly group: string;
  readonly name: string;
  readonly room: string;
  readonly epoch: number;
  readonly members: number;
  readonly closed: boolean;
}

/** Keystone's key server as a component of a server (XEP-0114). */
export class KeyServerHome {
  readonly #home: ComponentHome;
  readonly #store: KeyServerStore;
  readonly #rooms: ComponentRooms;
  readonly #server: KeyServer;
  readonly #registrars: readonly RegistrarEntry[];

  private constructor(
    home: ComponentHome,
    store: KeyServerStore,
    rooms: ComponentRooms,
    server: KeyServer,
    registrars: readonly RegistrarEntry[],
  ) {
    this.#home = home;
    this.#store = store;
    this.#rooms = rooms;
    this.#server = server;
    this.#registrars = registrars;
  }

  /**
   * Resolves once it is connected; from then on it comes back by itself.
   * @throws SimppdError `state-locked`, `component-refused`, `connection-failed`, and others of
   * {@link ComponentHome.open}
   */
  static async start(options: KeyServerHomeOptions): Promise<KeyServerHome> {
    const { registrars = [] } = options;
    let server: KeyServer | undefined;
    // Until the groups are known, everybody is.
    const isKnown = (jid: string) => server?.knows(jid) ?? true;
    const home = await ComponentHome.open(
      { ...options, isKnown },
      (from, payload) => void server?.receive(from, payload),
    );
    let store: KeyServerStore | undefined;
    try {
      store = new KeyServerStore(home.state.file(DATABASE), home.state.vault);
      const rooms = new ComponentRooms(home.component, (room) => server?.sayAgain(room));
      server = new KeyServer({
        store,
        jid: home.jid,
        control: home.link,
        room: ({ room }) => rooms.channel(room),
        random: systemRandom,
        registrars,
        accountKey: () => home.simpp.accountKey,
        isRoomOwner: (room, jid) => rooms.isOwner(room, jid),
        mayHost: (jid) => options.for.includes(jid) || options.for.includes(domainOf(jid)),
      });
      await home.connect();
      server.start();
      return new KeyServerHome(home, store, rooms, server, registrars);
    } catch (error) {
      server?.close();
      store?.close();
      await home.close();
      throw error;
    }
  }

  get view(): KeyServerView {
    const { jid, simpp, state } = this.#home;
    return {
      jid,
      key: toHex(this.#server.key),
      fingerprint: simpp.fingerprint,
      device: simpp.device,
      state: state.path,
      pid: Deno.pid,
      registrars: this.#registrars.map(({ name }) => name),
      groups: this.#server.groups.map(summaryOf),
    };
  }

  /** Rooms it is in. */
  get rooms(): readonly string[] {
    return this.#rooms.inside;
  }

  /** Hosts a group. @throws SimppdError, see {@link KeyServer.host} */
  host(specification: string): GroupSummary {
    return summaryOf(this.#server.host(parseSpecification(specification)));
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#rooms.close();
    await this.#home.close();
    this.#store.close();
  }
}

/**
 * What is in the state directory of a key server that does not run.
 * @throws SimppdError `nothing-kept`, and as {@link withStore}
 */
export async function keyServerAt(path: string): Promise<{ key: string }> {
  await requireKept(path, DATABASE);
  return await withStore(path, (store) => ({ key: toHex(store.signingKey(systemRandom).public) }));
}

/**
 * A backup of a key server that does not run, sealed under a passphrase: its groups, its signing key
 * and its SIMPP account.
 * @throws SimppdError `passphrase-too-short`, `nothing-kept`, and as {@link withStore}
 */
export async function backUpKeyServer(path: string, passphrase: string): Promise<Uint8Array[]> {
  requirePassphrase(passphrase);
  await requireKept(path, DATABASE);
  return await withStore(path, (store, state) => {
    const settings = new Settings(state.db, state.vault);
    const identity = settings.get("identity") === undefined ? null : exportIdentity(settings);
    const records = keyServerRecords(store, identity, systemRandom);
    return Array.fromAsync(sealFile(records, passphrase, systemRandom));
  });
}

/**
 * Restores one into a state directory without groups: a new incarnation of each, and a new device of
 * the same SIMPP account in place of the old one.
 * @throws SimppdError `groups-exist`, `wrong-passphrase`, `backup-damaged`, and as {@link withStore}
 */
export function restoreKeyServerAt(
  path: string,
  file: AsyncIterable<Uint8Array>,
  passphrase: string,
): Promise<void> {
  return withStore(path, async (store, state) => {
    const settings = new Settings(state.db, state.vault);
    if (store.groups().length > 0 || settings.get("identity") !== undefined) {
      throw new SimppdError(
        "groups-exist",
        "A backup is restored into a directory that no key server used before; choose another with " +
          "--data.",
      );
    }
    const records = openFile(file, passphrase);
    const identity = await restoreKeyServer(store, records, systemRandom);
    if (identity === null) return;
    importIdentity(settings, identity as ExportedIdentity, "instead", systemRandom);
  });
}

async function withStore<T>(
  path: string,
  work: (store: KeyServerStore, state: StateDirectory) => T | Promise<T>,
): Promise<T> {
  const state = await StateDirectory.open(path);
  try {
    const store = new KeyServerStore(state.file(DATABASE), state.vault);
    try {
      return await work(store, state);
    } finally {
      store.close();
    }
  } finally {
    state.close();
  }
}

function summaryOf({ state, specification }: HostedGroup): GroupSummary {
  const { group, name, room } = specification;
  const { epoch, roster, closed } = state;
  return { group, name, room, epoch, members: roster.length, closed };
}

function domainOf(jid: string): string {
  return jid.slice(jid.indexOf("@") + 1);
}
