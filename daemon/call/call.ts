import { Broadcast, logOf, publicError } from "../base/mod.ts";
import type { Suite } from "../crypto/mod.ts";
import type { PathEnd } from "../p2p/mod.ts";
import type { CallInfo, CallState, CallView, CameraOptions, EndReason } from "../views/mod.ts";
import { CameraFeed } from "./camera_feed.ts";
import { encodeSignal } from "./codec.ts";
import type { CallPeer } from "./environment.ts";
import type { Parties, Side } from "./handshake.ts";
import type { CallKeys } from "./keys.ts";
import type { CallKeeper, SignalSender } from "./keeper.ts";
import { MOST_SECURITY_EVENTS } from "./limits.ts";
import type { Picture } from "./picture.ts";
import { lineOf, sentence } from "./reasons.ts";
import { Session } from "./session.ts";
import type { CameraState, FinishReason, Propose, Signal } from "./signal.ts";

const TICK = 1_000;

const ON_PATH_END: Record<PathEnd, EndReason> = {
  "wrong-tag": "wrong-tag",
  "no-path": "no-path",
  "lost": "lost",
  "bye": "hangup",
  "aborted": "hangup",
  "failed": "failed",
};

/**
 * One call from its proposal to its end: fed by the person, by signals and by its session. Every
 * state but `ended` has a timer or a watched path that leaves it.
 */
export abstract class Call {
  readonly id: string;
  readonly contact: string;
  abstract readonly direction: "out" | "in";
  /** Our pictures and theirs, while the call lives. */
  local = new Broadcast<Picture>();
  remote = new Broadcast<Picture>();
  protected readonly keeper: CallKeeper;
  protected readonly propose: Propose;
  /** The peer's device: the proposer's, or the one that accepted. */
  protected device: string | undefined;
  protected cameraOptions: CameraOptions;
  protected feed: CameraFeed | undefined;
  readonly #startedAt: number;
  #peer: CallPeer;
  #state: CallState;
  #reason: EndReason | null = null;
  #detail: string | null = null;
  #activeAt: number | null = null;
  #endedAt: number | null = null;
  #agreed: { suite: Suite; parties: Parties } | undefined;
  #session: Session | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #securityEvents: CallInfo["securityEvents"] = [];
  #lastInfo: CallInfo | null = null;
  #camera: CallView["camera"] = { name: "", state: "off", problem: null };
  #told: { state: CameraState["state"]; number: number } | undefined;
  #heard: { state: CameraState["state"]; number: number } | undefined;
  readonly #ended = Promise.withResolvers<void>();
  readonly #tasks = new Set<Promise<void>>();

  constructor(
    keeper: CallKeeper,
    propose: Propose,
    contact: string,
    options: CameraOptions,
    state: CallState,
  ) {
    this.keeper = keeper;
    this.propose = propose;
    this.id = propose.id;
    this.contact = contact;
    this.cameraOptions = options;
    this.#state = state;
    this.#startedAt = keeper.now();
    this.#peer = keeper.options.peer(contact);
  }

  /** A signal about this call, from a device that proved who it is. */
  abstract receive(from: SignalSender, signal: Signal): void;
  /** Ends the call as this person wishes, in whatever state it is. */
  abstract hangUp(): void;
  /** Tells the other side that the call is over. */
  protected abstract farewell(reason: FinishReason): void;

  get state(): CallState {
    return this.#state;
  }
  get over(): boolean {
    return this.#state === "ended";
  }
  /** Whether it takes the one place a person has for a call. */
  get engaged(): boolean {
    return this.#state === "calling" || this.#state === "connecting" || this.#state === "active";
  }
  /** Whether an invitation waits for this person's answer. */
  get waiting(): boolean {
    return this.#state === "ringing" || this.#state === "later";
  }
  get reason(): EndReason | null {
    return this.#reason;
  }
  get activeAt(): number | null {
    return this.#activeAt;
  }
  get options(): CameraOptions {
    return this.cameraOptions;
  }
  get name(): string {
    return this.peer().name;
  }

  /** Other camera, size or rate, in the middle of the call too. */
  change(options: CameraOptions): void {
    if (this.over) return;
    this.cameraOptions = options;
    this.feed?.use(options);
    this.keeper.changed(this);
  }

  view(): CallView {
    const self = this.keeper.options.self().jid;
    const out = this.direction === "out";
    return {
      id: this.id,
      contact: this.contact,
      name: this.name,
      direction: this.direction,
      inviter: out ? self : this.contact,
      invitee: out ? this.contact : self,
      state: this.#state,
      reason: this.#reason,
      detail: this.#detail,
      startedAt: this.#startedAt,
      activeAt: this.#activeAt,
      endedAt: this.#endedAt,
      options: this.cameraOptions,
      camera: this.feed?.view() ?? this.#camera,
      remoteCamera: this.#heard?.state ?? null,
      info: this.#lastInfo ?? this.#info(),
    };
  }

  /** Resolves when the call is over. */
  protected get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves when everything the call held is released and what it had to say is said. */
  async closed(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  /** Ends here, without telling the other side; `quiet`: without a line in the conversation too. */
  protected end(reason: EndReason, detail = sentence(reason, this), quiet = false): void {
    if (this.over) return;
    const unanswered = this.waiting;
    this.#lastInfo = this.#info();
    this.enter("ended");
    clearTimeout(this.#timer);
    this.#reason = reason;
    this.#detail = detail;
    this.#endedAt = this.keeper.now();
    clearInterval(this.#ticker);
    // An ended call is remembered for a while; its pictures are not.
    this.local.end();
    this.remote.end();
    this.local = this.remote = new Broadcast();
    this.local.end();
    const [session, feed] = [this.#session, this.feed];
    this.#camera = { ...this.#camera, ...feed?.view(), state: "off", problem: null };
    this.#session = this.feed = undefined;
    if (session !== undefined) this.run(() => session.close());
    if (feed !== undefined) this.run(() => feed.close());
    this.#ended.resolve();
    const lasted = this.#activeAt === null ? null : this.#endedAt - this.#activeAt;
    const line = lineOf({ reason, detail, unanswered, lasted });
    if (!quiet) this.keeper.line(this.contact, line.kind, line.body);
    this.keeper.changed(this);
  }

  /** Ends, and tells the other side why. */
  protected finish(reason: FinishReason, detail = sentence(reason, this)): void {
    if (this.over) return;
    this.farewell(reason);
    this.end(reason, detail);
  }

  protected enter(state: CallState): void {
    this.#state = state;
  }

  /** What leaves the present state when nothing else does; replaces the timer before. */
  protected arm(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  /** Work beside; its failure ends the call, and is only logged when the call is over. */
  protected run(work: () => Promise<void>): Promise<void> {
    const task = work().catch((error) => this.#failed(error))
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
    return task;
  }

  /** Sends to the peer's device, or to `to`. @throws SimppdError */
  protected send(signal: Signal, to = this.toPeer(), store = false): Promise<void> {
    return this.keeper.options.signalling.send(to, encodeSignal(signal), { store });
  }

  /** Sends what the call does not depend on. */
  protected tell(signal: Signal, to = this.toPeer(), store = false): void {
    const task: Promise<void> = this.send(signal, to, store).catch((error) => {
      logOf("call").info("{kind} was not sent: {error}", { kind: signal.kind, error });
    }).finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  protected toPeer(): { jid: string; device?: string } {
    return this.device === undefined ? this.toAll() : { jid: this.contact, device: this.device };
  }
  protected toAll(): { jid: string; device?: string } {
    return { jid: this.contact };
  }

  /** The contact as it is known now, or was last, should it be removed in the middle of a call. */
  protected peer(): CallPeer {
    try {
      this.#peer = this.keeper.options.peer(this.contact, this.device);
    } catch (error) {
      logOf("call").debug("{contact} is not known any more: {error}", {
        contact: this.contact,
        error,
      });
    }
    return this.#peer;
  }

  protected openFeed(feed?: CameraFeed): void {
    const { openCamera } = this.keeper.options;
    this.feed = feed ?? new CameraFeed(openCamera, this.cameraOptions);
    this.feed.attach((picture) => this.local.publish(picture), () => {
      this.#tellCamera();
      this.keeper.changed(this);
    });
  }

  /** The peer's device says what its camera does; the newest word stands, whatever came last. */
  protected remoteCameraTold({ state, number }: CameraState): void {
    if (this.#state !== "connecting" && this.#state !== "active") return;
    if (number <= (this.#heard?.number ?? 0)) return;
    const changed = this.#heard?.state !== state;
    this.#heard = { state, number };
    if (changed) this.keeper.changed(this);
  }

  /** Says what our camera does, once the call stands and whenever it is something else. */
  #tellCamera(): void {
    const state = this.feed?.view().state ?? "off";
    if (this.#state !== "active" || state === "starting" || state === this.#told?.state) return;
    this.#told = { state, number: (this.#told?.number ?? 0) + 1 };
    this.tell({ kind: "camera", id: this.id, ...this.#told });
  }

  /** Socket and tag; undefined when the call ended meanwhile. @throws SimppdError */
  protected async openSession(): Promise<Session | undefined> {
    const { options, timeouts, random } = this.keeper;
    const endpoint = await options.openEndpoint();
    const name = this.feed?.view().name ?? "";
    const session = new Session(this.id, endpoint, name, timeouts, random);
    if (this.over) {
      await session.close();
      return undefined;
    }
    return this.#session = session;
  }

  /** Opens the path with the keys agreed on. */
  protected connect(
    session: Session,
    { keys, suite, parties, peer }: {
      keys: CallKeys;
      suite: Suite;
      parties: Parties;
      peer: Side;
    },
  ): void {
    this.#agreed = { suite, parties };
    // The path's own timer ends the state; this one stands behind it.
    this.arm(this.keeper.timeouts.path + TICK, () => this.#pathEnded("no-path"));
    session.connect(keys, suite, peer, { local: this.local, remote: this.remote }, {
      open: () => this.#pathOpen(),
      ended: (reason) => this.#pathEnded(reason),
      failed: (error) => this.#failed(error),
      security: (code, message) => this.security(code, message),
    });
    this.keeper.changed(this);
  }

  /** Keeps and shows a security event, up to a bound. */
  protected security(code: string, message: string): void {
    if (this.#securityEvents.length >= MOST_SECURITY_EVENTS) return;
    const first = !this.#securityEvents.some((event) => event.code === code);
    this.#securityEvents.push({ at: this.keeper.now(), code, message });
    this.keeper.security(this, code, message);
    if (first) this.keeper.line(this.contact, "security", message);
    this.keeper.changed(this);
  }

  /** A signal from a device that has no part in this call. */
  protected foreign(from: SignalSender, signal: Signal): void {
    if (this.#state !== "connecting" && this.#state !== "active") return;
    this.security(
      "foreign-device",
      `A device of ${from.jid} that has no part in this call sent "${signal.kind}" for it; ` +
        "it was ignored.",
    );
  }

  #failed(error: unknown): void {
    logOf("call").info("call {id}: {error}", { id: this.id, error });
    const known = publicError(error);
    this.finish(known.code === "no-relay" ? "no-path" : "failed", known.message);
  }

  #pathOpen(): void {
    if (this.#state !== "connecting") return this.keeper.changed(this);
    this.enter("active");
    clearTimeout(this.#timer);
    this.#activeAt = this.keeper.now();
    this.#tellCamera();
    this.#ticker = setInterval(() => {
      this.#session?.report();
      this.keeper.changed(this);
    }, TICK);
    this.keeper.changed(this);
  }

  #pathEnded(path: PathEnd): void {
    if (this.over) return;
    const reason = ON_PATH_END[path];
    switch (reason) {
      case "no-path":
        return this.finish(reason, this.#session?.whyNoPath(this.name));
      case "wrong-tag":
      case "lost":
        return this.finish(reason);
      case "hangup":
        return this.end(reason, sentence(reason, this, true));
      default:
        return this.finish("failed", "The network socket of the call was closed.");
    }
  }

  #info(): CallInfo | null {
    if (this.#session === undefined || this.#agreed === undefined) return null;
    const { suite, parties: { caller, callee } } = this.#agreed;
    const out = this.direction === "out";
    return {
      suite: suite.id,
      fingerprints: {
        local: (out ? caller : callee).fingerprint,
        remote: (out ? callee : caller).fingerprint,
      },
      verified: this.peer().verified,
      ...this.#session.info(),
      securityEvents: this.#securityEvents,
    };
  }
}
