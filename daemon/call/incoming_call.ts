import type { CameraOptions } from "../views/mod.ts";
import { Call } from "./call.ts";
import type { CameraFeed } from "./camera_feed.ts";
import { Acceptance } from "./handshake.ts";
import { identityOf } from "./identity.ts";
import type { CallKeeper, SignalSender } from "./keeper.ts";
import { sentence } from "./reasons.ts";
import type { Session } from "./session.ts";
import type {
  FinishReason,
  Propose,
  RejectReason,
  Reply,
  RetractReason,
  Signal,
} from "./signal.ts";

/** A call somebody else began. */
export class IncomingCall extends Call {
  readonly direction = "in";
  protected override device: string;
  #accepted: { session: Session; acceptance: Acceptance } | undefined;
  #replied = false;

  /** @param device the caller's: the only one this call listens to */
  constructor(
    keeper: CallKeeper,
    propose: Propose,
    contact: string,
    options: CameraOptions,
    device: string,
  ) {
    super(keeper, propose, contact, options, "ringing");
    this.device = device;
  }

  /** Rings here and says so. */
  ring(): void {
    this.arm(this.keeper.timeouts.ring, () => this.end("timeout"));
    this.keeper.changed(this);
    this.tell({ kind: "ringing", id: this.id });
  }

  /** Takes the call. `feed` is a camera already open, of the call that this one replaces. */
  accept(options: CameraOptions, feed?: CameraFeed): void {
    if (!this.waiting) return;
    this.cameraOptions = options;
    this.enter("connecting");
    this.#awaitReply();
    this.openFeed(feed);
    this.keeper.changed(this);
    this.run(async () => {
      const session = await this.openSession();
      if (session === undefined) return;
      const acceptance = await Acceptance.make(
        this.propose,
        session.side,
        this.keeper.random,
        this.peer().suites,
      );
      if (this.over) return;
      this.#accepted = { session, acceptance };
      this.#awaitReply();
      const { jid, device } = this.keeper.options.self();
      this.tell({ kind: "taken", id: this.id, device }, { jid });
      await this.send(acceptance.accept);
    });
  }

  /** Stops ringing; it can still be accepted until it times out. */
  later(): void {
    if (this.state !== "ringing") return;
    this.enter("later");
    this.keeper.changed(this);
  }

  /** Says no, here and for this person's other devices. */
  decline(): void {
    if (!this.waiting) return;
    this.#reject("declined");
    this.end("declined");
  }

  /** Another call of the same contact came: this one is not meant any more. */
  replaced(): void {
    if (this.waiting) this.end("cancelled");
  }

  override hangUp(): void {
    if (this.waiting) this.decline();
    else this.finish("hangup");
  }

  override receive(from: SignalSender, signal: Signal): void {
    if (this.over) return;
    if (from.jid === this.keeper.options.self().jid) return this.#fromOwnDevice(signal);
    if (from.jid !== this.contact || from.device !== this.device) {
      return this.foreign(from, signal);
    }
    switch (signal.kind) {
      case "reply":
        return this.#onReply(signal);
      case "retract":
        return this.#onRetract(signal.reason);
      case "missed":
        return this.#onRetract("cancelled");
      case "taken":
        if (signal.device === this.keeper.options.self().device || this.#replied) return;
        return this.end("answered-elsewhere");
      case "camera":
        return this.remoteCameraTold(signal);
      case "finish":
        return this.end(signal.reason, sentence(signal.reason, this, true));
    }
  }

  protected override farewell(reason: FinishReason): void {
    if (this.#accepted === undefined) {
      this.#reject(reason === "failed" ? "failed" : "declined");
    } else this.tell({ kind: "finish", id: this.id, reason });
  }

  #awaitReply(): void {
    this.arm(
      this.keeper.timeouts.reply,
      () => this.finish("timeout", `${this.name}'s device did not go on with the call.`),
    );
  }

  #reject(reason: RejectReason): void {
    this.tell({ kind: "reject", id: this.id, reason });
    this.tell({ kind: "reject", id: this.id, reason }, { jid: this.keeper.options.self().jid });
  }

  #fromOwnDevice(signal: Signal): void {
    if (!this.waiting) return;
    if (signal.kind === "taken") this.end("answered-elsewhere");
    if (signal.kind === "reject") this.end("declined");
  }

  #onReply(reply: Reply): void {
    const accepted = this.#accepted;
    if (this.state !== "connecting" || accepted === undefined || this.#replied) return;
    this.#replied = true;
    const { session, acceptance } = accepted;
    this.run(async () => {
      const { options } = this.keeper;
      const caller = identityOf(options, this.contact, this.device);
      const parties = { caller, callee: options.self() };
      const keys = await acceptance.keys(reply, parties);
      if (this.over) return;
      this.connect(session, { keys, suite: acceptance.suite, parties, peer: reply });
    });
  }

  #onRetract(reason: RetractReason): void {
    if (this.state === "active") return;
    const glare = `You and ${this.name} called each other at the same moment.`;
    if (reason === "glare") this.end("cancelled", glare, true);
    else this.end(reason);
  }
}
