import { type Bytes, logOf, publicError, SimppdError, toHex } from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import {
  type Command,
  type FileDescriptor,
  isAtServerOf,
  isDescriptor,
  type PlainSource,
  readDescriptor,
  sealedLength,
  type SealedSource,
  type Transfer,
  Transfers,
  withoutKey,
  writeDescriptor,
} from "../../files/mod.ts";
import type { GroupMember } from "../../group/mod.ts";
import type { Received } from "../../simpp/mod.ts";
import type { DisplayItemView, FileLimitsView, FileView, FileWayView } from "../../views/mod.ts";
import type { Element } from "../../xmpp/core/mod.ts";
import { AgainLater } from "./again_later.ts";
import { AnnounceOrder } from "./announce_order.ts";
import { FileKeys } from "./file_keys.ts";
import { fileView } from "./file_views.ts";
import type { FileRoom } from "./kept_limits.ts";
import { checkReach, waysTo } from "./reach.ts";
import { contactForFiles, mayName, mayPublish } from "./sendable.ts";
import { type FileSignal, readSignals, writeSignal } from "./signals.ts";
import type { AppFilesOptions, NewFile } from "./surroundings.ts";
import { Told } from "./told.ts";

/** Offers of a stranger that are remembered. */
const MOST_OF_STRANGER = 20;
/** What was sent within this time is told again to somebody whose session was renewed, in ms. */
const TELL_AGAIN = 7 * 86_400_000;
/** What the link says when a connection is missing: the transfer goes on with the next one. */
const OFFLINE = ["not-online", "not-confirmed"];

/** Files of contacts and groups: offered, fetched, told of, shown as lines among what was said. */
export class AppFiles {
  readonly #o: AppFilesOptions;
  readonly #transfers: Transfers;
  readonly #keys: FileKeys;
  readonly #told: Told;
  readonly #later: AgainLater;
  /** How each stood last, so that others are told once of each turn. */
  readonly #last = new Map<
    string,
    { readonly state: Transfer["state"]; readonly opens: boolean }
  >();
  readonly #order = new AnnounceOrder();
  #started = false;

  constructor(options: AppFilesOptions) {
    this.#o = options;
    const { store, folder, ways, events, limits } = options;
    const announce = async (transfer: Transfer, signal: AbortSignal) => {
      await this.#order.turn(transfer.peer, transfer.id, signal);
      await this.#announce(transfer);
    };
    this.#transfers = new Transfers({
      store,
      folder,
      ways,
      announce,
      limits: () => limits.ofTransfers,
    });
    this.#keys = new FileKeys(options, this.#transfers, ({ id, state }) => {
      this.#last.set(id, { state, opens: false });
    });
    this.#told = new Told(options);
    this.#later = new AgainLater((id) => this.#transfers.retry(id));
    this.#transfers.changed.on((transfer) => this.#changed(transfer));
    this.#transfers.removed.on(({ id, peer }) => this.#forgotten(id, peer));
    this.#transfers.changed.on((transfer) => this.#later.note(transfer));
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
  async close(): Promise<void> {
    this.#later.close();
    await this.#transfers.close();
    this.#told.close();
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
   * @throws SimppdError `unknown-contact`, `blocked`, `plain-chat`, `may-not-send`, `bad-input`,
   * `file-too-large`, and those of `Transfers.send`
   */
  async send(file: NewFile): Promise<FileView> {
    const { to, name, size, path, display, ways, allowed, keyOnRequest } = file;
    const { groups, people, access, suiteFor, own } = this.#o;
    const group = groups.has(to);
    const peer = group ? to : contactForFiles(people, to);
    if (group) mayPublish(groups, peer, own(), display === true);
    else if (allowed !== undefined || keyOnRequest === true) {
      throw new SimppdError("bad-input", "Recipients and keys on request are for groups alone.");
    }
    if (group) mayName(groups, peer, allowed);
    const suite = suiteFor(peer);
    checkReach(await this.reach(peer), ways, sealedLength(suite, size));
    const source: PlainSource = { size, bytes: file.bytes };
    const id = toHex(systemRandom(16));
    const asked = keyOnRequest === true || allowed !== undefined;
    // Before anybody hears of the file, so before anybody can ask.
    if (asked) access.set(id, allowed ?? { all: true });
    const transfer = await this.#transfers.send({
      id,
      peer,
      from: source,
      ...(path === undefined ? {} : { again: path }),
      name,
      suite,
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

  /**
   * Does what a person says; to accept one that is here and locked asks for its key again.
   * @throws SimppdError `unknown-file`, `transfer-state`, `suite-not-allowed`, those of accepting
   */
  async command(id: string, command: Command): Promise<FileView> {
    const { peer, sender, mine, descriptor, state } = this.#need(id);
    if (command === "accept" && !mine && state === "done" && descriptor.key === undefined) {
      this.#keys.ask(this.#need(id));
      return this.get(id);
    }
    if (!mine && (command === "accept" || command === "resume")) {
      const { own, allowsSuite } = this.#o;
      if (!allowsSuite(sender === own() ? peer : sender, descriptor.suite)) {
        throw suiteNotAllowed(sender);
      }
      this.#o.store.put({ ...this.#need(id), ways: this.#o.allowedWays(peer, true) });
      if (descriptor.key === undefined) this.#keys.ask(this.#need(id));
    }
    const after = await this.#transfers.command(id, command);
    if (command === "cancel") {
      if (mine) this.#takeBack(after);
      else this.#told.say(after, "declined");
    }
    return this.#view(after);
  }

  /** By which ways files can go to a contact or group, and how large they may be there. */
  reach(to: string): Promise<FileWayView[]> {
    return waysTo(this.#o, to);
  }

  /** Removes bytes, key and line. @throws SimppdError `unknown-file` */
  async forget(id: string): Promise<void> {
    const transfer = this.#need(id);
    const { mine, state } = transfer;
    if (mine && state === "offered") this.#takeBack(transfer);
    await this.#transfers.forget(id);
  }

  /** {@link forget} for all of a contact or group. */
  async forgetOf(place: string): Promise<void> {
    await this.#transfers.forgetOf(place);
    this.#o.limits.forget(place);
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

  /** The person wants to see it: it is fetched, or goes on. @throws SimppdError as {@link command} */
  async fetch(id: string): Promise<void> {
    const { state } = this.#need(id);
    if (["waiting", "transferring"].includes(state)) return;
    await this.command(id, state === "offered" || state === "declined" ? "accept" : "resume");
  }

  /** It opened by itself: its sender is told, where the person chose that. */
  opened(id: string): void {
    const transfer = this.#o.store.get(id);
    if (transfer !== undefined) this.#told.say(transfer, "shown");
  }

  knows(id: string): boolean {
    return this.#o.store.get(id) !== undefined;
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
    const { limits } = this.#o;
    limits.set(this.place(place), bytes);
    return limits.view;
  }

  /** The address of a contact or group, which there must be. @throws SimppdError `unknown-contact` */
  place(place: string | null): string | null {
    const { groups, people } = this.#o;
    return place === null || groups.has(place) ? place : people.get(place).jid;
  }

  /** @throws SimppdError `bad-input` */
  setRoom(room: FileRoom): FileLimitsView {
    this.#o.limits.setRoom(room);
    return this.limits();
  }

  /** Takes back what we show to a contact or group. */
  async clear(to: string): Promise<void> {
    const { groups, people, send } = this.#o;
    const clear = writeSignal({ name: "clear" });
    if (groups.has(to)) groups.say(to, clear);
    else await send(contactForFiles(people, to), [clear], {});
  }

  /** Takes what was opened from a contact, or ours of another device; false when it is not of files. */
  receive({ from, device, envelope: { to, content } }: Received): boolean {
    const descriptor = content.find(isDescriptor);
    const signals = readSignals(content);
    if (this.#o.people.isBlocked(from)) return descriptor !== undefined || signals.length > 0;
    const copy = from === this.#o.own();
    const peer = copy ? to : from;
    if (descriptor !== undefined) this.#take(peer, { jid: from }, descriptor);
    for (const signal of signals) this.#heard({ jid: from, device }, signal);
    return descriptor !== undefined || signals.length > 0;
  }

  /** Takes what was said in a group; false when it is not of files. */
  heardInGroup(group: string, from: GroupMember, content: readonly Element[]): boolean {
    const { jid } = from;
    const descriptor = content.find(isDescriptor);
    const signals = readSignals(content);
    const clear = signals.some(({ name }) => name === "clear");
    const back = signals.filter((signal) => signal.name === "taken-back");
    const { groups, people, own, cleared } = this.#o;
    if (people.isBlocked(jid)) return descriptor !== undefined || signals.length > 0;
    if (descriptor !== undefined && jid !== own() && groups.lets(group, jid, "files")) {
      this.#take(group, from, descriptor);
    }
    if (clear) cleared(group, jid);
    for (const signal of back) this.#takenBack(jid, signal.file);
    return descriptor !== undefined || clear || back.length > 0;
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

  /** @param from with the key that spoke, of a member */
  #take(peer: string, from: { jid: string; accountKey?: Bytes }, element: Element): void {
    const sender = from.jid;
    const senderKey = from.accountKey === undefined ? null : toHex(from.accountKey);
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
    if (stranger && store.counts.of(peer, sender).transfers >= MOST_OF_STRANGER) return;
    // Of a stranger no picture is decoded.
    const { thumbnail: _, ...rest } = read;
    const descriptor = stranger ? rest : read;
    const ways = this.#o.allowedWays(peer, false);
    const spoke = senderKey === null ? {} : { senderKey };
    // In whose place another speaks gets no bytes onto the disk by that.
    const changed = this.#o.senders.of(peer, sender, senderKey) === "changed";
    // Ours was sealed for whom it went to.
    const sealed = this.#o.allowsSuite(own ? peer : sender, descriptor.suite);
    const problem = sealed ? {} : { problem: publicError(suiteNotAllowed(sender)) };
    const accept = !stranger && !changed && sealed &&
      this.#comesByItself(peer, sender, senderKey, descriptor) &&
      descriptor.sources.some(({ kind }) => ways.includes(kind));
    this.#transfers.receive(descriptor, { peer, sender, ...spoke, ...problem, accept, ways }).then(
      (transfer) => {
        if (accept && descriptor.key === undefined) this.#keys.ask(transfer);
      },
      (error) => logOf("files").warn("a file of {sender}: {error}", { sender, error }),
    );
  }

  /** Nobody learns who reads what, nor fills a disk, by sending files that come by themselves. */
  #comesByItself(
    peer: string,
    sender: string,
    senderKey: string | null,
    descriptor: FileDescriptor,
  ): boolean {
    const own = [domainOf(this.#o.own()), this.#o.host() ?? []].flat();
    // Who carries a server of their own would learn our address by it.
    const domains = this.#o.hidesAddress() ? own : [domainOf(sender), ...own];
    const here = descriptor.sources.every((source) =>
      source.kind !== "upload" || domains.some((domain) => isAtServerOf(domain, source.url))
    );
    const shown = descriptor.display ? this.#o.opensUpTo(peer, sender, senderKey) : 0;
    return here && descriptor.size <= this.#o.limits.of(peer, shown);
  }

  #heard(from: { readonly jid: string; readonly device: string }, signal: FileSignal): void {
    const { store, lines, cleared } = this.#o;
    if (signal.name === "clear") return cleared(from.jid, from.jid);
    if (signal.name === "key") return void this.#keys.take(from.jid, signal.file, signal.key);
    if (signal.name === "key-wanted") return this.#keys.give(from, signal.file);
    if (signal.name === "taken-back") return this.#takenBack(from.jid, signal.file);
    if (signal.name === "key-refused") {
      return this.#keys.refused(from.jid, signal.file).forEach((one) => this.#emit(one));
    }
    if (signal.state === "shown") return this.#openedFor(from.jid, signal.file);
    const transfer = store.find(from.jid, "", signal.file);
    if (transfer === undefined) return;
    if (signal.state === "declined") lines.declined(transfer);
    else lines.delivered(transfer);
    this.#emit(transfer);
    this.#transfers.finish(transfer.id).catch((error) =>
      logOf("files").warn("a file goes on being served: {error}", { error })
    );
  }

  /** Who was told of a file of ours need not ask for it in vain. */
  #takeBack({ peer, announced, descriptor }: Transfer): void {
    const { groups, send } = this.#o;
    if (!announced) return;
    const signal = writeSignal({ name: "taken-back", file: descriptor.id });
    const told = groups.has(peer)
      ? Promise.try(() => groups.say(peer, signal))
      : send(peer, [signal], { copy: true });
    told.catch((error) =>
      logOf("files").info("nobody is told of what is taken back: {error}", { error })
    );
  }

  #takenBack(sender: string, file: string): void {
    for (const { id } of this.#o.store.findOf(sender, file)) {
      this.#transfers.takenBack(id).catch((error) =>
        logOf("files").warn("what was taken back is still offered here: {error}", { error })
      );
    }
  }

  /** Of those alone who were sent it. */
  #openedFor(jid: string, file: string): void {
    const { store, groups, opened } = this.#o;
    const transfer = store.findOwn(file).find(({ peer, descriptor }) =>
      descriptor.display &&
      (groups.has(peer) ? groups.members(peer).some((member) => member.jid === jid) : peer === jid)
    );
    if (transfer !== undefined) opened(transfer, jid);
  }

  async #announce(transfer: Transfer): Promise<void> {
    const { peer, descriptor, keyOnRequest } = transfer;
    const { groups, send } = this.#o;
    const element = writeDescriptor(keyOnRequest ? withoutKey(descriptor) : descriptor);
    try {
      if (groups.has(peer)) groups.say(peer, element);
      else await send(peer, [element], { copy: true });
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
    const { lines, show, groups } = this.#o;
    if (before === undefined) lines.put(transfer, this.#o.own());
    if (mine && announced) lines.sent(transfer);
    if (mine && state === "transferring" && !announced) this.#order.enter(transfer.peer, id);
    else if (mine && state !== "waiting") this.#order.leave(transfer.peer, id);
    this.#emit(transfer);
    if (mine) return;
    if (before === undefined && state === "offered" && descriptor.display) {
      this.#o.showWaits(transfer);
    }
    // The key may come after the file. One that was here before this start is no news.
    if (opens && before?.opens === false && descriptor.display) {
      show(transfer).catch((error) => logOf("files").warn("not shown: {error}", { error }));
    }
    if (before?.state === state || groups.has(transfer.peer)) return;
    if (state === "done" && before?.state === "transferring") this.#told.say(transfer, "done");
    if (state === "declined") this.#told.say(transfer, "declined");
  }

  #forgotten(id: string, place: string): void {
    this.#last.delete(id);
    this.#order.leave(place, id);
    this.#o.access.forget(id);
    this.#o.lines.remove(id, place);
    this.#o.events.emit({ type: "file-removed", data: { id, place } });
  }

  #emit(transfer: Transfer): void {
    this.#o.events.emit({ type: "file", data: this.#view(transfer) });
  }

  #view(transfer: Transfer): FileView {
    const { access, lines, own } = this.#o;
    const { id, mine, peer } = transfer;
    return fileView(transfer, this.#transfers.progressOf(id), own(), {
      allowed: mine ? access.of(id) : undefined,
      refused: !mine && access.isRefused(id),
      declined: mine && !this.#o.groups.has(peer) && lines.isDeclined(transfer),
    });
  }

  #need(id: string): Transfer {
    const transfer = this.#o.store.get(id);
    if (transfer !== undefined) return transfer;
    throw new SimppdError(
      "unknown-file",
      "There is no such file on this device (any more). Ask who sent it to send it again.",
    );
  }
}

function domainOf(jid: string): string {
  return jid.slice(jid.indexOf("@") + 1);
}

function suiteNotAllowed(sender: string): SimppdError {
  return new SimppdError(
    "suite-not-allowed",
    `${sender} sealed this file by the weak paper profile (simpp-2009), which your policy does not ` +
      "allow. Ask them to send it again by a stronger one, or allow it for them.",
  );
}
