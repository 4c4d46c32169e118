import { publicError, SimppdError } from "../base/mod.ts";
import type { Problem, RoomMessageView } from "../views/mod.ts";
import type { Room } from "../xmpp/client/mod.ts";
import { el, newId, NS } from "../xmpp/core/mod.ts";

/** A correction that the room did not repeat within this time, in ms, may never come. */
const WITHIN = 15_000;

/** Corrections of ours that were sent and that their rooms did not repeat yet, by their ids. */
export class RoomCorrections {
  readonly #waiting = new Map<string, PromiseWithResolvers<RoomMessageView>>();

  /**
   * Says in the room that `said` of ours is to read otherwise; resolves once it has repeated that.
   * @throws SimppdError as {@link wait}, `not-online`
   */
  async send(room: Room, said: string, body: string): Promise<RoomMessageView> {
    const name = newId();
    const corrected = this.wait(name);
    try {
      const replace = el("replace", { xmlns: NS.correction, id: said });
      room.say([el("body", { xmlns: NS.client }, body), replace], name);
    } catch (error) {
      this.refused(name, publicError(error));
    }
    return await corrected;
  }

  /**
   * Waits for one, which was not sent before.
   * @throws SimppdError `timeout`, `closed`, or why the room refused it
   */
  async wait(id: string): Promise<RoomMessageView> {
    const waiting = Promise.withResolvers<RoomMessageView>();
    this.#waiting.set(id, waiting);
    const timer = setTimeout(() => waiting.reject(late()), WITHIN);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  repeated(id: string, message: RoomMessageView): void {
    this.#waiting.get(id)?.resolve(message);
  }

  refused(id: string, { code, message }: Problem): void {
    this.#waiting.get(id)?.reject(new SimppdError(code, message));
  }

  close(): void {
    for (const { reject } of this.#waiting.values()) {
      reject(new SimppdError("closed", "simppd ends, and the room did not repeat the correction."));
    }
  }
}

function late(): SimppdError {
  return new SimppdError(
    "timeout",
    "The room did not repeat the correction in time; it is shown here should it still come.",
  );
}

/** Newest messages of an occupant that may be corrected where the room gives no occupant ids. */
const CORRECTABLE = 20;

/**
 * Messages that one occupant said in one stay, as they are stored here: what a message is called by
 * its sender says nothing, since anybody can call theirs the same.
 */
export class StayLines {
  #ids: string[] = [];

  add({ id }: { readonly id: string }): void {
    this.#ids = [...this.#ids, id].slice(-CORRECTABLE);
  }

  has({ id }: { readonly id: string }): boolean {
    return this.#ids.includes(id);
  }
}
