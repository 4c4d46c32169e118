import {
  type Bytes,
  Emitter,
  KeyedLock,
  logOf,
  orderedNow,
  publicError,
  SimppdError,
} from "../base/mod.ts";
import { equal, type Random, systemRandom } from "../crypto/mod.ts";
import type { FileDescriptor } from "./descriptor.ts";
import { draftIncoming, draftOutgoing } from "./drafts.ts";
import type { FileFolder } from "./folder.ts";
import { fetchFile, look, partSize, RETRYING, type Retrying } from "./incoming.ts";
import { FILE_LIMITS, type FileLimits } from "./limits.ts";
import { isStored, offer, seal, type Surroundings } from "./outgoing.ts";
import { onDisk, readAgain, sameFile } from "./plain_file.ts";
import { Pace } from "./pace.ts";
import { ProgressMeter } from "./progress.ts";
import { arrived, Room } from "./quota.ts";
import { Remembered } from "./remembered.ts";
import { notHere, SealedSource } from "./sealed_reader.ts";
import type { PlainSource } from "./sealed_writer.ts";
import type { Receiving, Sending } from "./sending.ts";
import { Thumbnails } from "./thumbnail.ts";
import { checkCommand, type Command, CURED_BY_CONNECTION } from "./transfer.ts";
import type { Transfer, TransferProgress } from "./transfer.ts";
import type { TransferStore } from "./transfer_store.ts";
import { type AtWork, Turns, type TurnTimes } from "./turns.ts";
import type { Way } from "./ways.ts";

const OVER = new Set<Transfer["state"]>(["done", "cancelled", "declined"]);

/** What transfers stand on. */
export interface TransfersOptions {
  readonly store: TransferStore;
  readonly folder: FileFolder;
  readonly ways: readonly Way[];
  /**
   * Tells the receivers of a file that can be had now; what it throws fails the transfer, which can
   * go on. After a crash it may be called a second time with the same descriptor. `signal` ends
   * waiting for it.
   */
  readonly announce: (transfer: Transfer, signal: AbortSignal) => Promise<void>;
  /** What holds now; {@link FILE_LIMITS} when absent. */
  readonly limits?: () => FileLimits;
  readonly retrying?: Retrying;
  /** How long places are held while others wait. */
  readonly times?: TurnTimes;
  /** Over how long the rate of what comes by itself is taken, in ms. */
  readonly pacePeriod?: number;
  readonly random?: Random;
}

/**
 * Every file that comes or goes: so many at a time, each remembered before anything is done, so that
 * after a crash {@link start} goes on where they were.
 */
export class Transfers {
  /** A transfer is new or stands elsewhere than before. */
  readonly changed = new Emitter<Transfer>();
  /** Some bytes moved; a few times a second. */
  readonly progress = new Emitter<TransferProgress>();
  /** One that is forgotten. */
  readonly removed = new Emitter<Transfer>();
  readonly #store: TransferStore;
  readonly #folder: FileFolder;
  readonly #ways: readonly Way[];
  readonly #announce: TransfersOptions["announce"];
  readonly #limits: () => FileLimits;
  readonly #retrying: Retrying;
  readonly #random: Random;
  readonly #pacePeriod: number | undefined;
  readonly #remembered: Remembered;
  readonly #room: Room;
  readonly #commands = new KeyedLock();
  readonly #turns: Turns;
  readonly #thumbnails = new Thumbnails();
  /** One's own that ways serve, or did while it moved. */
  readonly #served = new Map<string, AtWork>();

  constructor(options: TransfersOptions) {
    this.#store = options.store;
    this.#folder = options.folder;
    this.#ways = options.ways;
    this.#announce = options.announce;
    this.#limits = options.limits ?? (() => FILE_LIMITS);
    this.#retrying = options.retrying ?? RETRYING;
    this.#random = options.random ?? systemRandom;
    this.#pacePeriod = options.pacePeriod;
    this.#remembered = new Remembered(this.#store, this.#limits, (id) => this.forget(id));
    this.#room = new Room({
      store: this.#store,
      folder: this.#folder,
      limits: this.#limits,
      arrived: () => arrived(this.#turns.moving, this.#store),
    });
    this.#turns = new Turns({
      most: () => this.#limits().moving,
      turnOf: (id) => this.#store.turnOf(id),
      giveWay: (id) => this.#giveWay(id),
      ...(options.times === undefined ? {} : { times: options.times }),
      meter: (id) => this.#meter(id),
      work: (id, at) => this.#move(id, at),
    });
  }

  /** Goes on with what a crash or an end left: call it once, when there is a connection. */
  start(): void {
    this.#folder.removeOthers(this.#store.idsKept());
    const [moving, waiting] = [this.#store.idsIn("transferring"), this.#store.idsIn("waiting")];
    this.#turns.add(...moving, ...waiting, ...this.#store.idsIn("offered", true));
  }

  get(id: string): Transfer | undefined {
    return this.#store.get(id);
  }

  /** The newest first; see {@link TransferStore.list}. */
  list(query: Parameters<TransferStore["list"]>[0] = {}): Transfer[] {
    return this.#store.list(query);
  }

  /** How far one is that moves now. */
  progressOf(id: string): TransferProgress | undefined {
    return (this.#turns.get(id) ?? this.#served.get(id))?.meter.view;
  }

  /**
   * Sends a file. One that comes as bytes is sealed, or has failed, when this resolves; one with a path
   * must stay as it is until it is sealed.
   * @throws SimppdError `file-too-large`, `quota-full`, `disk-full`, `source-gone`, `not-a-file`
   */
  async send(sending: Sending): Promise<Transfer> {
    const { from, again } = sending;
    const file = typeof from === "string" ? await onDisk(from) : await sameFile(again, from.size);
    const size = typeof from === "string" ? file!.size : from.size;
    const transfer = draftOutgoing(sending, size, file, orderedNow(), this.#random);
    await this.#remembered.makePlace(transfer);
    const none = { ...transfer, kept: false };
    const { id } = await this.#room.take(none, true, () => this.#put(transfer));
    if (typeof from !== "string") {
      await this.#turns.now(
        id,
        (_, at) => this.#guarded(id, at, () => this.#seal(transfer, from, at)),
      );
    }
    if (this.#store.get(id)?.state === "waiting") this.#turns.add(id);
    return this.#store.get(id) ?? transfer;
  }

  /**
   * Takes a descriptor that somebody sent. The same one again adds its key, and its sources: of what
   * comes by itself only where these might, too.
   * @throws SimppdError `bad-descriptor`, `too-many-offers`; `file-too-large`, `quota-full` and
   * `disk-full` when it was to be accepted: it is remembered as offered then
   */
  receive(descriptor: FileDescriptor, receiving: Receiving): Promise<Transfer> {
    const { peer, sender } = receiving;
    // What was heard first is first, however long it waits here.
    const heard = orderedNow();
    return this.#commands.run(`${peer} ${sender}`, async () => {
      const known = this.#store.find(peer, sender, descriptor.id);
      if (known !== undefined) return await this.#again(known, descriptor, receiving);
      const draft = draftIncoming(descriptor, receiving, heard, this.#random);
      const cleaned = () => this.#thumbnails.clean(draft, performance.now());
      const offered = async () => {
        await this.#remembered.makePlaceToOffer(draft);
        return this.#put(cleaned());
      };
      if (!receiving.accept) return await offered();
      await this.#remembered.makePlace(draft);
      try {
        const put = () => this.#put({ ...cleaned(), state: "waiting", kept: true });
        await this.#room.take(draft, false, put);
      } catch (error) {
        await offered(); // it may be accepted when there is room
        throw error;
      }
      this.#turns.add(draft.id);
      return this.#need(draft.id);
    });
  }

  /**
   * A key that was asked for; with it the file opens.
   * @throws SimppdError `no-transfer`; `file-damaged` when the file is here and does not open with it:
   * all stays as it was then
   */
  giveKey(id: string, key: Bytes): Promise<Transfer> {
    return this.#commands.run(id, async () => {
      const transfer = this.#need(id);
      if (transfer.mine) return transfer;
      const keyed = { ...transfer, descriptor: { ...transfer.descriptor, key } };
      return this.#put(transfer.state === "done" ? await look(keyed, this.#folder) : keyed);
    });
  }

  /**
   * Does what a person says to a transfer.
   * @throws SimppdError `no-transfer`, `transfer-state`; for accept and resume also `file-too-large`,
   * `quota-full`, `disk-full`
   */
  command(id: string, command: Command): Promise<Transfer> {
    return this.#commands.run(id, async () => {
      checkCommand(this.#need(id), command);
      if (command === "accept" || command === "resume") return await this.#goOn(id, true);
      await this.#stop(id);
      const transfer = this.#need(id);
      // It came to its end while it was being stopped.
      if (transfer.state === "done") return transfer;
      if (command === "pause") {
        return this.#put({
          ...transfer,
          state: "paused",
          held: await partSize(transfer, this.#folder),
        });
      }
      const state = command === "cancel" ? "cancelled" : "declined";
      const over = this.#put({ ...transfer, state, kept: false });
      await this.#folder.remove(id);
      return over;
    });
  }

  /** Another's file that its sender took back: nothing of it comes any more. What is here stays. */
  takenBack(id: string): Promise<Transfer> {
    return this.#commands.run(id, async () => {
      if (this.#need(id).mine || OVER.has(this.#need(id).state)) return this.#need(id);
      await this.#stop(id);
      const transfer = this.#need(id);
      if (OVER.has(transfer.state)) return transfer;
      await this.#folder.remove(id);
      const problem = { code: "taken-back", message: "Its sender took it back." };
      return this.#put({ ...transfer, state: "failed", kept: false, held: 0, problem });
    });
  }

  /** Lets go on what failed for want of a connection: for when there is one again. */
  async retryFailed(): Promise<void> {
    for (const id of this.#store.idsIn("failed")) {
      const code = this.#store.get(id)?.problem?.code;
      if (code !== undefined && CURED_BY_CONNECTION.has(code)) {
        await this.retry(id).catch(() => {}); // there is no room: it stays as it is
      }
    }
  }

  /**
   * Lets one that failed go on, without a person's word: it keeps to what comes by itself, if it did.
   * Without effect when it stands elsewhere by now.
   * @throws SimppdError `file-too-large`, `quota-full`, `disk-full`
   */
  retry(id: string): Promise<void> {
    return this.#commands.run(id, async () => {
      if (this.#store.get(id)?.state === "failed") await this.#goOn(id, false);
    });
  }

  /** One's own that every receiver has, or nobody is to have any more: it is served no longer. */
  finish(id: string): Promise<Transfer> {
    return this.#commands.run(id, async () => {
      const transfer = this.#need(id);
      if (!transfer.mine || !["offered", "done"].includes(transfer.state)) return transfer;
      await this.#stop(id);
      return this.#put({ ...transfer, state: "done" });
    });
  }

  /** Removes a transfer and its sealed file, without a trace. */
  forget(id: string): Promise<void> {
    return this.#commands.run(id, async () => {
      await this.#stop(id);
      const transfer = this.#store.get(id);
      if (transfer === undefined) return;
      this.#store.remove(id);
      await this.#folder.remove(id);
      this.removed.emit(transfer);
    });
  }

  /** {@link forget} for all of a contact or room. */
  async forgetOf(peer: string): Promise<void> {
    // What a contact sent before is taken first, and forgotten with the rest.
    await this.#commands.run(`${peer} ${peer}`, () => Promise.resolve());
    for (const id of this.#store.idsOf(peer)) await this.forget(id);
  }

  /**
   * Opens a file that is here, to be read at any place; close it.
   * @throws SimppdError `no-transfer`, `file-not-here`; OpenError
   */
  async open(id: string): Promise<SealedSource> {
    const { mine, sealed, kept, state, descriptor } = this.#need(id);
    const { key } = descriptor;
    const here = kept && (mine ? sealed : state === "done");
    if (!here || key === undefined) throw notHere();
    try {
      return await SealedSource.open(this.#folder.file(id), { ...descriptor, key });
    } catch (error) {
      throw error instanceof Deno.errors.NotFound ? notHere() : error;
    }
  }

  /** Ends what moves; it goes on after the next {@link start}. */
  async close(): Promise<void> {
    await this.#turns.close();
    for (const id of [...this.#served.keys()]) this.#unserve(id);
  }

  /** @param asked a person said so just now */
  async #goOn(id: string, asked: boolean): Promise<Transfer> {
    const transfer = this.#need(id);
    const wanted = { ...transfer, asked: asked || transfer.asked };
    await this.#room.take(
      transfer,
      wanted.asked,
      () => this.#put({ ...wanted, state: "waiting", kept: true, problem: null }),
    );
    this.#turns.add(id);
    return this.#need(id);
  }

  /** Stops one that others wait for: it goes on when its turn comes again. */
  async #giveWay(id: string): Promise<void> {
    try {
      await this.#commands.run(id, async () => {
        await this.#stop(id);
        const transfer = this.#store.get(id);
        if (transfer?.state !== "transferring") return;
        this.#put({ ...transfer, state: "waiting", held: await partSize(transfer, this.#folder) });
        this.#turns.add(id);
      });
    } catch (error) {
      logOf("files").error("a transfer did not give way: {error}", { error });
    }
  }

  async #again(
    known: Transfer,
    descriptor: FileDescriptor,
    { accept }: Receiving,
  ): Promise<Transfer> {
    const { hash, key = known.descriptor.key, sources } = descriptor;
    if (!equal(hash, known.descriptor.hash) || descriptor.size !== known.descriptor.size) {
      throw new SimppdError("bad-descriptor", "Two files came under one id; the first one stays.");
    }
    const { key: had } = known.descriptor;
    // Nobody said yes to where it lies now.
    const right = accept || known.asked || !known.kept;
    const put = right
      ? this.#put({ ...known, descriptor: { ...known.descriptor, sources } })
      : known;
    if (key === undefined || had !== undefined) return put;
    return await this.giveKey(known.id, key);
  }

  #need(id: string): Transfer {
    const transfer = this.#store.get(id);
    if (transfer !== undefined) return transfer;
    throw new SimppdError("no-transfer", "There is no such transfer (any more).");
  }

  #put(transfer: Transfer): Transfer {
    this.#store.put(transfer);
    this.changed.emit(transfer);
    return transfer;
  }

  /** Stops what one does, wherever it stands; resolves when nothing of it runs. */
  async #stop(id: string): Promise<void> {
    await this.#turns.stop(id);
    this.#unserve(id);
  }

  #unserve(id: string): void {
    const served = this.#served.get(id);
    if (served === undefined) return;
    this.#served.delete(id);
    served.stop.abort(new DOMException("stopped", "AbortError"));
    const file = this.#store.get(id)?.descriptor.id;
    if (file !== undefined) { for (const way of this.#ways) way.withdraw(file); }
  }

  #meter(id: string): ProgressMeter | undefined {
    const total = this.#store.get(id)?.descriptor.sealedSize;
    if (total === undefined) return undefined;
    const tell = (progress: TransferProgress) => this.progress.emit(progress);
    return new ProgressMeter(id, total, tell, () => performance.now());
  }

  async #move(id: string, at: AtWork): Promise<void> {
    const transfer = this.#need(id);
    if (!["offered", "transferring", "waiting"].includes(transfer.state)) return;
    await this.#guarded(
      id,
      at,
      () => transfer.mine ? this.#out(transfer, at) : this.#in(transfer, at),
    );
  }

  async #guarded(id: string, { stop }: AtWork, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.#failed(id, error, stop.signal);
    }
  }

  async #failed(id: string, error: unknown, { aborted }: AbortSignal): Promise<void> {
    this.#unserve(id);
    if (aborted || this.#store.get(id) === undefined) return;
    if (!(error instanceof SimppdError)) {
      logOf("files").error("a transfer failed: {error}", { error });
    }
    const problem = publicError(error);
    const transfer = this.#need(id);
    // What is of no use goes; what is here goes on when the person says so.
    const kept = transfer.kept && problem.code !== "file-damaged" && transfer.sealed;
    if (!kept) await this.#folder.remove(id);
    const held = kept ? await partSize(transfer, this.#folder) : 0;
    this.#put({ ...transfer, state: "failed", kept, held, problem });
  }

  #surroundings({ stop, meter }: AtWork): Surroundings {
    return {
      folder: this.#folder,
      ways: this.#ways,
      random: this.#random,
      update: (transfer) => void this.#put(transfer),
      signal: stop.signal,
      reserve: this.#limits().diskReserve,
      onProgress: (bytes) => meter.moved(bytes),
    };
  }

  async #in(transfer: Transfer, at: AtWork): Promise<void> {
    const { id } = transfer;
    this.#put({ ...transfer, state: "transferring" });
    const pace = new Pace(transfer.asked ? 0 : this.#limits().slowest, at.meter, this.#pacePeriod);
    const surroundings = this.#surroundings(at);
    const signal = AbortSignal.any([at.stop.signal, pace.signal]);
    try {
      await fetchFile(transfer, { ...surroundings, signal }, this.#retrying);
    } finally {
      pace.end();
    }
    // The key, or another source, may have come meanwhile.
    const { type, pixels } = await look(this.#need(id), this.#folder);
    this.#put({ ...this.#need(id), type, pixels, state: "done", problem: null });
  }

  async #seal(transfer: Transfer, source: PlainSource, at: AtWork): Promise<void> {
    await seal(transfer, source, this.#surroundings(at));
  }

  async #sealAgain(transfer: Transfer, at: AtWork): Promise<Transfer> {
    const source = await readAgain(transfer);
    try {
      return await seal(transfer, source, this.#surroundings(at));
    } finally {
      source.close();
    }
  }

  async #out(transfer: Transfer, at: AtWork): Promise<void> {
    const { id } = transfer;
    let now = transfer.sealed ? transfer : await this.#sealAgain(transfer, at);
    // Ways that serve go on until they are withdrawn, when this has long ended.
    this.#served.set(id, at);
    if (!now.announced) now = this.#put({ ...now, state: "transferring" });
    const told = JSON.stringify(now.descriptor.sources);
    now = await offer(now, this.#surroundings(at));
    // Where it can be had may be another place after a restart.
    if (!now.announced || JSON.stringify(now.descriptor.sources) !== told) {
      await this.#announce(now, at.stop.signal);
      now = { ...now, announced: true };
    }
    at.stop.signal.throwIfAborted();
    this.#put({ ...now, state: isStored(now) ? "done" : "offered", problem: null });
    if (isStored(now) && now.descriptor.sources.length === 1) this.#served.delete(id);
  }
}
