import { Emitter, logOf, SimppdError, sleep, toHex } from "../base/mod.ts";
import { codesOf, type Random, systemRandom } from "../crypto/mod.ts";
import { checkVideoMode, parseCameraSpec } from "../capture/mod.ts";
import type { CallView, CameraOptions } from "../views/mod.ts";
import { type Element, Jid } from "../xmpp/core/mod.ts";
import type { Call } from "./call.ts";
import { decodeSignal, encodeSignal } from "./codec.ts";
import type { CallSecurityEvent, CallsOptions } from "./environment.ts";
import { CODECS } from "./frame_header.ts";
import { IncomingCall } from "./incoming_call.ts";
import type { CallKeeper, SignalSender } from "./keeper.ts";
import { MOST_ENDED, MOST_RINGING, PROPOSALS_A_MINUTE, TIMEOUTS, type Timeouts } from "./limits.ts";
import { OutgoingCall } from "./outgoing_call.ts";
import type { Picture } from "./picture.ts";
import { ProposalRate } from "./proposal_rate.ts";
import type { Missed, Propose, Signal } from "./signal.ts";
import { SpentIds } from "./spent_ids.ts";

/** What a call is taken with until the person chooses. */
const DEFAULT_CAMERA: CameraOptions = { camera: "off", size: "640x480", fps: 30 };

/**
 * All calls of a daemon: begins them, hears of them, and sees to it that a person is in one at a
 * time. Works above a signalling that is sealed end to end; see docs/protocol.md "Calls".
 */
export class Calls {
  /** Each change of a call, and once a second while it is active. */
  readonly events = new Emitter<CallView>();
  readonly security = new Emitter<CallSecurityEvent>();
  readonly #options: CallsOptions;
  readonly #now: () => number;
  readonly #keeper: CallKeeper;
  readonly #calls = new Map<string, Call>();
  readonly #rate = new ProposalRate(PROPOSALS_A_MINUTE);
  readonly #spent = new SpentIds();
  readonly #sends = new Set<Promise<void>>();
  #closed = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const random: Random = options.random ?? systemRandom;
    const timeouts: Timeouts = { ...TIMEOUTS, ...options.timeouts };
    this.#keeper = {
      options,
      timeouts,
      random,
      now: this.#now,
      line: (contact, kind, body) => this.#line(contact, kind, body),
      changed: (call) => this.#changed(call),
      security: ({ contact }, code, message) =>
        this.security.emit({ at: this.#now(), code, message, contact }),
    };
  }

  /** Living calls and the last ended ones, oldest first. */
  list(): CallView[] {
    return [...this.#calls.values()].map((call) => call.view());
  }

  /** @throws SimppdError `unknown-call` */
  get(id: string): CallView {
    return this.#call(id).view();
  }

  /**
   * Calls a contact. When that contact's call rings here already, this accepts it.
   * @param options camera of this side
   * @throws SimppdError `bad-jid`, `bad-input`, `bad-camera`, `already-in-call`
   */
  async start(jid: string, options: CameraOptions): Promise<CallView> {
    const contact = Jid.parse(jid).bare().toString();
    checkOptions(options);
    if (this.#closed) throw new SimppdError("closed", "simppd is closing; no call can begin.");
    if (contact === this.#options.self().jid) {
      throw new SimppdError("bad-input", "You cannot call yourself.");
    }
    for (const call of this.#calls.values()) {
      if (call.contact === contact && call.waiting) return await this.accept(call.id, options);
    }
    this.#mustBeFree();
    const propose: Propose = {
      kind: "propose",
      id: toHex(this.#keeper.random(16)),
      time: Math.floor(this.#now()),
      suites: codesOf(this.#options.peer(contact).suites),
      codecs: [...CODECS],
    };
    const call = new OutgoingCall(this.#keeper, propose, contact, options);
    this.#keep(call);
    await call.invite();
    return call.view();
  }

  /**
   * Takes a ringing call; one that was taken already stays as it is.
   * @throws SimppdError `unknown-call`, `bad-input`, `bad-camera`, `already-in-call`, `call-over`
   */
  accept(id: string, options: CameraOptions): Promise<CallView> {
    const call = this.#call(id);
    return Promise.try(() => {
      checkOptions(options);
      if (call.over) throw new SimppdError("call-over", "This call is over.");
      if (call instanceof IncomingCall && call.waiting) {
        this.#mustBeFree();
        call.accept(options);
      }
      return call.view();
    });
  }

  /** Stops ringing without an answer. @throws SimppdError `unknown-call` */
  later(id: string): CallView {
    const call = this.#call(id);
    if (call instanceof IncomingCall) call.later();
    return call.view();
  }

  /** Says no to a ringing call. @throws SimppdError `unknown-call` */
  decline(id: string): CallView {
    const call = this.#call(id);
    if (call instanceof IncomingCall) call.decline();
    return call.view();
  }

  /** Ends a call in whatever state it is. @throws SimppdError `unknown-call` */
  hangUp(id: string): CallView {
    const call = this.#call(id);
    if (!call.over) call.hangUp();
    return call.view();
  }

  /** Changes camera, size or rate. @throws SimppdError `unknown-call`, `bad-input`, `bad-camera` */
  change(id: string, options: Partial<CameraOptions>): CallView {
    const call = this.#call(id);
    const changed = { ...call.options, ...options };
    checkOptions(changed);
    call.change(changed);
    return call.view();
  }

  /**
   * A signal that came, sealed end to end and opened, from another device (of a contact, or of our
   * own account). Never throws: what cannot be read or does not fit is ignored.
   * @param sentAt milliseconds since 1970, as authenticated with it
   */
  receive(from: SignalSender, content: Element, sentAt: number): void {
    if (this.#closed) return;
    try {
      const sender = { jid: Jid.parse(from.jid).bare().toString(), device: from.device };
      this.#received(sender, decodeSignal(content), sentAt);
    } catch (error) {
      logOf("call").info("a call message from {jid} was ignored: {error}", {
        jid: from.jid,
        error,
      });
    }
  }

  /**
   * Pictures from now on, newest wins, until the call ends.
   * @throws SimppdError `unknown-call`
   */
  pictures(id: string, side: "local" | "remote", signal: AbortSignal): AsyncIterable<Picture> {
    return this.#call(id)[side].subscribe(signal);
  }

  /** The newest picture of a living call. @throws SimppdError `unknown-call` */
  latestPicture(id: string, side: "local" | "remote"): Picture | undefined {
    const call = this.#call(id);
    return call.over ? undefined : call[side].latest;
  }

  /** Ends every call, lets the goodbyes leave, and releases everything. */
  async close(): Promise<void> {
    this.#closed = true;
    const calls = [...this.#calls.values()];
    for (const call of calls) if (!call.over) call.hangUp();
    const stop = new AbortController();
    const done = Promise.all([...calls.map((call) => call.closed()), ...this.#sends]);
    await Promise.race([done, sleep(this.#keeper.timeouts.goodbye, stop.signal)]);
    stop.abort();
  }

  #call(id: string): Call {
    const call = this.#calls.get(id);
    if (call === undefined) {
      throw new SimppdError("unknown-call", `There is no call ${id.slice(0, 40)}.`);
    }
    return call;
  }

  #changed(call: Call): void {
    if (call.over) this.#spent.add(call.contact, call.id, "known");
    this.events.emit(call.view());
  }

  #engaged(): Call | undefined {
    return [...this.#calls.values()].find((call) => call.engaged);
  }

  #mustBeFree(): void {
    const call = this.#engaged();
    if (call === undefined) return;
    throw new SimppdError(
      "already-in-call",
      `You are in a call with ${call.name}; end it before another one.`,
    );
  }

  #keep(call: Call): void {
    this.#calls.set(call.id, call);
    const ended = [...this.#calls.values()].filter(({ over }) => over);
    for (const old of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) {
      this.#calls.delete(old.id);
    }
  }

  #received(from: SignalSender, signal: Signal, sentAt: number): void {
    const self = this.#options.self();
    const ours = from.jid === self.jid;
    if (ours && from.device === self.device) return;
    const call = this.#calls.get(signal.id);
    if (call !== undefined) return call.receive(from, signal);
    switch (signal.kind) {
      case "propose":
        if (!ours) this.#proposed(from, signal, sentAt);
        return;
      case "missed":
        if (!ours) this.#missed(from, signal);
        return;
      // The proposal these speak of may be on its way still.
      case "retract":
      case "finish":
        return this.#spent.add(from.jid, signal.id, ours ? "known" : "retracted");
      case "taken":
      case "reject":
        // Of our own device it is not known which contact it answered.
        return this.#spent.add(ours ? undefined : from.jid, signal.id, "known");
    }
  }

  #proposed(from: SignalSender, propose: Propose, sentAt: number): void {
    const before = this.#spent.get(from.jid, propose.id);
    if (before === "known") return;
    const now = this.#now();
    if (!this.#rate.allow(from.jid, now)) return;
    this.#spent.add(from.jid, propose.id, "known");
    const { name } = this.#options.peer(from.jid, from.device);
    const stale = now - Math.min(sentAt, propose.time) > this.#keeper.timeouts.stale;
    if (stale || before === "retracted") {
      return this.#line(from.jid, "missed-call", "Missed video call.");
    }
    const engaged = this.#engaged();
    const glare = engaged instanceof OutgoingCall && engaged.contact === from.jid &&
      engaged.state === "calling";
    // The smaller id goes on; the side that proposed the other one accepts it by itself.
    if (glare && engaged.id < propose.id) return;
    const ringing = [...this.#calls.values()].filter((call) => call.waiting);
    const again = ringing.find(({ contact }) => contact === from.jid);
    const full = again === undefined && ringing.length >= MOST_RINGING;
    if (!glare && (engaged !== undefined || full)) {
      const why = engaged === undefined ? "others were calling" : "you were in another call";
      this.#line(from.jid, "missed-call", `${name} called while ${why}.`);
      return this.#tell(from, { kind: "reject", id: propose.id, reason: "busy" });
    }
    if (again instanceof IncomingCall) again.replaced();
    const call = new IncomingCall(
      this.#keeper,
      propose,
      from.jid,
      glare ? engaged.options : DEFAULT_CAMERA,
      from.device,
    );
    this.#keep(call);
    if (!glare) return call.ring();
    const options = engaged.options;
    call.accept(options, engaged.yieldTo());
  }

  #missed(from: SignalSender, { id }: Missed): void {
    if (this.#spent.get(from.jid, id) === "known") return;
    if (!this.#rate.allow(from.jid, this.#now())) return;
    this.#spent.add(from.jid, id, "known");
    this.#line(from.jid, "missed-call", "Missed video call.");
  }

  /** A conversation that cannot be written to must not hold up a call. */
  #line(...[contact, kind, body]: Parameters<CallsOptions["line"]>): void {
    try {
      this.#options.line(contact, kind, body);
    } catch (error) {
      logOf("call").error("a line was not kept: {error}", { error });
    }
  }

  #tell(to: SignalSender, signal: Signal): void {
    const content = encodeSignal(signal);
    const task: Promise<void> = this.#options.signalling.send(to, content, { store: false })
      .catch((error) =>
        logOf("call").info("{kind} was not sent: {error}", {
          kind: signal.kind,
          error,
        })
      )
      .finally(() => this.#sends.delete(task));
    this.#sends.add(task);
  }
}

/** @throws SimppdError `bad-camera`, `bad-input` */
function checkOptions({ camera, size, fps }: CameraOptions): void {
  parseCameraSpec(camera);
  const match = /^(\d{2,4})x(\d{2,4})$/.exec(size);
  if (match === null) {
    throw new SimppdError("bad-input", `A size is written WIDTHxHEIGHT, such as 640x480.`);
  }
  checkVideoMode({ width: Number(match[1]), height: Number(match[2]), fps });
}
