import { type Bytes, logOf, SimppdError } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import {
  KeyServer,
  KeyServerStore,
  peek,
  type ProvedDevice,
  type Specification,
} from "../group/mod.ts";
import type { Vault } from "../store/mod.ts";
import type { Room } from "../xmpp/client/mod.ts";
import { notOnline } from "./connection.ts";
import { roomElements } from "./group_content.ts";
import type { GroupLink } from "./group_link.ts";

/** What only a key server is asked. */
const REQUESTS: ReadonlySet<string> = new Set([
  "register",
  "join",
  "leave",
  "resync",
  "act",
  "status",
  "specification",
  "host",
]);

const DAMAGED =
  "What this device kept of this group's keys cannot be read, so it stands still: restore a backup.";

interface ServersOptions {
  /** Of the key server's database; made with the first group. */
  readonly path: string;
  readonly vault: Vault;
  readonly control: GroupLink;
  /** Our account key, 32 bytes. */
  readonly accountKey: () => Bytes;
  /** A group's room, while we are in it. */
  readonly room: (jid: string) => Room | undefined;
}

/** The key server of the groups that were made here: Keystone's, inside its maker's daemon. */
export class GroupServers {
  readonly #o: ServersOptions;
  #failed: { jid: string; sentence: string } | undefined;
  #running: { server: KeyServer; store: KeyServerStore } | undefined;

  constructor(options: ServersOptions) {
    this.#o = options;
  }

  /**
   * Takes up what was kept before. What cannot be read keeps no other group from opening; see
   * {@link problem}.
   * @param jid the account it speaks as
   */
  start(jid: string): void {
    if (this.#running !== undefined || !hasFile(this.#o.path)) return;
    this.#failed = undefined;
    try {
      this.#open(jid);
    } catch (error) {
      logOf("app").error("no group that is kept here is served: {error}", { error });
      this.#failed = { jid, sentence: DAMAGED };
    }
  }

  /** Why a group that is kept here is not served, as a sentence; undefined where nothing is wrong. */
  problem({ group, keyServer }: Specification): string | undefined {
    if (this.#failed?.jid === keyServer.jid) return this.#failed.sentence;
    return this.#running?.server.damaged.has(group) === true ? DAMAGED : undefined;
  }

  close(): void {
    this.#running?.server.close();
    this.#running?.store.close();
    this.#running = undefined;
  }

  /** Is this group's key server here? @param id 32 hex digits */
  has(id: string): boolean {
    const server = this.#running?.server;
    return server?.group(id) !== undefined || server?.damaged.has(id) === true;
  }

  /** Is this a request to a key server that runs here? */
  isFor(payload: Bytes): boolean {
    const about = peek(payload);
    return about !== undefined && REQUESTS.has(about.kind) && this.has(about.group);
  }

  /** Is this somebody of a group that is kept here: a member, or let in? */
  isPeer(jid: string): boolean {
    return this.#running?.server.groups.some(({ state }) => state.persons.has(jid)) ?? false;
  }

  /** The key that pins this key server, which is made when there is none. @param jid the account */
  key(jid: string): Bytes {
    return (this.#running ?? this.#open(jid)).server.key;
  }

  /** Keeps a new group's keys here. */
  host(specification: Specification): void {
    (this.#running ?? this.#open(specification.keyServer.jid)).server.host(specification);
  }

  /** We are in a room: a group of ours there says again how it stands. */
  entered(room: string): void {
    this.#running?.server.sayAgain(room);
  }

  /** @returns false for what is no request */
  receive(from: ProvedDevice, payload: Bytes): boolean {
    const about = peek(payload);
    if (about === undefined || !REQUESTS.has(about.kind)) return false;
    if (this.has(about.group)) void this.#running!.server.receive(from, payload);
    return true;
  }

  /** Resolves when what is to be sent was. */
  async idle(): Promise<void> {
    await this.#running?.server.idle();
  }

  #open(jid: string): { server: KeyServer; store: KeyServerStore } {
    const { path, vault, control, accountKey, room } = this.#o;
    let store: KeyServerStore | undefined;
    try {
      store = new KeyServerStore(path, vault);
      const server = new KeyServer({
        store,
        control,
        accountKey,
        room: (specification) => ({ publish: (payload) => publish(specification, payload, room) }),
        random: systemRandom,
        jid,
      });
      return this.#running = { server, store };
    } catch (error) {
      store?.close();
      logOf("app").error("the key server does not start: {error}", { error });
      throw new SimppdError(
        "key-server-damaged",
        DAMAGED,
        error,
      );
    }
  }
}

async function publish(
  { room: jid }: Specification,
  payload: Bytes,
  roomOf: (jid: string) => Room | undefined,
): Promise<void> {
  const room = roomOf(jid);
  if (room === undefined) throw notOnline();
  await Promise.resolve(room.say(roomElements(payload, false)));
}

/** Is there a file of this name? */
export function hasFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
