import { type Bytes, fromHex, toHex } from "../base/mod.ts";
import { OpenError, type Random } from "../crypto/mod.ts";
import { Arrivals, gapSentences } from "./arrivals.ts";
import {
  type DataMessage,
  MAX_CONTENT,
  openData,
  payloadHash,
  readData,
  sealData,
} from "./data_message.ts";
import { dataSuite, type DataSuiteId } from "./data_suites.ts";
import { GroupError } from "./errors.ts";
import type { GroupEvent, GroupMember, Opened, Origin, Refusal } from "./group_keys.ts";
import { HeldMessages } from "./held_messages.ts";
import type { MemberStore, StoredEpoch } from "./member_store.ts";
import { refusalSentence } from "./refusals.ts";
import { reaches } from "./specification.ts";

/** ms that messages of an epoch are taken after it ended, by our own steady clock. */
export const GRACE = 30_000;
/** Counters put out of use at a time: what a crash may cost. */
const RESERVE = 64;
/** Epochs whose keys are kept at most. */
const MOST_EPOCHS = 2000;
/** Messages of ours that are known as what they are when the room repeats them. */
const MOST_SEALED = 1_024;
const DAY = 86_400_000;

/** What the data processor is made with. */
export interface DataProcessorOptions {
  /** 32 hex digits. */
  readonly group: string;
  /** Our device id, 16 hex digits. */
  readonly device: string;
  readonly store: MemberStore;
  /** Ed25519 by our device key. */
  sign(label: string, bytes: Bytes): Bytes;
  readonly random: Random;
  /** ms since 1970: how long keys are kept. */
  now(): number;
  /** ms of a clock that never goes back. */
  steady(): number;
  /** Is this suite in our own policy? */
  allows(suite: DataSuiteId): boolean;
  /** Days for which keys of old epochs are kept; null: none. */
  historyDays(): number | null;
  /** Called when a message names an epoch that is not here. */
  missing(): void;
  emit(event: GroupEvent): void;
}

/** The epoch that is valid, as the data processor wants it. */
interface Current {
  readonly epoch: StoredEpoch;
  readonly roster: readonly GroupMember[];
}

/**
 * Keystone's data processor: seals what we send and opens what members send. Every message has a
 * key of its own and its sender's signature; none is opened twice, none of an epoch that ended more
 * than {@link GRACE} ago unless it comes from the archive, and none whose key we should not have.
 */
export class DataProcessor {
  readonly #options: DataProcessorOptions;
  readonly #held = new HeldMessages();
  readonly #arrivals: Arrivals;
  readonly #refused: Partial<Record<Refusal, number>> = {};
  /** When epochs ended here, steady ms; one that is not named ended long ago. */
  readonly #ended = new Map<string, number>();
  #current: Current | null = null;
  /** When this run had its first epoch, steady ms. */
  #beganAt: number | null = null;
  #counter = 0;
  #limit = 0;
  /** Ours of this run, by hash: is it one that archives keep? */
  readonly #sealed = new Map<string, boolean>();
  #sent = 0;
  #opened = 0;
  /** Is a key on its way? Then what names an unknown epoch waits. */
  expecting = false;

  constructor(options: DataProcessorOptions) {
    this.#options = options;
    this.#arrivals = new Arrivals(() => options.steady());
  }

  get figures() {
    return {
      held: this.#held.size,
      sent: this.#sent,
      opened: this.#opened,
      refused: { ...this.#refused },
    };
  }

  /** Goes over to an epoch that the store has already. */
  begin(epoch: StoredEpoch, roster: readonly GroupMember[]): void {
    const isFirst = this.#current === null;
    this.#beganAt ??= this.#options.steady();
    this.#endCurrent();
    this.#current = { epoch, roster };
    // Later on it is done now and then.
    if (isFirst) this.sweep();
  }

  /** We are no member any more: nothing is sealed, and live messages are not opened. */
  end(): void {
    this.#endCurrent();
    this.#current = null;
    this.settle();
  }

  /**
   * @param kept is it one that archives are to keep? Then others are told where it does not come
   * @throws GroupError `not-in-group`, `key-not-here`, `may-not-send`, `too-large`
   */
  seal(content: Uint8Array, kept = true): Bytes {
    const current = this.#current;
    if (current === null) throw new GroupError("not-in-group", "You are not in this group.");
    if (this.expecting) {
      throw new GroupError(
        "key-not-here",
        "The group's key changed and the new one is not here yet. It is asked for; send again in a " +
          "moment.",
      );
    }
    const { group, device, random, sign } = this.#options;
    const self = memberOf(current, device);
    if (self === undefined || !reaches(self.role, current.epoch.send)) {
      throw new GroupError("may-not-send", "You may read in this group, not write.");
    }
    if (content.length > MAX_CONTENT) {
      throw new GroupError(
        "too-large",
        `A group's message holds ${MAX_CONTENT / 1024} KiB at most.`,
      );
    }
    const { incarnation, number, suite, key } = current.epoch;
    if (!this.#options.allows(suite)) {
      throw new GroupError(
        "no-common-suite",
        `The group seals its messages with ${suite} now, which you do not allow. Nothing was sent.`,
      );
    }
    const header = {
      group: fromHex(group),
      incarnation: fromHex(incarnation),
      epoch: number,
      device: fromHex(device),
      counter: this.#nextCounter(),
      salt: random(16),
    };
    const heard = this.#arrivals.names;
    const sealed = sealData(dataSuite(suite), key, header, content, sign, heard, kept);
    this.#sealed.set(payloadHash(sealed), kept);
    const [oldest] = this.#sealed.keys();
    if (this.#sealed.size > MOST_SEALED) this.#sealed.delete(oldest!);
    this.#sent++;
    return sealed;
  }

  /** A stay in the room begins: what is said from now on comes here. */
  enter(): void {
    this.#arrivals.enter();
  }

  /** Opens a data message; holds it where its key is on its way. */
  open(payload: Uint8Array, origin: Origin): Opened {
    const result = this.#tryOpen(payload, origin, true);
    if (result !== "hold") return result;
    this.#options.missing();
    const { device } = readData(payload);
    const held = {
      payload: new Uint8Array(payload),
      origin,
      device,
      isListed: this.#current !== null && memberOf(this.#current, device) !== undefined,
      since: this.#options.steady(),
    };
    if (!this.#held.add(held)) return this.#refuse("overflow", { from: origin.occupant });
    return { type: "held", sentence: refusalSentence("key-not-here", {}) };
  }

  /** Tries held messages again; gives up on those that waited too long. */
  retry(): void {
    const steady = this.#options.steady();
    for (const held of this.#held.takeAll()) {
      const result = this.#tryOpen(held.payload, held.origin);
      if (result !== "hold") this.#tell(result, held.origin);
      else if (!HeldMessages.isStale(held, steady)) this.#held.add(held);
      else this.#giveUp(held.origin);
    }
  }

  /** We stand in the newest epoch: what still has no key will not get one. */
  settle(): void {
    for (const held of this.#held.takeAll()) {
      const result = this.#tryOpen(held.payload, held.origin);
      if (result !== "hold") this.#tell(result, held.origin);
      else this.#giveUp(held.origin);
    }
  }

  /** Drops keys that are not to be kept any more; called now and then. */
  sweep(): void {
    const { store, steady, now, historyDays } = this.#options;
    this.#tellGaps();
    for (const [name, at] of this.#ended) {
      if (steady() - at > GRACE) this.#ended.delete(name);
    }
    const days = historyDays();
    const current = this.#current?.epoch ?? { incarnation: "", number: 0 };
    if (days !== null) store.dropEpochs(now() - days * DAY, MOST_EPOCHS, current);
    else if (this.#ended.size === 0) store.dropEpochs(Number.MAX_SAFE_INTEGER, 0, current);
  }

  /** Counts what was refused; also for what is no data message. */
  count(cause: Refusal): void {
    this.#refused[cause] = (this.#refused[cause] ?? 0) + 1;
  }

  /** @param atOnce does it come only now? What waited came in another order */
  #tryOpen(payload: Uint8Array, origin: Origin, atOnce = false): Opened | "hold" {
    let message: DataMessage;
    try {
      message = readData(payload);
    } catch {
      return this.#refuse("malformed", { from: origin.occupant });
    }
    if (toHex(message.group) !== this.#options.group) {
      return this.#refuse("malformed", { from: origin.occupant });
    }
    const hash = payloadHash(payload);
    const isArchived = origin.archived === true;
    this.#arrivals.came(hash, isArchived);
    const name = { device: message.device, hash };
    if (message.device === this.#options.device) {
      const kept = this.#sealed.get(hash);
      if (kept !== undefined && !isArchived) this.#arrivals.proved(name, kept);
      return kept === undefined ? this.#ofEarlier(message, origin) : { type: "taken" };
    }
    const epoch = this.#epochOf(message, origin);
    if (typeof epoch === "string") {
      if (epoch === "hold") return epoch;
      return this.#refuse(epoch, { epoch: message.epoch, from: origin.occupant });
    }
    const { store } = this.#options;
    const context = { epoch: epoch.number, from: origin.occupant };
    const isLive = this.#current !== null && nameOf(epoch) === nameOf(this.#current.epoch);
    const from = isLive
      ? memberOf(this.#current!, message.device)
      : store.member(epoch.incarnation, epoch.number, message.device);
    if (from === undefined) return this.#refuse("not-a-member", context);
    if (!isLive && origin.archived !== true && !this.#isRecent(epoch)) {
      return this.#refuse("too-late", { ...context, from: from.jid });
    }
    const place = [epoch.incarnation, epoch.number, message.device, message.counter] as const;
    if (!store.isFresh(...place)) return this.#refuse("repeated", { from: from.jid });
    const opened = this.#unseal(epoch, message, from);
    if (opened === null) return this.#refuse("forged", { from: from.jid });
    if (!reaches(from.role, epoch.send)) return this.#refuse("may-not-send", { from: from.jid });
    store.markOpened(...place);
    this.#opened++;
    const { counter } = message;
    const { content, heard, kept } = opened;
    this.#arrivals.named(
      from.device,
      heard.filter(({ device }) => device !== this.#options.device),
    );
    if (atOnce && !isArchived) this.#arrivals.proved(name, kept);
    const about = { origin, from, epoch: epoch.number, counter, content };
    return { type: "message", message: { ...about, heard: heard.map(({ hash }) => hash) } };
  }

  /** In our name, and not of this run: one of an earlier run, or somebody's invention. */
  #ofEarlier(message: DataMessage, origin: Origin): Opened {
    const epoch = this.#epochOf(message, origin);
    if (typeof epoch === "string") return { type: "taken" };
    const { store, device } = this.#options;
    const self = store.member(epoch.incarnation, epoch.number, device);
    if (self === undefined || this.#unseal(epoch, message, self) !== null) return { type: "taken" };
    return this.#refuse("forged", { from: origin.occupant });
  }

  #unseal(epoch: StoredEpoch, message: DataMessage, from: GroupMember) {
    try {
      const incarnation = fromHex(epoch.incarnation);
      return openData(dataSuite(epoch.suite), epoch.key, incarnation, message, from.deviceKey);
    } catch (error) {
      if (error instanceof OpenError) return null;
      throw error;
    }
  }

  /** The epoch a message names, or why there is none. */
  #epochOf(message: DataMessage, origin: Origin): StoredEpoch | Refusal | "hold" {
    const { store } = this.#options;
    const current = this.#current?.epoch;
    const { incarnation, epoch: number } = message;
    if (current?.incarnation.startsWith(incarnation) && current.number === number) return current;
    const kept = store.epoch(incarnation, number);
    if (kept !== undefined) return kept;
    const first = store.firstEpoch(incarnation);
    const isLive = origin.archived !== true;
    if (first !== undefined && number < first) {
      const long = this.#beganAt !== null && this.#options.steady() - this.#beganAt > GRACE;
      // Nobody who is in says now what was sealed before we came.
      return isLive && long ? "too-late" : "before-you-joined";
    }
    // Out of the archive too: it is read at once after an absence, before the key server answered.
    if (current?.incarnation.startsWith(incarnation) && number > current.number) return "hold";
    if (first === undefined && (this.expecting || (isLive && current !== undefined))) return "hold";
    return first === undefined ? "before-you-joined" : "no-key";
  }

  #isRecent(epoch: StoredEpoch): boolean {
    const at = this.#ended.get(nameOf(epoch));
    return at !== undefined && this.#options.steady() - at <= GRACE;
  }

  #endCurrent(): void {
    if (this.#current === null) return;
    this.#ended.set(nameOf(this.#current.epoch), this.#options.steady());
  }

  /** Reserved before it is used: a crash skips some, and repeats none. */
  #nextCounter(): number {
    if (this.#counter === this.#limit) {
      this.#counter = this.#options.store.reserveCounters(RESERVE);
      this.#limit = this.#counter + RESERVE;
    }
    return this.#counter++;
  }

  #refuse(cause: Refusal, context: { epoch?: number; from?: string }): Opened {
    this.count(cause);
    return { type: "refused", cause, sentence: refusalSentence(cause, context) };
  }

  /** What others heard in the room and this device did not. */
  #tellGaps(): void {
    const nameOfDevice = (device: string) =>
      this.#current === null ? undefined : memberOf(this.#current, device)?.jid;
    for (const sentence of gapSentences(this.#arrivals.overdue(), nameOfDevice)) {
      this.#options.emit({ type: "incident", kind: "missing", sentence });
    }
  }

  #giveUp(origin: Origin): void {
    this.#tell(this.#refuse("no-key", {}), origin);
  }

  #tell(result: Opened, origin: Origin): void {
    const { emit } = this.#options;
    if (result.type === "message") emit({ type: "message", message: result.message });
    else if (result.type === "refused") {
      emit({ type: "refused", origin, cause: result.cause, sentence: result.sentence });
    }
  }
}

function memberOf({ roster }: Current, device: string): GroupMember | undefined {
  return roster.find((member) => member.device === device);
}

function nameOf({ incarnation, number }: { incarnation: string; number: number }): string {
  return `${incarnation}/${number}`;
}
