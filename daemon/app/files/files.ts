import { logOf, SimppdError, toHex } from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import {
  type Command,
  type PlainSource,
  sealedLength,
  type SealedSource,
  type Transfer,
  Transfers,
} from "../../files/mod.ts";
import type { DisplayItemView, FileLimitsView, FileView, FileWayView } from "../../views/mod.ts";
import { AgainLater } from "./again_later.ts";
import { AnnounceOrder } from "./announce_order.ts";
import { Announcing } from "./announcing.ts";
import { FileEar } from "./file_ear.ts";
import { FileKeys } from "./file_keys.ts";
import { fileView } from "./file_views.ts";
import type { FileRoom } from "./kept_limits.ts";
import { checkReach, waysTo } from "./reach.ts";
import { contactForFiles, mayName, mayPublish, suiteNotAllowed } from "./sendable.ts";
import { writeSignal } from "./signals.ts";
import type { AppFilesOptions, NewFile } from "./surroundings.ts";
import { Told } from "./told.ts";

/** Files of contacts and groups: offered, fetched, told of, shown as lines among what was said. */
export class AppFiles {
  readonly #o: AppFilesOptions;
  readonly #transfers: Transfers;
  readonly #keys: FileKeys;
  /** Takes what others say of files. */
  readonly ear: FileEar;
  readonly #announcing: Announcing;
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
    this.#announcing = new Announcing(options);
    const announce = async (transfer: Transfer, signal: AbortSignal) => {
      await this.#order.turn(transfer.peer, transfer.id, signal);
      await this.#announcing.tell(transfer);
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
    this.ear = new FileEar(options, this.#transfers, this.#keys, (one) => this.#emit(one));
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
      if (mine) this.#announcing.takeBack(after);
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
    if (transfer.mine && transfer.state === "offered") this.#announcing.takeBack(transfer);
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

  /** A session was renewed: what they could not open is told again. */
  tellAgain(peer: string): void {
    this.#announcing.tellAgain(this.#transfers, peer);
  }

  /** Takes back what we show to a contact or group. */
  async clear(to: string): Promise<void> {
    const { groups, people, send } = this.#o;
    const clear = writeSignal({ name: "clear" });
    if (groups.has(to)) groups.say(to, clear);
    else await send(contactForFiles(people, to), [clear], {});
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
