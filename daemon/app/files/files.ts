import {
  type Bytes,
  type Emitter,
  logOf,
  publicError,
  SimppdError,
  toHex,
} from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import {
  cleanThumbnail,
  type Command,
  type FileDescriptor,
  type FileFolder,
  type FileSuite,
  isAtServerOf,
  isDescriptor,
  type PlainSource,
  readDescriptor,
  type SealedSource,
  type Transfer,
  Transfers,
  type TransferStore,
  type Way,
  type WayKind,
  withoutKey,
  writeDescriptor,
} from "../../files/mod.ts";
import type { AppEvent, DisplayItemView, FileLimitsView, FileView } from "../../views/mod.ts";
import type { Element } from "../../xmpp/core/mod.ts";
import type { FetchLimits } from "./fetch_limits.ts";
import type { Allowed, FileAccess } from "./file_access.ts";
import type { FileLines } from "./file_lines.ts";
import { fileView } from "./file_views.ts";
import { type FileSignal, readSignal, writeSignal } from "./signals.ts";

/** Offers of a stranger that are remembered. */
const MOST_OF_STRANGER = 20;
/** What was sent within this time is told again to somebody whose session was renewed, in ms. */
const TELL_AGAIN = 7 * 86_400_000;
/** What the link says when a connection is missing: the transfer goes on with the next one. */
const OFFLINE = ["not-online", "not-confirmed"];

/** What of contacts files need. */
export interface FilePeople {
  has(jid: string): boolean;
  get(jid: string): { jid: string; blocked: boolean; plain: boolean };
  isStranger(jid: string): boolean;
  isBlocked(jid: string): boolean;
  stranger(jid: string): void;
}

/** What of encrypted groups files need; a group is named by its room's bare JID. */
export interface FileGroups {
  has(group: string): boolean;
  /** Seals content for all in the group. @throws SimppdError `not-in-group`, `may-not-send`, … */
  say(group: string, content: Element): void;
  /** Everybody in the group now, with their role. */
  members(group: string): readonly { readonly jid: string; readonly role: string }[];
  /** Whether the group's specification lets this member's role do it. */
  lets(group: string, jid: string, what: "files" | "display"): boolean;
}

/** What files stand on. */
export interface AppFilesOptions {
  readonly store: TransferStore;
  readonly folder: FileFolder;
  readonly ways: readonly Way[];
  readonly people: FilePeople;
  readonly groups: FileGroups;
  readonly lines: FileLines;
  readonly limits: FetchLimits;
  readonly access: FileAccess;
  readonly events: Emitter<AppEvent>;
  /** Our bare JID; "" before there is an account. */
  readonly own: () => string;
  /** Host of our own server, where the person named one. */
  readonly host: () => string | undefined;
  readonly suiteFor: (peer: string) => FileSuite;
  /** Ways that may be used towards a contact or group without the person's word, and with it. */
  readonly allowedWays: (peer: string, asked: boolean) => readonly WayKind[];
  /** Seals content for a contact; the server keeps it. */
  readonly send: (to: string, content: Element, how: SendingHow) => Promise<void>;
  /** Up to which size files that somebody shows in a chat or group open by themselves; 0: none. */
  readonly opensUpTo: (place: string, from: string) => number;
  /** A file marked for display is here. */
  readonly show: (transfer: Transfer) => Promise<void>;
  /** The person wants a file that is here on the stage. */
  readonly showHere: (transfer: Transfer) => Promise<DisplayItemView>;
  /** Its sender takes back what they show. */
  readonly cleared: (place: string, from: string) => void;
}

/** How word of a file goes. */
export interface SendingHow {
  /** To our own other devices, too. */
  readonly copy?: boolean;
  /** Only where a session stands: nobody's keys are fetched for it. */
  readonly standing?: boolean;
}

/** A file that somebody sends from here. */
export interface NewFile {
  readonly to: string;
  readonly name: string;
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly display?: boolean;
  readonly ways?: readonly WayKind[];
  /** Of a group: those alone; everybody when absent. */
  readonly allowed?: Allowed;
  /** Of a group: who asks for the key must be in it then. */
  readonly keyOnRequest?: boolean;
}

/** Files of contacts and groups: offered, fetched, told of, shown as lines among what was said. */
export class AppFiles {
  readonly #o: AppFilesOptions;
  readonly #transfers: Transfers;
  /** How each stood last, so that others are told once of each turn. */
  readonly #last = new Map<
    string,
    { readonly state: Transfer["state"]; readonly opens: boolean }
  >();
  #started = false;

  constructor(options: AppFilesOptions) {
    this.#o = options;
    const { store, folder, ways, events } = options;
    const announce = (transfer: Transfer) => this.#announce(transfer);
    this.#transfers = new Transfers({ store, folder, ways, announce });
    this.#transfers.changed.on((transfer) => this.#changed(transfer));
    this.#transfers.progress.on((data) => events.emit({ type: "file-progress", data }));
  }

  /** There is a connection: what was cut off goes on. */
  online(): void {
    if (this.#started) {
      this.#transfers.retryFailed().catch((error) =>
        logOf("files").warn("what failed is not tried again: {error}", { error })
      );
    } else {
      this.#started = true;
      this.#transfers.start();
    }
  }

  /** Ends what moves; it goes on at the next start. */
  close(): Promise<void> {
    return this.#transfers.close();
  }

  list(place: string | undefined, limit: number, before?: string): FileView[] {
    const from = before === undefined ? undefined : this.#o.store.get(before);
    return this.#transfers.list({
      limit,
      ...(place === undefined ? {} : { peer: place }),
      ...(from === undefined ? {} : { before: { at: from.at, id: from.id } }),
    }).map((transfer) => this.#view(transfer));
  }

  /** @throws SimppdError `unknown-file` */
  get(id: string): FileView {
    return this.#view(this.#need(id));
  }

  /**
   * Seals a file and sends it; resolves when it is sealed. It is never sent in clear.
   * @throws SimppdError `unknown-contact`, `blocked`, `plain-chat`, `may-not-send`, and those of
   * `Transfers.send`
   */
  async send(file: NewFile): Promise<FileView> {
    const { to, name, size, display, ways, allowed, keyOnRequest } = file;
    const { groups, access, suiteFor } = this.#o;
    const group = groups.has(to);
    const peer = group ? to : this.#contact(to);
    if (group) this.#mayPublish(peer, display === true);
    else if (allowed !== undefined || keyOnRequest === true) {
      throw new SimppdError("bad-input", "Recipients and keys on request are for groups alone.");
    }
    const source: PlainSource = { size, bytes: file.bytes };
    const id = toHex(systemRandom(16));
    const asked = keyOnRequest === true || allowed !== undefined;
    // Before anybody hears of the file, so before anybody can ask.
    if (asked) access.set(id, allowed ?? { all: true });
    const transfer = await this.#transfers.send({
      id,
      peer,
      from: source,
      name,
      suite: suiteFor(peer),
      display: display ?? false,
      ...(ways === undefined ? {} : { ways }),
      keyOnRequest: asked,
    });
    if (transfer.problem !== null && !transfer.sealed) {
      throw new SimppdError(transfer.problem.code, transfer.problem.message);
    }
    if (display === true && transfer.sealed) await this.#o.show(transfer);
    return this.#view(transfer);
  }

  /** @throws SimppdError `unknown-file`, `transfer-state`, those of accepting */
  async command(id: string, command: Command): Promise<FileView> {
    const { peer, mine, descriptor } = this.#need(id);
    if (!mine && (command === "accept" || command === "resume")) {
      this.#o.store.put({ ...this.#need(id), ways: this.#o.allowedWays(peer, true) });
      if (descriptor.key === undefined) this.#askForKey(this.#need(id));
    }
    const after = await this.#transfers.command(id, command);
    if (!mine && command === "cancel") this.#tell(after, "declined");
    return this.#view(after);
  }

  /** Removes bytes, key and line. */
  async forget(id: string): Promise<void> {
    const { peer } = this.#need(id);
    await this.#transfers.forget(id);
    this.#forgotten(id, peer);
  }

  /** {@link forget} for all of a contact or group. */
  async forgetOf(place: string): Promise<void> {
    const ids = this.#o.store.idsOf(place);
    await this.#transfers.forgetOf(place);
    this.#o.limits.forget(place);
    for (const id of ids) this.#forgotten(id, place);
  }

  /** @throws SimppdError `unknown-file`, `file-not-here` */
  async open(id: string): Promise<SealedSource> {
    this.#need(id);
    return await this.#transfers.open(id);
  }

  /** @throws SimppdError `unknown-file`, `file-not-here`, `display-…` */
  async showHere(id: string): Promise<DisplayItemView> {
    const transfer = this.#need(id);
    if (!this.has(id)) throw new SimppdError("file-not-here", "Fetch this file first.");
    return await this.#o.showHere(transfer);
  }

  has(id: string): boolean {
    const transfer = this.#o.store.get(id);
    return transfer !== undefined && this.#view(transfer).here;
  }

  limits(): FileLimitsView {
    return this.#o.limits.view;
  }

  /** @param bytes null: as all others. @throws SimppdError `unknown-contact`, `bad-input` */
  setLimit(place: string | null, bytes: number | null): FileLimitsView {
    const { groups, people, limits } = this.#o;
    limits.set(place === null || groups.has(place) ? place : people.get(place).jid, bytes);
    return limits.view;
  }

  /** Takes back what we show to a contact or group. */
  async clear(to: string): Promise<void> {
    const { groups, send } = this.#o;
    const clear = writeSignal({ name: "clear" });
    if (groups.has(to)) groups.say(to, clear);
    else await send(this.#contact(to), clear, {});
  }

  /**
   * Takes what was opened from a contact, or ours of another device; false when it is not of files.
   * @param to of a copy: whom our other device sent it
   */
  receive(from: string, to: string, content: readonly Element[]): boolean {
    const descriptor = content.find(isDescriptor);
    const signals = content.flatMap((child) => readSignal(child) ?? []);
    if (this.#o.people.isBlocked(from)) return descriptor !== undefined || signals.length > 0;
    const copy = from === this.#o.own();
    const peer = copy ? to : from;
    if (descriptor !== undefined) this.#take(peer, from, descriptor);
    for (const signal of signals) this.#heard(from, signal);
    return descriptor !== undefined || signals.length > 0;
  }

  /** Takes what was said in a group; false when it is not of files. */
  heardInGroup(group: string, from: string, content: readonly Element[]): boolean {
    const descriptor = content.find(isDescriptor);
    const { groups, own, cleared } = this.#o;
    if (descriptor !== undefined && from !== own() && groups.lets(group, from, "files")) {
      this.#take(group, from, descriptor);
    }
    const clear = content.some((child) => readSignal(child)?.name === "clear");
    if (clear) cleared(group, from);
    return descriptor !== undefined || clear;
  }

  /** A session was renewed: what they could not open is told again. */
  tellAgain(peer: string): void {
    const since = Date.now() - TELL_AGAIN;
    for (const transfer of this.#transfers.list({ peer, limit: 100 })) {
      const { mine, announced, at, state } = transfer;
      const told = mine && announced && at > since && (state === "done" || state === "offered");
      if (!told || this.#o.lines.arrived(transfer)) continue;
      this.#announce(transfer).catch((error) =>
        logOf("files").info("a file is not told again: {error}", { error })
      );
    }
  }

  #take(peer: string, sender: string, element: Element): void {
    const { people, groups, store } = this.#o;
    let read: FileDescriptor;
    try {
      read = readDescriptor(element);
    } catch (error) {
      logOf("files").warn("a file of {sender} was passed over: {error}", { sender, error });
      return;
    }
    const own = sender === this.#o.own();
    const stranger = !own && !groups.has(peer) && people.isStranger(peer);
    if (stranger) people.stranger(peer);
    if (stranger && store.count(peer) >= MOST_OF_STRANGER) return;
    const thumbnail = read.thumbnail && cleanThumbnail(read.thumbnail);
    const { thumbnail: _, ...rest } = read;
    const descriptor = thumbnail === undefined ? rest : { ...rest, thumbnail };
    const ways = this.#o.allowedWays(peer, false);
    const accept = !stranger && this.#comesByItself(peer, sender, descriptor) &&
      descriptor.sources.some(({ kind }) => ways.includes(kind));
    this.#transfers.receive(descriptor, { peer, sender, accept, ways }).then(
      (transfer) => {
        if (accept && descriptor.key === undefined) this.#askForKey(transfer);
      },
      (error) => logOf("files").warn("a file of {sender}: {error}", { sender, error }),
    );
  }

  /** Nobody learns who reads what, nor fills a disk, by sending files that come by themselves. */
  #comesByItself(peer: string, sender: string, descriptor: FileDescriptor): boolean {
    const domains = [domainOf(sender), domainOf(this.#o.own()), this.#o.host() ?? []].flat();
    const here = descriptor.sources.every((source) =>
      source.kind !== "upload" || domains.some((domain) => isAtServerOf(domain, source.url))
    );
    const shown = descriptor.display ? this.#o.opensUpTo(peer, sender) : 0;
    return here && descriptor.size <= this.#o.limits.of(peer, shown);
  }

  #heard(from: string, signal: FileSignal): void {
    const { store, lines, cleared } = this.#o;
    if (signal.name === "clear") return cleared(from, from);
    if (signal.name === "key") return void this.#keyCame(from, signal.file, signal.key);
    if (signal.name === "key-wanted") return this.#giveKey(from, signal.file);
    const transfer = store.find(from, "", signal.file);
    if (transfer === undefined) return;
    if (signal.state === "declined") lines.declined(transfer);
    else lines.delivered(transfer);
    this.#transfers.finish(transfer.id).catch((error) =>
      logOf("files").warn("a file goes on being served: {error}", { error })
    );
  }

  /** Whoever asks must be in the group now, and be among those it was sent to. */
  #giveKey(from: string, file: string): void {
    const { store, groups, access, send } = this.#o;
    const transfer = store.findOwn(file).find(({ peer, id }) => {
      const member = groups.has(peer) && groups.members(peer).find(({ jid }) => jid === from);
      return member && access.allows(id, member);
    });
    const key = transfer?.descriptor.key;
    if (key === undefined) return;
    send(from, writeSignal({ name: "key", file, key }), {}).catch((error) =>
      logOf("files").info("a key was not sent: {error}", { error })
    );
  }

  async #keyCame(from: string, file: string, key: Bytes): Promise<void> {
    for (const { id, state, descriptor } of this.#o.store.findOf(from, file)) {
      if (descriptor.key !== undefined) continue;
      this.#last.set(id, { state, opens: false });
      try {
        await this.#transfers.giveKey(id, key);
      } catch (error) {
        logOf("files").warn("the key of a file does not fit: {error}", { error });
      }
    }
  }

  #askForKey({ sender, descriptor }: Transfer): void {
    const wanted = writeSignal({ name: "key-wanted", file: descriptor.id });
    this.#o.send(sender, wanted, {}).catch((error) =>
      logOf("files").info("a key was not asked for: {error}", { error })
    );
  }

  async #announce(transfer: Transfer): Promise<void> {
    const { peer, descriptor, keyOnRequest } = transfer;
    const { groups, send } = this.#o;
    const element = writeDescriptor(keyOnRequest ? withoutKey(descriptor) : descriptor);
    try {
      if (groups.has(peer)) groups.say(peer, element);
      else await send(peer, element, { copy: true });
    } catch (error) {
      if (!OFFLINE.includes((error as SimppdError).code)) throw error;
      throw new SimppdError("offline", publicError(error).message, error);
    }
  }

  #changed(transfer: Transfer): void {
    const { id, mine, state, announced, descriptor } = transfer;
    const before = this.#last.get(id);
    const opens = state === "done" && descriptor.key !== undefined;
    this.#last.set(id, { state, opens });
    const { lines, events, show, groups } = this.#o;
    lines.put(transfer, this.#o.own());
    if (mine && announced) lines.sent(transfer);
    events.emit({ type: "file", data: this.#view(transfer) });
    if (mine) return;
    // The key may come after the file. One that was here before this start is no news.
    if (opens && before?.opens === false && descriptor.display) {
      show(transfer).catch((error) => logOf("files").warn("not shown: {error}", { error }));
    }
    if (before?.state === state || groups.has(transfer.peer)) return;
    if (state === "done" && before?.state === "transferring") this.#tell(transfer, "done");
    if (state === "declined") this.#tell(transfer, "declined");
  }

  /** Its sender hears what became of it, if they may learn that somebody is there. */
  #tell({ sender, peer, descriptor }: Transfer, state: "done" | "declined"): void {
    const { people, own, groups, send } = this.#o;
    if (sender === own() || groups.has(peer) || people.isStranger(sender)) return;
    const told = writeSignal({ name: "told", file: descriptor.id, state });
    send(sender, told, { standing: true }).catch((error) =>
      logOf("files").info("{sender} is not told of a file: {error}", { sender, error })
    );
  }

  #forgotten(id: string, place: string): void {
    this.#last.delete(id);
    this.#o.access.forget(id);
    this.#o.lines.remove(id, place);
    this.#o.events.emit({ type: "file-removed", data: { id, place } });
  }

  #contact(to: string): string {
    const { jid, blocked, plain } = this.#o.people.get(to);
    if (blocked) {
      throw new SimppdError("blocked", `${jid} is blocked; unblock them before you send files.`);
    }
    if (plain) {
      throw new SimppdError(
        "plain-chat",
        `${jid} is written to without encryption. Files are sent encrypted only, to people who use ` +
          "simppd.",
      );
    }
    return jid;
  }

  #mayPublish(group: string, display: boolean): void {
    const { groups, own } = this.#o;
    if (!groups.lets(group, own(), "files")) {
      throw new SimppdError("may-not-send", "The group does not let you send files.");
    }
    if (display && !groups.lets(group, own(), "display")) {
      throw new SimppdError("may-not-send", "The group does not let you display files.");
    }
  }

  #view(transfer: Transfer): FileView {
    return fileView(transfer, this.#transfers.progressOf(transfer.id), this.#o.own());
  }

  #need(id: string): Transfer {
    const transfer = this.#o.store.get(id);
    if (transfer !== undefined) return transfer;
    throw new SimppdError("unknown-file", "There is no such file here (any more).");
  }
}

function domainOf(jid: string): string {
  return jid.slice(jid.indexOf("@") + 1);
}
