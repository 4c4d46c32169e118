import { Backoff, type Bytes, logOf, publicError, SimppdError } from "../base/mod.ts";
import { equal, type Random } from "../crypto/mod.ts";
import { ACTION_LABEL, type Deed, signAction, type SignedAction } from "./action.ts";
import { decodeAnswer, type GroupAnswer, type Standing } from "./answers.ts";
import type { ControlChannel } from "./channels.ts";
import type { DataProcessor } from "./data_processor.ts";
import { dataSuiteCodes, type DataSuiteId } from "./data_suites.ts";
import { type DeviceLists, DeviceWatch } from "./device_watch.ts";
import { EpochFollower } from "./epoch_follower.ts";
import { readStatement } from "./epoch_statement.ts";
import { GroupError } from "./errors.ts";
import type { GroupEpoch, GroupEvent, GroupPhase, Opened, Origin } from "./group_keys.ts";
import { Incidents } from "./incidents.ts";
import { MemberRecord } from "./member_record.ts";
import type { MemberStore } from "./member_store.ts";
import { malformed, peek } from "./payload.ts";
import { PendingRequests, RefusedError, type Schedule } from "./pending_requests.ts";
import { isRegistrationProof } from "./registration_proof.ts";
import { ServerWatch } from "./server_watch.ts";
import { ownersSentence } from "./roster_judge.ts";
import { isOfSameGroup, parseSpecification, specificationHash } from "./spec_text.ts";
import type { Specification } from "./specification.ts";
import type { Self } from "./standing.ts";

/** ms between resynchronisations, at first and at most. */
const [CALM, MOST_CALM] = [1_000, 60_000];
/** Times that an expulsion is signed anew, because the key server has forgotten what was before. */
const MOST_ANEW = 3;
/** ms that sending waits for the key server when we come back. */
const CERTAINTY = 10_000;

/** What a control manager is made with. */
export interface ControlManagerOptions {
  /** As an invitation brought it; what is stored of the group comes first. */
  readonly specification: Specification;
  readonly self: Self;
  readonly store: MemberStore;
  readonly control: ControlChannel;
  /** Ed25519 by our device key. */
  sign(label: string, bytes: Bytes): Bytes;
  readonly random: Random;
  /** ms since 1970: for display, for numbers of actions and for how long keys are kept. */
  now(): number;
  /** ms of a clock that never goes back. */
  steady(): number;
  readonly schedule: Schedule;
  /** Data suites this device allows. */
  policy(): readonly DataSuiteId[];
  /** A registrar's ticket; asked for where the specification names registrars. */
  ticket?(specification: Specification): Promise<Bytes>;
  /**
   * The account key this device has pinned for a person, and for the key server, which is not
   * registered with before; undefined when there is none.
   */
  pinned(jid: string): Bytes | undefined;
  /** Which devices are whose; nothing is held against them when absent. */
  readonly devices?: DeviceLists;
  emit(event: GroupEvent): void;
}

/**
 * Keystone's control manager: registers and joins, asks for what was missed, has deeds done, and
 * sees whether the key server is there.
 */
export class ControlManager {
  readonly #o: ControlManagerOptions;
  readonly #processor: DataProcessor;
  readonly #incidents: Incidents;
  readonly #record: MemberRecord;
  readonly #follower: EpochFollower;
  readonly #requests: PendingRequests;
  readonly #watch: ServerWatch;
  #refusal: { code: string; message: string } | null = null;
  #joining: Promise<void> | null = null;
  #online = true;
  #present = false;
  #closed = false;
  /** One resynchronisation at a time, and the further apart the less they bring. */
  #resyncing = false;
  #cancelResync: (() => void) | null = null;
  #cancelSure: () => void = () => {};
  readonly #calm = new Backoff(CALM, MOST_CALM);
  #calmUntil = 0;

  constructor(options: ControlManagerOptions, processor: DataProcessor) {
    this.#o = options;
    this.#processor = processor;
    const { specification, self, store, control, random, steady, schedule, emit } = options;
    this.#incidents = new Incidents(emit, processor);
    this.#record = new MemberRecord(store, specification, emit);
    this.#requests = new PendingRequests({
      group: specification.group,
      send: (payload) => control.send(this.#keyServer(), payload),
      random,
      schedule,
    });
    this.#follower = new EpochFollower({
      self,
      record: this.#record,
      processor,
      incidents: this.#incidents,
      now: () => options.now(),
      pinned: (jid) => options.pinned(jid),
      resync: (ms, isNews) => {
        if (isNews === true) this.#hurry();
        this.#resyncSoon(ms);
      },
      respecified: () => this.#followSpecification(),
      emit,
    });
    const devices = options.devices &&
      new DeviceWatch(options.devices, () => steady(), this.#incidents);
    this.#watch = new ServerWatch({
      steady: () => steady(),
      schedule,
      incidents: this.#incidents,
      expects: () => this.#online && this.#record.isMember,
      isPresent: () => this.#present,
      probe: () => this.#resyncSoon(0),
      sweep: () => {
        processor.sweep();
        processor.retry();
        if (this.#online && this.#record.isMember) devices?.look(this.#record.roster);
      },
    });
  }

  /** Goes on where it was stopped or killed. */
  resume(): void {
    if (!this.#record.isMember) return;
    this.#follower.resume();
    this.#makeSure();
  }

  get specification(): Specification {
    return this.#record.specification;
  }
  get phase(): GroupPhase {
    return this.#record.phase;
  }
  get epoch(): GroupEpoch | null {
    return this.#record.epoch;
  }
  get silent(): boolean {
    return this.#watch.silent;
  }
  get refusal(): { code: string; message: string } | null {
    return this.#refusal;
  }

  /** Registers and joins; see `GroupKeys.join`. */
  join(signal?: AbortSignal): Promise<void> {
    if (this.#record.isMember) return Promise.resolve();
    return this.#joining ??= this.#join(signal).finally(() => this.#joining = null);
  }

  /** Resolves when the key server confirmed it; then nothing of ours is left there. */
  async leave(signal?: AbortSignal): Promise<void> {
    if (this.#record.isMember) {
      const action = this.#signed({ kind: "leave" })?.encoded ?? new Uint8Array();
      await this.#requests.ask({ kind: "leave", action }, signal);
    }
    this.#cancelResync?.();
    this.#cancelResync = null;
    this.#follower.leave("out", "You left the group.");
  }

  /** Has a deed signed by this device done. @throws GroupError with the key server's code */
  async act(deed: Deed): Promise<void> {
    for (let anew = 0;; anew++) {
      const action = this.#signed(deed);
      if (action === undefined) {
        throw new GroupError("not-in-group", "You are not in this group.");
      }
      try {
        await this.#requests.ask({ kind: "act", action: action.encoded });
        return;
      } catch (error) {
        // What lets somebody in is to be wanted anew by a person, who knows what happened since.
        const isOld = error instanceof RefusedError && error.code === "old-action";
        if (!isOld || deed.kind !== "expel" || anew >= MOST_ANEW) throw error;
      }
    }
  }

  /** A deed as this device signs it; undefined while it is no member. */
  #signed(deed: Deed): SignedAction | undefined {
    const { statement, isMember, specification: { group } } = this.#record;
    if (statement === null || !isMember) return undefined;
    const { self: { jid, deviceKey }, sign, now } = this.#o;
    const { incarnation, epoch } = statement;
    const [number, time] = [this.#record.nextAction(now()), now()];
    return signAction(
      { group, incarnation, jid, deviceKey, number, time, epoch, deed },
      (body) => sign(ACTION_LABEL, body),
    );
  }

  /** Takes what came sealed; everything of others than the key server is refused. Never throws. */
  receive(from: { jid: string; device: string }, payload: Uint8Array): void {
    const { group, keyServer: { jid, device } } = this.#record.specification;
    if (from.jid !== jid || (device !== null && from.device !== device)) {
      return this.#incidents.refuseAloud("other-key-server", from.jid);
    }
    try {
      const seen = peek(payload);
      if (seen?.group !== group) throw malformed();
      if (seen.kind === "rekey" || seen.kind === "statement") {
        const result = this.#follower.heard(payload, from.jid);
        if (result.type === "refused") this.#o.emit({ ...result, origin: null });
      } else if (this.#requests.answered(decodeAnswer(payload))) {
        this.#watch.proved();
      }
    } catch (error) {
      if (!(error instanceof SimppdError)) throw error;
      this.#incidents.refuseAloud("malformed", from.jid);
    }
  }

  /** Takes a rekey or statement that the room delivered; old ones of its archive say nothing. */
  heard(payload: Uint8Array, origin: Origin): Opened {
    if (origin.archived === true) return { type: "taken" };
    return this.#follower.heard(payload, origin.occupant, () => {
      this.#watch.spoke();
      this.#requests.heard();
    });
  }

  /** Something names an epoch that is not here; nothing of it is proved, so sending goes on. */
  missing(): void {
    if (this.#record.isMember) this.#resyncSoon(0);
  }

  /** We are in the room from now on, or out of it. */
  setPresent(present: boolean): void {
    this.#present = present;
    this.#watch.spoke();
  }

  /** The connection stands (again), or was lost. */
  setOnline(online: boolean): void {
    if (online === this.#online) return;
    this.#online = online;
    this.#watch.reset();
    if (online && this.#record.isMember) this.#makeSure();
  }

  close(): void {
    this.#closed = true;
    this.#cancelSure();
    this.#watch.close();
    this.#cancelResync?.();
    this.#requests.close();
  }

  /**
   * We were away: who was expelled meanwhile must not read what we send now, so sending waits until
   * the key server answered; not for ever, for it may be away itself, and then it expelled nobody.
   */
  #makeSure(): void {
    this.#processor.expecting = true;
    this.#cancelSure();
    this.#cancelSure = this.#o.schedule(CERTAINTY, () => {
      if (this.#record.phase === "in") this.#processor.expecting = false;
    });
    this.#resyncSoon(0);
  }

  #keyServer(): { jid: string; device?: string } {
    const { jid, device } = this.#record.specification.keyServer;
    return device === null ? { jid } : { jid, device };
  }

  async #join(signal?: AbortSignal): Promise<void> {
    this.#refusal = null;
    this.#record.setPhase("joining", "Joining: the key server is asked for the group's key.");
    this.#processor.expecting = true;
    try {
      const known = this.#record.registration !== "";
      if (!known) await this.#register(signal);
      try {
        await this.#joinAsRegistered(signal);
      } catch (error) {
        // A registration does not last for ever; a new one does the same.
        if (!known || !(error instanceof RefusedError)) throw error;
        await this.#register(signal);
        await this.#joinAsRegistered(signal);
      }
      this.#watch.reset();
    } catch (error) {
      this.#notJoined(error);
      throw error;
    }
  }

  #notJoined(error: unknown): void {
    this.#processor.expecting = false;
    this.#processor.settle();
    if (this.#closed) return;
    if (!(error instanceof RefusedError)) {
      return this.#record.setPhase("out", publicError(error).message);
    }
    this.#refusal = { code: error.code, message: error.publicMessage };
    this.#record.setPhase("refused", error.publicMessage);
  }

  async #register(signal?: AbortSignal): Promise<void> {
    const { ticket, policy } = this.#o;
    const { specification } = this.#record;
    const word = specification.registrars.length === 0 || ticket === undefined
      ? new Uint8Array()
      : await ticket(specification);
    const suites = dataSuiteCodes(policy());
    const answer = await this.#requests.ask({ kind: "register", ticket: word, suites }, signal);
    if (answer.kind !== "registered") throw malformed();
    this.#requireProof(answer);
    const written = this.#read(answer.specification);
    const owners = ownersSentence(specification, written);
    this.#record.setSpecification(written);
    if (owners !== undefined) this.#incidents.tell("unproved", owners);
    this.#record.setRegistration(answer.registration, answer.individualKey);
  }

  /** The key server that the specification pins, and no one between it and us, knows our key. */
  #requireProof(answer: Extract<GroupAnswer, { kind: "registered" }>): void {
    const { self, pinned } = this.#o;
    const { keyServer } = this.#record.specification;
    const server = pinned(keyServer.jid);
    const binding = { ...answer, member: self };
    const proved = server !== undefined &&
      isRegistrationProof(keyServer.key, { ...binding, server }, answer.proof);
    if (proved) return;
    throw new GroupError(
      "other-key-server",
      `Who answers as ${keyServer.jid} is not the key server of this group, or somebody stands ` +
        "between it and you. Nothing was joined; tell the group's owners.",
    );
  }

  async #joinAsRegistered(signal?: AbortSignal): Promise<void> {
    const { registration } = this.#record;
    const answer = await this.#requests.ask({ kind: "join", registration }, signal);
    if (answer.kind !== "joined") throw malformed();
    const specification = await this.#specificationOf(answer);
    this.#follower.adopt(answer, { asked: null, chain: null, specification });
    if (!this.#record.isMember) throw malformed();
  }

  /** Asks for what was missed, after `ms` and no sooner than the last time allows. */
  #resyncSoon(ms: number): void {
    if (this.#cancelResync !== null || this.#resyncing || this.#closed) return;
    const wait = Math.max(ms, this.#calmUntil - this.#o.steady());
    this.#cancelResync = this.#o.schedule(wait, () => {
      this.#cancelResync = null;
      void this.#resync();
    });
  }

  /** What we write until then others may not be able to read. */
  #hurry(): void {
    this.#cancelResync?.();
    this.#cancelResync = null;
    this.#calm.reset();
    this.#calmUntil = 0;
  }

  async #resync(): Promise<void> {
    const asked = this.#record.statement;
    if (asked === null || !this.#record.isMember || !this.#online || this.#closed) return;
    this.#resyncing = true;
    try {
      const { incarnation, epoch, link } = asked;
      const { others } = this.#follower;
      const answer = await this.#requests.ask({ kind: "resync", incarnation, epoch, link });
      if (answer.kind !== "resynced") throw malformed();
      const specification = await this.#specificationOf(answer);
      if (this.#closed || !this.#record.isMember) return;
      this.#follower.adopt(answer, { asked, chain: answer.chain, specification });
      if (readStatement(answer.statement).incarnation === incarnation) this.#follower.notIn(others);
      if (this.#record.phase === "in") this.#processor.settle();
    } catch (error) {
      if (!this.#closed) this.#resyncFailed(error);
    } finally {
      this.#resyncing = false;
      if (this.#record.statement !== asked) this.#calm.reset();
      this.#calmUntil = this.#o.steady() + this.#calm.next();
      if (this.#record.phase === "behind") this.#resyncSoon(0);
    }
  }

  #resyncFailed(error: unknown): void {
    if (error instanceof RefusedError && error.code === "not-a-member") {
      const sentence = "The key server does not have you in the group any more.";
      return this.#follower.leave("removed", sentence);
    }
    if (error instanceof RefusedError && error.code === "no-such-group") {
      // It may be put back from a backup later: that is no reason to give up our place.
      return this.#incidents.tell(
        "forgotten",
        "The key server does not have this group any more: it was ended long ago, or lost there. " +
          "Ask the group's owners.",
      );
    }
    if (!(error instanceof SimppdError)) throw error;
    if (error.code === "bad-group-message") this.#incidents.refuseAloud("malformed");
    logOf("group").debug("not resynchronised: {code}", { code: error.code });
  }

  /** Fetches the specification that our statement names, where no owner's act brought it. */
  #followSpecification(): void {
    const fetch = async () => {
      const { specification } = this.#record.statement!;
      this.#record.setSpecification(await this.#fetchSpecification(specification));
      this.#follower.resume();
    };
    fetch().catch((error) => {
      // It is asked for again with the next epoch.
      logOf("group").warn("the new specification is not here: {error}", { error });
    });
  }

  /** What a standing is to be judged by: ours, unless its statement names another one. */
  async #specificationOf({ statement }: Standing): Promise<Specification> {
    const { specification: hash } = readStatement(statement);
    const { specification } = this.#record;
    if (equal(specificationHash(specification), hash)) return specification;
    return await this.#fetchSpecification(hash);
  }

  /** @throws SimppdError `bad-group-message` when the key server has another than that of the hash */
  async #fetchSpecification(hash: Bytes): Promise<Specification> {
    const answer = await this.#requests.ask({ kind: "specification" });
    if (answer.kind !== "specified") throw malformed();
    const specification = this.#read(answer.specification);
    if (equal(specificationHash(specification), hash)) return specification;
    throw malformed();
  }

  /** Group, room and key server do not change with a specification. */
  #read(text: string): Specification {
    const specification = parseSpecification(text);
    if (isOfSameGroup(specification, this.#record.specification)) return specification;
    this.#incidents.otherKeyServer();
    throw malformed();
  }
}
