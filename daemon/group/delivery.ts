import { type Bytes, logOf } from "../base/mod.ts";
import type { ControlChannel, RoomChannel } from "./channels.ts";
import type { GroupMember } from "./group_keys.ts";

/** Payloads that may wait to be sent to single members, of one group. */
const MAX_WAITING = 4096;
/** Sent at one time. */
const ABREAST = 4;

/**
 * Sends what a group's key server has to say, in order, and never more than can be sent: what is
 * lost, a member asks for when the next statement shows it.
 */
export class Delivery {
  readonly #control: ControlChannel;
  readonly #room: RoomChannel;
  readonly #waiting: { to: GroupMember; payload: Bytes }[] = [];
  #sending = 0;
  #publishing: Promise<void> = Promise.resolve();
  #published = 0;
  #closed = false;
  #dropped = 0;

  constructor(control: ControlChannel, room: RoomChannel) {
    this.#control = control;
    this.#room = room;
  }

  /** Payloads that were dropped because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** To one member. */
  send(to: GroupMember, payload: Bytes): void {
    if (this.#closed) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#dropped++;
      this.#waiting.shift();
    }
    this.#waiting.push({ to, payload });
    this.#pump();
  }

  /** To the room; where that fails, to every one of `members`. */
  publish(payload: Bytes, members: readonly GroupMember[] = []): void {
    if (this.#closed || this.#published >= MAX_WAITING) return;
    this.#published++;
    this.#publishing = this.#publishing.then(async () => {
      try {
        if (!this.#closed) await this.#room.publish(payload);
      } catch (error) {
        logOf("group").info("the room takes nothing: {error}", { error });
        for (const member of members) this.send(member, payload);
      } finally {
        this.#published--;
      }
    });
  }

  /** Resolves when all that waits has left or failed. */
  async idle(): Promise<void> {
    await this.#publishing;
    while (this.#sending > 0) await this.#turn.promise;
  }
  #turn = Promise.withResolvers<void>();

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  #pump(): void {
    while (this.#sending < ABREAST) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#sending++;
      void this.#sendOne(next.to, next.payload).finally(() => {
        this.#sending--;
        this.#pump();
        this.#turn.resolve();
        this.#turn = Promise.withResolvers();
      });
    }
  }

  async #sendOne({ jid, device }: GroupMember, payload: Bytes): Promise<void> {
    try {
      await this.#control.send({ jid, device }, payload);
    } catch (error) {
      logOf("group").debug("{jid} was not reached: {error}", { jid, error });
    }
  }
}
