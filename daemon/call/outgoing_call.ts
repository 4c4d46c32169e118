import type { CameraOptions } from "../views/mod.ts";
import { Call } from "./call.ts";
import type { CameraFeed } from "./camera_feed.ts";
import { answer } from "./handshake.ts";
import { identityOf } from "./identity.ts";
import type { CallKeeper, SignalSender } from "./keeper.ts";
import { sentence } from "./reasons.ts";
import type { Accept, Finish, FinishReason, Propose, Reject, Signal } from "./signal.ts";

/** A call this person began. */
export class OutgoingCall extends Call {
  readonly direction = "out";
  #rang = false;

  constructor(keeper: CallKeeper, propose: Propose, contact: string, options: CameraOptions) {
    super(keeper, propose, contact, options, "calling");
  }

  /** Asks all of the contact's devices, or ends at once when none is there. */
  async invite(): Promise<void> {
    if (!this.peer().online) {
      this.#leaveNotice();
      return this.end("offline");
    }
    this.arm(this.keeper.timeouts.ring, () => this.#withdraw("timeout"));
    this.openFeed();
    this.keeper.changed(this);
    await Promise.race([this.run(() => this.send(this.propose)), this.ended]);
  }

  /** Both called: the other call goes on, with this call's camera. */
  yieldTo(): CameraFeed | undefined {
    const feed = this.feed;
    this.feed = undefined;
    this.tell({ kind: "retract", id: this.id, reason: "glare" }, this.toAll());
    this.end(
      "cancelled",
      `You and ${this.name} called each other at the same moment: one call goes on.`,
      true,
    );
    return feed;
  }

  override hangUp(): void {
    if (this.state === "calling") this.#withdraw("cancelled");
    else this.finish("hangup");
  }

  override receive(from: SignalSender, signal: Signal): void {
    if (this.over) return;
    if (from.jid === this.keeper.options.self().jid) return;
    if (from.jid !== this.contact) return this.foreign(from, signal);
    switch (signal.kind) {
      case "ringing":
        this.#rang = true;
        return;
      case "accept":
        return this.#onAccept(from, signal);
      case "reject":
        return this.#onReject(signal);
      case "finish":
        return this.#onFinish(from, signal);
      case "camera":
        if (from.device !== this.device) return this.foreign(from, signal);
        return this.remoteCameraTold(signal);
      default:
        if (from.device !== this.device) this.foreign(from, signal);
    }
  }

  protected override farewell(reason: FinishReason): void {
    if (this.device === undefined) {
      this.tell({ kind: "retract", id: this.id, reason: "failed" }, this.toAll());
    } else this.tell({ kind: "finish", id: this.id, reason });
  }

  #onAccept(from: SignalSender, accept: Accept): void {
    if (this.state !== "calling") {
      // Two devices were quick: the second one learns that the first has it.
      if (from.device !== this.device && this.device !== undefined) {
        const to = { jid: from.jid, device: from.device };
        this.tell({ kind: "taken", id: this.id, device: this.device }, to);
      }
      return;
    }
    this.device = from.device;
    this.enter("connecting");
    this.arm(this.keeper.timeouts.reply, () => this.finish("timeout"));
    this.keeper.changed(this);
    this.run(async () => {
      const session = await this.openSession();
      if (session === undefined) return;
      const { options, random } = this.keeper;
      const callee = identityOf(options, this.contact, from.device);
      const parties = { caller: options.self(), callee };
      const { side } = session;
      const { reply, suite, keys } = await answer(this.propose, accept, side, parties, random);
      if (this.over) return;
      // Ready before the peer can be: what it sends first is not to be missed.
      this.connect(session, { keys, suite, parties, peer: accept });
      this.tell({ kind: "taken", id: this.id, device: from.device }, this.toAll());
      await this.send(reply);
    });
  }

  #onReject(reject: Reject): void {
    if (this.state !== "calling") return;
    const { reason } = reject;
    this.tell({ kind: "retract", id: this.id, reason }, this.toAll());
    this.end(reason, sentence(reason, this, true));
  }

  #onFinish(from: SignalSender, finish: Finish): void {
    if (this.state === "calling") {
      // It took the call and dropped it before its acceptance came through.
      this.tell({ kind: "retract", id: this.id, reason: "cancelled" }, this.toAll());
    } else if (from.device !== this.device) return this.foreign(from, finish);
    this.end(finish.reason, sentence(finish.reason, this, true));
  }

  /** Takes the invitation back; who never rang finds a notice instead. */
  #withdraw(reason: "cancelled" | "timeout"): void {
    if (this.#rang) this.tell({ kind: "retract", id: this.id, reason }, this.toAll());
    else this.#leaveNotice();
    this.end(reason);
  }

  #leaveNotice(): void {
    const { id, time } = this.propose;
    this.tell({ kind: "missed", id, time }, this.toAll(), true);
  }
}
